package compare

import "fmt"

// subject returns the description of a way to carry positions.
func subject(name string, copies int) Subject {
	s := Subject{Name: name}
	switch name {
	case OursState:
		s.Title, s.About = "Reckon, unreliable", "our channel for state: nothing is sent again"
	case OursOrdered:
		s.Title, s.About, s.Reliable = "Reckon, reliable and in order", "our channel that promises what TCP does", true
	case UDP:
		s.Title, s.About = "plain UDP", "each position in a datagram, once"
	case UDPCopies:
		s.Title, s.About = fmt.Sprintf("UDP, %d times each", copies), "each position in several datagrams at once"
	case Timers:
		s.Title, s.About, s.Reliable = "UDP with timers, in order", "each message acknowledged and sent again after a timeout, which doubles", true
	case GoBackN:
		s.Title, s.About, s.Reliable = "UDP, go-back-N", "after a timeout everything that is not acknowledged is sent again", true
	case TCPCubic:
		s.Title, s.About, s.Reliable = "TCP cubic", "one connection, TCP_NODELAY", true
	case TCPBBR:
		s.Title, s.About, s.Reliable = "TCP bbr", "one connection, TCP_NODELAY", true
	}
	return s
}
