package netcode

import "time"

// marks counts explicit congestion notification (RFC 3168): what arrived
// marked, and what the peer says of ours. Whether packets leave as capable of
// it is the socket's matter (EndpointOptions); a Core that sends none as
// capable never hears of any.
//
// Nothing here validates a path as RFC 9000, section 13.4.2, wants, because a
// Core cannot stop its socket's marking for one peer. A path that drops
// capable packets drops all of them, and the handshake fails; one that clears
// the field makes ECN useless and does no harm.
type marks struct {
	in     uint32 // packets that arrived marked, ever
	peer   uint32 // ours, as the peer counted them
	toldAt time.Time
}

// congestionExperienced is the field's value for "a router was congested"
// (RFC 3168, section 5).
const congestionExperienced = 3

// receivedMark counts a packet that opened by its ECN field.
func (c *Conn) receivedMark() {
	if c.core.ecn == congestionExperienced {
		c.ecn.in++
		c.stats.MarkedIn++
		c.owed |= carriesECN
	}
}

// mayTell reports whether it is time to tell the peer: not more often than
// acknowledgements are due.
func (m *marks) mayTell(now time.Time, interval time.Duration) bool {
	return m.toldAt.IsZero() || now.Sub(m.toldAt) >= interval
}

// receiveMarks takes the peer's running total. It comes out of order, and
// repeated; what is not above the newest says nothing. More marks than packets
// are a lie.
func (c *Conn) receiveMarks(total uint32) {
	n := total - c.ecn.peer
	if int32(n) <= 0 || uint64(n) > c.out.Next() {
		return
	}
	c.ecn.peer = total
	c.stats.MarkedOut += uint64(n)
	c.control.Marked()
}
