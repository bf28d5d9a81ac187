package netcode

import (
	"encoding/binary"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// What a connection says for itself beside the application's messages: control
// frames in its packets (signals), and packets that stand aside of the traffic
// and say nothing of it.

// What a packet carries that is not about messages (ack.Packet.Carries), and
// what a connection owes its peer (Conn.owed).
const (
	carriesObserved uint8 = 1 << iota
	carriesECN
	carriesProbe     // of the path MTU
	carriesKeepalive // of KeepaliveNAT
	owedResponse
	owedPadding
	carriesTicket
)

// keepalivePadding makes a client's keepalive larger than a challenge, so that
// after a rebinding it alone pays for one: an idle client is found again
// within a round trip as well.
const keepalivePadding = 8

// signalsWait reports whether a packet must leave for a signal. Only responses
// do not wait for one to ride in.
func (c *Conn) signalsWait() bool { return c.owed&owedResponse != 0 }

// appendSignals appends the control frames that a packet on the connection's
// path is to carry.
func (c *Conn) appendSignals(now time.Time, plain []byte, record *ack.Packet) []byte {
	if c.owed == 0 {
		return plain
	}
	if c.owed&owedResponse != 0 {
		// A response alone could be anybody's who probes. This is our path,
		// and the ping says so.
		plain = appendControl(plain, wire.ControlResponse, c.response[:])
		c.ping = true
	}
	if c.owed&carriesObserved != 0 {
		var data [wire.ObservedLen]byte
		plain = appendControl(plain, wire.ControlObserved, wire.AppendAddress(data[:0], c.path.Remote))
		record.Carries |= carriesObserved
	}
	if c.owed&carriesECN != 0 && c.ecn.mayTell(now, c.core.cfg.MaxAckDelay) {
		var data [wire.ECNLen]byte
		binary.LittleEndian.PutUint32(data[:], c.ecn.in)
		plain = appendControl(plain, wire.ControlECN, data[:])
		record.Carries |= carriesECN
		c.ecn.toldAt = now
	}
	if c.owed&carriesTicket != 0 {
		plain = c.appendTicket(plain)
		record.Carries |= carriesTicket
	}
	if c.owed&owedPadding != 0 {
		plain = append(plain, make([]byte, keepalivePadding)...)
	}
	if c.owed&carriesKeepalive != 0 {
		record.Carries |= carriesKeepalive
	}
	record.Eliciting = record.Eliciting || record.Carries&(carriesObserved|carriesECN|carriesTicket) != 0
	c.owed &^= record.Carries | owedResponse | owedPadding
	return plain
}

// appendControl appends a control frame.
func appendControl(plain []byte, code uint8, data []byte) []byte {
	f := wire.Frame{Kind: wire.FrameControl, Channel: code, Data: data}
	return wire.AppendFrame(plain, &f, false)
}

// signalsAcked learns from an acknowledged packet.
func (c *Conn) signalsAcked(now time.Time, number uint64, p *ack.Packet) {
	if !c.dialled && !c.introduced {
		c.introduced = true // the client is there: tell it where we see it
		c.owed |= carriesObserved
	}
	if number < c.out.Since {
		return
	}
	c.mtu.acked(now, number, p, c.mtuLimit())
	if p.Carries&carriesKeepalive != 0 {
		c.nat.held()
	}
}

// signalsLost repeats what a lost packet said for the connection.
func (c *Conn) signalsLost(now time.Time, number uint64, p *ack.Packet) {
	c.owed |= p.Carries & (carriesObserved | carriesECN | carriesTicket)
	if number >= c.out.Since && c.mtu.lost(now, number, p, c.mtuLimit()) {
		c.stats.BlackHoles++
	}
}

// receiveControl does what a control frame says, and reports whether it asks
// for an acknowledgement.
func (c *Conn) receiveControl(now time.Time, number uint64, f *wire.Frame) (eliciting bool) {
	switch f.Channel {
	case wire.ControlPadding:
		return false
	case wire.ControlClose:
		c.finish(now, &CloseError{Reason: CloseReason(f.Reason), Text: string(f.Data), Remote: true})
		return false
	case wire.ControlChallenge:
		c.receiveChallenge(f.Data)
	case wire.ControlResponse:
		c.receiveResponse(now, f.Data)
	case wire.ControlObserved:
		if c.dialled && number >= c.observedIn {
			c.observed, c.observedIn = wire.Address(f.Data), number
		}
	case wire.ControlTicket:
		c.takeTicket(now, number, f.Data)
	case wire.ControlECN:
		c.receiveMarks(binary.LittleEndian.Uint32(f.Data))
	}
	return true
}

// asideLen returns the length of the datagram that sendAside sends, or two
// bytes more: a number may be left out before.
func (c *Conn) asideLen(f *wire.Frame) int {
	n := 1 + wire.NumberLen(c.out.Next()+1, c.out.Acknowledged()) + 1 + c.send.Overhead() + wire.FrameLen(f, false)
	if c.dialled {
		n += c.idLen
	}
	return n
}

// sendAside sends a packet with one control frame and padding up to size, and
// nothing else, not even an acknowledgement. It is not part of the traffic:
// its fate is no matter of congestion, of loss, or of the round trip. It
// returns the datagram's length, or 0 if the keys are worn out.
func (c *Conn) sendAside(now time.Time, out Sender, path Path, f *wire.Frame, size int, carries uint8) int {
	if c.out.Next() >= c.sealLimit {
		return 0
	}
	record, header, plain := c.begin(now, &wire.Ack{})
	record.Eliciting, record.Aside, record.Carries, record.AckNext = true, true, carries, 0
	plain = wire.AppendFrame(plain, f, false)
	if pad := size - len(header) - len(plain) - c.send.Overhead(); pad > 0 {
		plain = append(plain, make([]byte, pad)...)
	}
	return c.transmit(now, out, path, record, header, plain)
}
