package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// receivePacket opens a packet and does what it says. Order matters: nothing
// is believed before the tag is checked, nothing is acknowledged before there
// is room for it, nothing is used before all of it is known to be sound.
func (c *Conn) receivePacket(now time.Time, path Path, datagram []byte, h *wire.Header, length int) {
	core := c.core
	number := wire.ExpandNumber(h.Number, h.NumberLen, c.in.Next())
	if !c.replay.Check(number) {
		c.stats.Duplicates++
		core.drop(DropReplay)
		return
	}
	plain, phase, err := c.openPacket(now, datagram, h, length, number)
	if err != nil {
		c.notOpened(now, err)
		return
	}
	core.trace.packet(TracePacketReceived, c, path, datagram, plain, number, phase)
	frames, err := wire.ConsumeAck(plain, h.AckForm, &core.ack)
	if err == nil {
		err = c.checkFrames(number, frames)
	}
	if err != nil {
		c.violation(now)
		return
	}
	if c.state == StateClosed {
		c.heardClosed(now, path, number, len(datagram), frames)
		return // the close frame repeats by itself
	}
	if queued := c.queue.Bytes(); queued > 0 && queued+len(frames) > core.cfg.MaxQueued {
		c.lastReceived = now // the application is slow, the peer is not dead
		c.stats.QueueFull++
		core.drop(DropQueueFull)
		return
	}
	c.replay.Mark(number)
	c.stats.PacketsIn++
	c.stats.BytesIn += uint64(len(datagram))
	c.lastReceived = now
	c.confirm(now)
	c.receivedMark()
	core.from = path
	c.arrivedFrom(now, path, number >= c.in.Next(), len(datagram), frames)
	if !c.receiveAck(now, number) {
		c.violation(now)
		return
	}
	c.queue.Arrival = c.clock(now)
	eliciting, taken, err := c.useFrames(now, number, frames)
	if err != nil {
		c.violation(now)
		return
	}
	if taken {
		c.in.Add(now, number, h.NumberLen, eliciting)
	}
}

// notOpened counts a packet that no key opens.
func (c *Conn) notOpened(now time.Time, err error) {
	switch err {
	case errOldKeys:
		c.core.drop(DropOldKeys)
	case errKeyPhase:
		c.violation(now)
	case wire.ErrMalformed:
		c.core.drop(DropMalformed)
	default:
		c.core.drop(DropBadTag)
		if c.stats.BadTags++; c.stats.BadTags >= c.forgeLimit() && c.state == StateOpen {
			c.Close(now, CloseKeyLimit, "")
		}
	}
}

// forgeLimit is how many forgeries the keys may be tried with.
func (c *Conn) forgeLimit() uint64 {
	if c.core.cfg.Plaintext {
		return 1 << 62
	}
	return c.suite.MaxForged()
}

// violation ends a connection whose peer, proven to be the peer, breaks the
// protocol. Without encryption nobody is proven, and the packet is dropped.
func (c *Conn) violation(now time.Time) {
	c.core.drop(DropMalformed)
	if !c.core.cfg.Plaintext {
		c.Close(now, CloseProtocol, "")
	}
}

// checkFrames decodes all frames of a packet without using them.
func (c *Conn) checkFrames(number uint64, b []byte) error {
	f := &c.core.frame[0]
	for len(b) > 0 {
		rest, err := wire.ConsumeFrame(b, f)
		if err != nil {
			return err
		}
		b = rest
		if f.Kind == wire.FrameControl || f.Kind == wire.FrameExtension {
			continue
		}
		if int(f.Channel) >= len(c.channels) {
			return wire.ErrMalformed
		}
		err = c.channels[f.Channel].check(number, f)
		if err != nil {
			return err
		}
	}
	return nil
}

// useFrames does what the checked frames of a packet say. It reports not
// taken if the packet must not be acknowledged, because that would say that
// the application can read a message which it cannot.
func (c *Conn) useFrames(now time.Time, number uint64, b []byte) (eliciting, taken bool, err error) {
	f := &c.core.frame[0]
	taken = true
	for len(b) > 0 && c.state != StateClosed {
		if b, err = wire.ConsumeFrame(b, f); err != nil {
			return false, false, err
		}
		if f.Kind == wire.FrameControl {
			eliciting = c.receiveControl(now, number, f) || eliciting
			continue
		}
		eliciting = true
		if f.Kind == wire.FrameExtension {
			c.stats.Extensions++ // of a later build than this one
			continue
		}
		used, err := c.channels[f.Channel].add(number, f, &c.queue)
		taken = taken && used
		if err != nil {
			return false, false, err
		}
	}
	return eliciting, taken, nil
}

// receiveAck processes the acknowledgement in core.ack, from packet number. It
// reports false if the peer acknowledges what was never sent.
func (c *Conn) receiveAck(now time.Time, number uint64) bool {
	samples, late := c.out.RTT.Samples, c.out.LateAcks
	c.control.Begin(now, c.flight(), c.bulkWaiting())
	if !c.out.Ack(now, number, &c.core.ack) {
		return false
	}
	for _, number := range c.out.Acked {
		p := c.out.At(number)
		if p.AckNext > 0 {
			c.in.Confirm(p.AckNext - 1)
		}
		c.signalsAcked(now, number, p)
		if p.Eliciting && !p.Aside && number >= c.out.Since {
			c.control.Acked(now, c.out.SentAt(p), int(p.Bytes), p.Mark)
		}
		for i := range p.Items() {
			if item := p.Item(i); item.Reliable {
				c.channels[item.Channel].reliable.Acked(item.Number)
				c.busy |= setOf(item.Channel) // its window may have opened
				c.tell(item.Channel)
			} else {
				c.noteUnreliable(item, true)
			}
		}
		p.Forget()
	}
	c.loseAll(now)
	c.settlePace(now, samples, late)
	c.checkMissed(now)
	c.core.trace.metrics(c)
	return true
}
