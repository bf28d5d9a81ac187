package netcode

import (
	"encoding/binary"
	"io"
	"time"
)

// A peer that acknowledges what it has not received yet makes us believe that
// the path carries more than it does (RFC 9000, section 21.4). Against that a
// number is skipped now and then: who acknowledges it is lying, and the
// connection is closed. Nobody who waits for packets before acknowledging them
// can be caught.
const (
	// A trap is set only where trapPackets left within trapTime, which are
	// 64 in flight over a path of 100 ms: with fewer there is little to gain
	// by a lie. The acks are not asked, which may be the lies.
	trapPackets = 64
	trapTime    = 100 * time.Millisecond

	// Between two traps there are 400 to 911 numbers. The peer counts each as
	// a lost packet: 0.15 % on average, and 0.25 % at most.
	minTrapGap    = 400
	spreadTrapGap = 512
)

// A trap is the number to skip next.
type trap struct {
	number uint64    // 0 = none drawn
	mark   time.Time // when the last number divisible by trapPackets was used
	busy   bool      // the packets before it took no longer than trapTime
}

// skipNumber leaves out a packet number if a trap is due. Room for a packet
// was made, and is made again.
func (c *Conn) skipNumber(now time.Time) {
	next, t := c.out.Next(), &c.trap
	if next%trapPackets == 0 {
		t.busy, t.mark = now.Sub(t.mark) < trapTime, now
	}
	if next < t.number || !t.busy {
		return
	}
	if t.number != 0 {
		c.out.Skip(now)
		c.out.MakeRoom()
		c.loseAll(now)
	}
	draw := c.core.plain[:2]
	if _, err := io.ReadFull(c.core.cfg.Random, draw); err != nil {
		draw = append(draw[:0], 0, 0) // the trap can be foreseen, and harms nobody
	}
	t.number = next + minTrapGap + uint64(binary.LittleEndian.Uint16(draw)%spreadTrapGap)
}
