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
	return c.ping || c.pressing || c.inHurry() || c.signalsWait() || c.unreliableWaits() ||
		c.bulkWaiting() && c.control.May(now, c.flight()) || !due.IsZero() && !now.Before(due)
}

// bulkWaiting reports whether content waits that the window and the pacer may
// hold back.
func (c *Conn) bulkWaiting() bool {
	for set := c.busy & c.core.reliable; set != 0; set = set.rest() {
		if c.channels[set.first()].reliable.Waiting() {
			return true
		}
	}
	return false
}

// unreliableWaits reports whether unreliable messages wait.
func (c *Conn) unreliableWaits() bool {
	for set := c.busy &^ c.core.reliable; set != 0; set = set.rest() {
		if c.channels[set.first()].outbox.Waiting() {
			return true
		}
	}
	return false
}

// emptied gives back the memory of the unreliable messages that were sent.
func (c *Conn) emptied() {
	for set := c.filled; set != 0; set = set.rest() {
		i := set.first()
		outbox := c.channels[i].outbox
		outbox.Reset()
		if !outbox.Waiting() {
			c.filled &^= setOf(uint8(i))
		}
	}
}

// A packing is a packet being filled with frames. A frame is written when the
// next is known, since the last one needs no length.
type packing struct {
	conn   *Conn
	now    time.Duration
	number uint64 // of the packet
	record *ack.Packet
	plain  []byte
	room   int
	next   int  // which of Core.frame comes next
	held   bool // the other one is not written yet
	bulk   bool // the window and the pacer let reliable content leave
}

// frame returns where the next frame is made.
func (k *packing) frame() *wire.Frame { return &k.conn.core.frame[k.next] }

// take puts the next frame into the packet, to be remembered as item.
func (k *packing) take(item ack.Item) {
	f := k.frame()
	k.room -= wire.FrameLen(f, false)
	if k.held {
		k.plain = wire.AppendFrame(k.plain, &k.conn.core.frame[1-k.next], false)
	}
	k.next, k.held, k.record.Eliciting = 1-k.next, true, true
	k.record.Carry(item)
	if item.Reliable {
		k.record.Reliable += uint16(max(1, len(f.Data)))
	}
}

// appendFrames fills a packet: what is urgent, then the channels by priority,
// then what rides again.
func (c *Conn) appendFrames(now time.Time, plain []byte, room int, number uint64, record *ack.Packet) []byte {
	k := packing{conn: c, now: c.clock(now), number: number, record: record, plain: plain, room: room}
	// A probe carries content whatever the window says (RFC 9002, section 7.5).
	k.bulk = c.ping || c.control.May(now, c.flight())
	if c.ping {
		ping := wire.Frame{Kind: wire.FrameControl, Channel: wire.ControlPing}
		k.plain = wire.AppendFrame(k.plain, &ping, false)
		k.room--
		c.ping, record.Eliciting = false, true
	}
	first := !c.urged && len(c.urgent) > 0
	if first {
		c.appendUrgent(&k)
	}
	for i := range c.core.ranks {
		if r := &c.core.ranks[i]; c.busy&r.set != 0 {
			c.sendRank(&k, r, &c.turns[i])
		}
	}
	if due := c.in.Due(c.core.cfg.MaxAckDelay); c.inHurry() || record.Eliciting || !due.IsZero() && !now.Before(due) {
		c.appendCopies(now, &k)
	}
	if !first && len(c.urgent) > 0 && record.Eliciting {
		c.appendUrgent(&k)
	}
	if k.held {
		k.plain = wire.AppendFrame(k.plain, &c.core.frame[1-k.next], true)
	}
	return k.plain
}

// offer lets a channel put one frame into a packet, and returns how many
// bytes it took; 0 if nothing waits, fits, or may leave.
func (c *Conn) offer(k *packing, i uint8) int {
	ch, f := &c.channels[i], k.frame()
	room := k.room
	if ch.outbox != nil {
		id, ok := ch.outbox.Next(k.now, k.room, f)
		if len(ch.outbox.Expired) > 0 {
			c.tell(i)
		}
		if !ok {
			return 0
		}
		k.take(ack.Item{Channel: i, Number: id, Fragment: f.Kind == wire.FrameFragment})
		return room - k.room
	}
	if !k.bulk {
		return 0
	}
	number, ok := ch.reliable.Next(k.now, k.room, k.number, f)
	c.tell(i) // what was given up
	if !ok {
		return 0
	}
	c.ride.add(&c.out, f, k.number)
	k.take(ack.Item{Channel: i, Reliable: true, Number: number})
	return room - k.room
}

// appendCopies puts small messages on their way into a packet once more, as
// often as the redundancy says.
func (c *Conn) appendCopies(now time.Time, k *packing) {
	c.ride.begin(&c.out, now, c.spare())
	for c.nextCopy(now, k.room, k.number, k.frame()) {
		f := k.frame()
		k.take(ack.Item{Channel: f.Channel, Reliable: true, Number: f.Number})
	}
}
