package netcode

import (
	"slices"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
)

// urgent names a message that rides in every packet: a segment or a version
// of a value.
type urgent struct {
	channel uint8
	number  uint64
}

// urge makes a message urgent, if there is room for another.
func (c *Conn) urge(channel uint8, number uint64) {
	if len(c.urgent) == maxUrgent {
		c.forgetUrgent()
	}
	if len(c.urgent) == maxUrgent {
		c.channels[channel].notUrgent++
		return
	}
	c.urgent = append(c.urgent, urgent{channel, number})
	c.pressing = true
}

// forgetUrgent drops what arrived or was given up.
func (c *Conn) forgetUrgent() {
	c.urgent = slices.DeleteFunc(c.urgent, func(u urgent) bool {
		_, done := c.channels[u.channel].reliable.Urge(c.clock(c.lastSent), u.number, 0, 0, &c.core.frame[0])
		if done {
			c.tell(u.channel)
		}
		return done
	})
}

// appendUrgent puts what is urgent into a packet. The first of a flush takes
// it before all else; others as far as they have room, so that they never
// leave for its sake alone.
func (c *Conn) appendUrgent(k *packing) {
	c.pressing, c.urged = false, true
	c.urgent = slices.DeleteFunc(c.urgent, func(u urgent) bool {
		ok, done := c.channels[u.channel].reliable.Urge(k.now, u.number, k.room, k.number, k.frame())
		if ok {
			k.take(ack.Item{Channel: u.channel, Reliable: true, Number: u.number})
		} else if done {
			c.tell(u.channel)
		}
		return done
	})
}
