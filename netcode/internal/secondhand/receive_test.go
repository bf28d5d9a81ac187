package secondhand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// receive takes a datagram that came to one of our addresses.
func (c *client) receive(now time.Time, to netip.AddrPort, b []byte) {
	if c.state == closed || len(b) == 0 {
		return
	}
	c.largest = max(c.largest, len(b))
	switch {
	case b[0]&0xf0 == 0x50:
		c.receiveHandshake(b, now)
	case b[0]&0xe0 == 0xc0 && c.keys != nil:
		if err := c.receivePacket(now, to, b); err != nil {
			c.violation = errors.Join(c.violation, err)
		}
	}
}

// receivePacket follows the order of section 3.
func (c *client) receivePacket(now time.Time, to netip.AddrPort, b []byte) error {
	h, n, err := consumeHeader(b)
	if err != nil {
		return nil
	}
	expected := uint64(0)
	if c.window.any {
		expected = c.window.newest + 1
	}
	number := nearest(uint64(h.low), h.size(), expected)
	if !c.window.fresh(number) {
		return nil
	}
	data, err := c.keys.open(h, number, b[:n], b[n:], now)
	if errors.Is(err, errViolation) {
		return err
	}
	if err != nil {
		return nil // forged, damaged, or too late
	}
	c.heardAt = now
	if c.state == awaitPacket {
		c.state, c.datagram = open, nil
	}
	a, data, err := consumeAck(h.form, data)
	if err != nil {
		return err
	}
	var frames []frame
	for len(data) > 0 {
		var f frame
		if f, data, err = consumeFrame(data); err != nil {
			return fmt.Errorf("frame in packet %d: %w", number, err)
		}
		frames = append(frames, f)
	}
	c.window.mark(number)
	if err := c.take(a, h.form, number, now, &c.received); err != nil {
		return err
	}
	return c.use(now, to, number, h.short, frames, len(b))
}

// use takes the frames of a packet.
func (c *client) use(now time.Time, to netip.AddrPort, number uint64, short bool, frames []frame, size int) error {
	elicits, refused := false, false
	for i, f := range frames {
		if f.kind == kindControl {
			elicits = elicits || f.channel != codePadding && f.channel != codeClose
			c.useControl(now, to, number, f, size)
			if c.state == closed {
				return nil
			}
			continue
		}
		elicits = true
		if f.kind == kindExtension {
			continue // from a later build
		}
		if int(f.channel) >= len(c.incoming) {
			return fmt.Errorf("channel %d", f.channel)
		}
		switch err := c.incoming[f.channel].receive(f, number, i); {
		case errors.Is(err, errRefused):
			refused = true
		case err != nil:
			return fmt.Errorf("channel %d, packet %d: %w", f.channel, number, err)
		}
	}
	if refused {
		return nil
	}
	c.received.record(number, short, now)
	if elicits {
		c.unacked++
		if c.ackDue.IsZero() {
			c.ackDue = now.Add(25 * time.Millisecond)
		}
		if c.unacked >= 32 {
			c.ackDue = now
		}
	}
	return nil
}

func (c *client) useControl(now time.Time, to netip.AddrPort, number uint64, f frame, size int) {
	switch f.channel {
	case codeClose:
		c.state, c.closeReason, c.closeText = closed, f.reason, readable(f.data)
	case codeTicket:
		t := &ticket{key: c.ticketKey(f.data[:16])}
		copy(t.id[:], f.data)
		c.ticketGiven = t
	case codeObserved:
		if number >= c.observedIn {
			address, _ := netip.AddrFromSlice(f.data[:16])
			c.observed = netip.AddrPortFrom(address.Unmap(), binary.LittleEndian.Uint16(f.data[16:]))
			c.observedIn = number
		}
	case codeECN:
		if total := binary.LittleEndian.Uint32(f.data); int32(total-c.marked) > 0 {
			c.marked = total
		}
	case codeChallenge:
		if c.mode == modePlaintext {
			return
		}
		response := content{frame: frame{channel: codeResponse, data: bytes.Clone(f.data)}}
		if to == c.local { // with a ping: "I am here"
			c.control = append(c.control, response)
			c.ping(0)
			return
		}
		c.sendPacket(now, []content{response}, false, to)
	case codeResponse:
		if to == c.trying && bytes.Equal(f.data, c.tryData) {
			c.move(to)
			c.trying = netip.AddrPort{}
		}
	}
}

// move goes on from another address at once (section 11.1).
func (c *client) move(to netip.AddrPort) {
	c.former, c.local = c.local, to
	c.ping(8)
}

// try asks whether the server can be reached from another address.
func (c *client) try(now time.Time, from netip.AddrPort) {
	c.trying, c.tryData = from, make([]byte, 8)
	c.random.Read(c.tryData)
	challenge := content{frame: frame{channel: codeChallenge, data: c.tryData}}
	c.sendPacket(now, []content{challenge}, false, from)
}

// rekey goes on to the next key phase, if it may (section 6.11).
func (c *client) rekey() bool {
	if c.state != open || !c.keys.mayBegin(&c.sender) {
		return false
	}
	c.keys.advance()
	c.keys.begun++
	c.ping(0)
	return true
}

// close says goodbye three times; the caller waits 100 ms between.
func (c *client) close(now time.Time, reason byte, text string) {
	bye := content{frame: frame{channel: codeClose, reason: reason, data: []byte(text)}}
	c.sendPacket(now, []content{bye}, true, c.local)
}
