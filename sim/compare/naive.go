package compare

import (
	"encoding/binary"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/tcpmodel"
)

// An inbox is what has arrived for an application.
type inbox struct{ messages [][]byte }

func (b *inbox) put(message []byte) { b.messages = append(b.messages, append([]byte(nil), message...)) }

// Next implements transport.
func (b *inbox) Next() (message []byte, ok bool) {
	if len(b.messages) == 0 {
		return nil, false
	}
	message, b.messages = b.messages[0], b.messages[1:]
	return message, true
}

// plain is UDP: each message in so many datagrams at once, and no more.
type plain struct {
	inbox
	peer   netcode.Path
	copies int
	out    [][]byte
}

// Ready implements transport.
func (p *plain) Ready() bool { return true }

// Send implements transport.
func (p *plain) Send(_ time.Time, message []byte) { p.out = append(p.out, message) }

// Receive implements vnet.Host.
func (p *plain) Receive(_ time.Time, _ netcode.Path, datagram []byte) { p.put(datagram) }

// Flush implements vnet.Host.
func (p *plain) Flush(_ time.Time, out netcode.Sender) {
	for _, message := range p.out {
		for range p.copies {
			out.SendDatagram(p.peer, message)
		}
	}
	p.out = nil
}

// NextDeadline implements vnet.Host.
func (p *plain) NextDeadline() time.Time { return time.Time{} }

// stream is the model of TCP.
type stream struct {
	*tcpmodel.Stream
	peer netcode.Path
}

// Ready implements transport: the connection is open from the start.
func (s *stream) Ready() bool { return true }

// Send implements transport.
func (s *stream) Send(_ time.Time, message []byte) { s.Stream.Send(message) }

// Receive implements vnet.Host.
func (s *stream) Receive(now time.Time, _ netcode.Path, datagram []byte) {
	s.Stream.Receive(now, datagram)
}

// Flush implements vnet.Host.
func (s *stream) Flush(now time.Time, out netcode.Sender) {
	s.Stream.Flush(now, func(b []byte) { out.SendDatagram(s.peer, b) })
}

// retransmitter is what one writes first to make UDP reliable: a number on
// every message, acknowledgements, and timers. Selective, each message has a
// timer of its own, which doubles when it has expired, and is acknowledged by
// itself (as ENet does it); otherwise there is one timer, the other end takes
// only what is next, and everything is sent again (go-back-N).
type retransmitter struct {
	inbox
	peer      netcode.Path
	selective bool

	sending  []pending
	base     int // first that is not acknowledged
	next     int // first that was never sent
	timer    time.Time
	smoothed time.Duration
	variance time.Duration

	kept      [][]byte // what came before its turn
	delivered int
	owed      []uint32 // to acknowledge
}

// A pending message is on its way.
type pending struct {
	message []byte
	at      time.Time
	timeout time.Duration
	again   bool // sent more than once: its round trip says nothing (Karn)
	known   bool // to have arrived
}

// The kinds of packets.
const (
	kindData = iota
	kindAck
)

// goBackWindow is how many messages go-back-N has on their way at most, so
// that it does not choke its own line.
const goBackWindow = 64

// firstTimeout is the timeout while nothing was measured: that of ENet.
const firstTimeout = 500 * time.Millisecond

// Ready implements transport.
func (r *retransmitter) Ready() bool { return true }

// Send implements transport.
func (r *retransmitter) Send(_ time.Time, message []byte) {
	r.sending = append(r.sending, pending{message: message})
}

// timeout is the usual one (RFC 6298), with a clock of 10 ms.
func (r *retransmitter) timeout() time.Duration {
	if r.smoothed == 0 {
		return firstTimeout
	}
	return r.smoothed + max(4*r.variance, 10*time.Millisecond)
}

// Receive implements vnet.Host.
func (r *retransmitter) Receive(now time.Time, _ netcode.Path, datagram []byte) {
	if datagram[0] == kindAck {
		for b := datagram[1:]; len(b) >= 4; b = b[4:] {
			r.acknowledged(now, int(binary.LittleEndian.Uint32(b)))
		}
		return
	}
	number := int(binary.LittleEndian.Uint32(datagram[1:]))
	if !r.selective {
		if number == r.delivered {
			r.put(datagram[5:])
			r.delivered++
		}
		r.owed = append(r.owed[:0], uint32(r.delivered))
		return
	}
	r.owed = append(r.owed, uint32(number))
	for len(r.kept) <= number {
		r.kept = append(r.kept, nil)
	}
	if number >= r.delivered {
		r.kept[number] = append([]byte(nil), datagram[5:]...)
	}
	for r.delivered < len(r.kept) && r.kept[r.delivered] != nil {
		r.put(r.kept[r.delivered])
		r.kept[r.delivered] = nil
		r.delivered++
	}
}

// acknowledged takes the number of a message, or of go-back-N of the next one
// that is wanted.
func (r *retransmitter) acknowledged(now time.Time, number int) {
	first := number
	if !r.selective {
		first, number = r.base, number-1
	}
	for i := first; i <= number && i < r.next; i++ {
		p := &r.sending[i]
		if p.known {
			continue
		}
		p.known = true
		r.timer = now
		if i == number && !p.again {
			r.measure(now.Sub(p.at))
		}
	}
	for r.base < r.next && r.sending[r.base].known {
		r.base++
	}
}

func (r *retransmitter) measure(rtt time.Duration) {
	if r.smoothed == 0 {
		r.smoothed, r.variance = rtt, rtt/2
	}
	r.variance += ((r.smoothed - rtt).Abs() - r.variance) / 4
	r.smoothed += (rtt - r.smoothed) / 8
}

// Flush implements vnet.Host.
func (r *retransmitter) Flush(now time.Time, out netcode.Sender) {
	if len(r.owed) > 0 {
		ack := []byte{kindAck}
		for _, number := range r.owed {
			ack = binary.LittleEndian.AppendUint32(ack, number)
		}
		r.owed = r.owed[:0]
		out.SendDatagram(r.peer, ack)
	}
	if due := r.timer.Add(r.timeout()); !r.selective && r.base < r.next && !now.Before(due) {
		r.timer = now
		for i := r.base; i < r.next; i++ {
			r.transmit(now, i, out)
		}
	}
	for i := r.base; r.selective && i < r.next; i++ {
		if p := &r.sending[i]; !p.known && !now.Before(p.at.Add(p.timeout)) {
			p.timeout *= 2
			r.transmit(now, i, out)
		}
	}
	for r.next < len(r.sending) && (r.selective || r.next < r.base+goBackWindow) {
		if r.base == r.next {
			r.timer = now
		}
		r.sending[r.next].timeout = r.timeout()
		r.transmit(now, r.next, out)
		r.next++
	}
}

func (r *retransmitter) transmit(now time.Time, number int, out netcode.Sender) {
	p := &r.sending[number]
	p.again, p.at = !p.at.IsZero(), now
	packet := binary.LittleEndian.AppendUint32([]byte{kindData}, uint32(number))
	out.SendDatagram(r.peer, append(packet, p.message...))
}

// NextDeadline implements vnet.Host.
func (r *retransmitter) NextDeadline() (next time.Time) {
	if !r.selective {
		if r.base < r.next {
			next = r.timer.Add(r.timeout())
		}
		return next
	}
	for i := r.base; i < r.next; i++ {
		if p := &r.sending[i]; !p.known && (next.IsZero() || p.at.Add(p.timeout).Before(next)) {
			next = p.at.Add(p.timeout)
		}
	}
	return next
}
