package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// flush sends what is due at now.
func (c *Conn) flush(now time.Time, out Sender) {
	switch {
	case c.ending != nil:
		c.flushEnding(now, out)
		return
	case c.state == StateClosed:
		c.gone = true
		return
	}
	if c.shaking != nil && !c.flushHandshake(now, out) {
		return
	}
	if c.send == nil || c.state != StateOpen && !c.ping {
		return
	}
	if timeout := c.core.cfg.Timeout; timeout > 0 && now.Sub(c.lastReceived) >= timeout || c.out.Stuck() {
		c.finish(now, &CloseError{Reason: CloseTimeout})
		return
	}
	if c.unproven() {
		c.flushUnproven(now, out)
		return
	}
	c.detectLoss(now)
	c.keepAlive(now)
	c.tendKeys(now)
	c.flushPaths(now, out)
	c.urged = false
	for c.wantsPacket(now) && c.sendPacket(now, out) {
	}
	c.probeMTU(now, out)
	c.emptied()
	if c.ending != nil {
		c.flushEnding(now, out) // the keys are worn out
	}
}

// detectLoss gives up what is overdue, so that it is sent again.
func (c *Conn) detectLoss(now time.Time) {
	c.checkSilence(now)
	if t := c.out.LossDeadline(); !t.IsZero() && !now.Before(t) {
		c.out.GiveUpLate(now)
		c.loseAll(now)
	}
	if t := c.out.ProbeDeadline(c.core.cfg.MaxAckDelay); !t.IsZero() && !now.Before(t) {
		c.out.Probe()
		c.loseAll(now)
		c.ping = true
	}
}

// loseAll tells the channels what was in the packets just given up.
func (c *Conn) loseAll(now time.Time) {
	for _, number := range c.out.Lost {
		c.core.trace.lost(c, number)
		p := c.out.At(number)
		if p.Eliciting && !p.Aside && number >= c.out.Since {
			c.control.Lost(now, c.out.SentAt(p))
		}
		c.signalsLost(now, number, p)
		for i := range p.Items() {
			if item := p.Item(i); item.Reliable {
				c.channels[item.Channel].reliable.Lost(item.Number, number)
				c.busy |= setOf(item.Channel)
			} else {
				c.noteUnreliable(item, false)
			}
		}
		p.ForgetUnreliable() // the others still matter if it arrives after all
	}
}

// noteUnreliable turns the fate of one packet's item into a notice.
func (c *Conn) noteUnreliable(item ack.Item, delivered bool) {
	if !item.Fragment {
		c.notice(MessageID(item.Number), item.Channel, delivered)
		return
	}
	for i := range c.pieces {
		f := &c.pieces[i]
		if f.id != MessageID(item.Number) {
			continue
		}
		if f.left--; f.left > 0 && delivered {
			return
		}
		c.notice(f.id, f.channel, delivered)
		c.pieces = append(c.pieces[:i], c.pieces[i+1:]...)
		return
	}
}

// notice counts and tells the fate of an unreliable message.
func (c *Conn) notice(id MessageID, channel uint8, delivered bool) {
	if n := &c.channels[channel].counts; delivered {
		n.delivered++
	} else {
		n.lost++
	}
	c.notices.push(Notice{id, int(channel), delivered})
}

// sendPacket sends one packet if there is anything to put in it, and reports
// whether it did.
func (c *Conn) sendPacket(now time.Time, out Sender) bool {
	if c.out.Next() >= c.sealLimit {
		c.Close(now, CloseKeyLimit, "")
		return false
	}
	record, header, plain := c.beginPacket(now)
	plain = c.appendSignals(now, plain, record)
	room := c.sendable() - len(header) - len(plain) - c.send.Overhead()
	plain = c.appendFrames(now, plain, room, c.out.Next(), record)
	due := c.in.Due(c.core.cfg.MaxAckDelay)
	if !record.Eliciting && (due.IsZero() || now.Before(due)) {
		return false
	}
	c.transmit(now, out, c.path, record, header, plain)
	return true
}

// beginPacket returns the record of the next packet, its header, and what it
// acknowledges, all in the Core's scratch space.
func (c *Conn) beginPacket(now time.Time) (record *ack.Packet, header, plain []byte) {
	a := &c.core.ack
	c.in.Fill(now, wire.MaxAckLen, a)
	return c.begin(now, a)
}

// begin is beginPacket with a for the acknowledgement.
func (c *Conn) begin(now time.Time, a *wire.Ack) (record *ack.Packet, header, plain []byte) {
	c.out.MakeRoom()
	c.loseAll(now)
	c.skipNumber(now)
	record = c.out.Add(now)
	number := c.out.Next()
	h := wire.Header{
		HasConnID: c.dialled, ConnID: c.remoteID, KeyPhase: c.phases.number&1 != 0,
		Number: number, NumberLen: wire.NumberLen(number, c.out.Acknowledged()),
	}
	h.AckForm = a.Form()
	record.AckNext = c.in.Next()
	plain = wire.AppendAck(c.core.plain[:0], a)
	return record, wire.AppendHeader(c.core.packet[:0], h, c.idLen), plain
}

// transmit seals and sends a packet that was begun, and returns the length of
// its datagram.
func (c *Conn) transmit(now time.Time, out Sender, path Path, record *ack.Packet, header, plain []byte) int {
	record.Bytes = uint16(len(header) + len(plain) + c.send.Overhead())
	if record.Eliciting && !record.Aside {
		record.Mark = c.control.Sent(now, int(record.Bytes), c.out.Flight, record.Reliable > 0)
	}
	number := c.out.Commit(record)
	if !record.Aside {
		c.in.Sent()
		c.lastSent = now
		if record.Bytes > wire.MaxDatagram {
			c.mtu.large = number + 1
		}
	}
	datagram := c.send.Seal(header, header, plain, number)
	c.core.packet = datagram[:0]
	c.core.trace.packet(TracePacketSent, c, path, datagram, plain, number, c.phases.number)
	c.stats.PacketsOut++
	c.stats.BytesOut += uint64(len(datagram))
	c.spend(len(datagram))
	c.core.send(out, path, datagram)
	return len(datagram)
}

// flushEnding repeats the close frame, then lets go.
func (c *Conn) flushEnding(now time.Time, out Sender) {
	e := c.ending
	if c.shaking != nil && c.shaking.answer() {
		c.spend(len(c.shaking.datagram))
		c.core.send(out, c.path, c.shaking.datagram)
	}
	if e.left > 0 && !now.Before(e.sendAt) {
		e.left--
		e.sendAt = now.Add(closeInterval)
		if c.sendable() >= minCredit+len(e.text) {
			c.sendClose(now, out)
		}
		c.closeAside(now, out)
	}
	if e.left == 0 && !now.Before(e.sendAt) {
		c.gone = true
	}
}

// sendClose sends a packet with nothing but an ack and the close frame.
func (c *Conn) sendClose(now time.Time, out Sender) {
	record, header, plain := c.beginPacket(now)
	plain = wire.AppendFrame(plain, &wire.Frame{
		Kind: wire.FrameControl, Channel: wire.ControlClose,
		Reason: uint8(c.ending.reason), Data: []byte(c.ending.text),
	}, true)
	c.transmit(now, out, c.path, record, header, plain)
}

// nextDeadline returns when flush is needed; zero if never.
func (c *Conn) nextDeadline() time.Time {
	if c.gone {
		return c.atOnce() // the Core forgets it
	}
	if e := c.ending; e != nil {
		if c.shaking != nil && c.shaking.again {
			return c.atOnce()
		}
		return e.sendAt
	}
	if c.state == StateClosed || c.shaking != nil && c.shaking.again {
		return c.atOnce()
	}
	var t time.Time
	if c.shaking != nil {
		t = c.shaking.deadline()
		if c.dialled {
			t = earlier(t, c.shaking.began.Add(c.core.cfg.HandshakeTimeout))
		}
	}
	if c.send == nil || c.state != StateOpen || c.unproven() {
		return t
	}
	if c.inHurry() || c.unreliableWaits() || c.ping || c.pressing || c.signalsWait() {
		return c.atOnce()
	}
	t = earlier(t, c.bulkDeadline())
	t = earlier(t, c.in.Due(c.core.cfg.MaxAckDelay))
	t = earlier(t, c.out.LossDeadline())
	t = earlier(t, c.out.ProbeDeadline(c.core.cfg.MaxAckDelay))
	t = earlier(t, c.keepaliveDeadline())
	t = earlier(t, c.pathsDeadline())
	t = earlier(t, c.mtuDeadline())
	t = earlier(t, c.keysDeadline())
	if c.core.cfg.Timeout > 0 {
		t = earlier(t, c.lastReceived.Add(c.core.cfg.Timeout))
	}
	return t
}
