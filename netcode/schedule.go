package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// What a packet carries is chosen here; conn_send.go sends it.

// wantsPacket reports whether there is a reason to send.
func (c *Conn) wantsPacket(now time.Time) bool {
	due := c.in.Due(c.core.cfg.MaxAckDelay)
	return c.ping || c.inHurry() || c.signalsWait() || c.outbox.Waiting() ||
		c.bulkWaiting() && c.control.May(now, c.flight()) || !due.IsZero() && !now.Before(due)
}

// bulkWaiting reports whether content waits that the window and the pacer may
// hold back.
func (c *Conn) bulkWaiting() bool {
	for i := range c.channels {
		if c.channels[i].outgoing.Waiting() {
			return true
		}
	}
	return false
}

// appendFrames fills a packet: first what is said once, then what is
// repeated until it arrives. A frame is written when the next is known, since
// the last one needs no length.
func (c *Conn) appendFrames(now time.Time, plain []byte, room int, number uint64, record *ack.Packet) []byte {
	// A probe carries content whatever the window says (RFC 9002, section 7.5).
	bulk := c.ping || c.control.May(now, c.flight())
	if c.ping {
		ping := wire.Frame{Kind: wire.FrameControl, Channel: wire.ControlPing}
		plain = wire.AppendFrame(plain, &ping, false)
		room--
		c.ping, record.Eliciting = false, true
	}
	next, held := 0, false
	take := func() {
		f := &c.core.frame[next]
		room -= wire.FrameLen(f, false)
		if held {
			plain = wire.AppendFrame(plain, &c.core.frame[1-next], false)
		}
		next, held, record.Eliciting = 1-next, true, true
	}
	for {
		f := &c.core.frame[next]
		id, ok := c.outbox.Next(room, f)
		if !ok {
			break
		}
		record.Items = append(record.Items, ack.Item{
			Channel: f.Channel, Number: id, Fragment: f.Kind == wire.FrameFragment,
		})
		take()
	}
	for i := range c.channels {
		for bulk {
			f := &c.core.frame[next]
			segment, ok := c.channels[i].outgoing.Next(c.clock(record.At), room, number, f)
			if !ok {
				break
			}
			record.Items = append(record.Items, ack.Item{Channel: f.Channel, Reliable: true, Number: segment})
			record.Reliable += max(1, len(f.Data))
			c.ride.add(&c.out, f, number)
			take()
		}
	}
	if due := c.in.Due(c.core.cfg.MaxAckDelay); c.inHurry() || record.Eliciting || !due.IsZero() && !now.Before(due) {
		c.ride.begin(&c.out, now, c.spare())
		for c.nextCopy(now, room, number, &c.core.frame[next]) {
			f := &c.core.frame[next]
			record.Items = append(record.Items, ack.Item{Channel: f.Channel, Reliable: true, Number: f.Number})
			record.Reliable += max(1, len(f.Data))
			take()
		}
	}
	if held {
		plain = wire.AppendFrame(plain, &c.core.frame[1-next], true)
	}
	return plain
}
