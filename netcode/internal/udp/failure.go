package udp

// A failure says, in the terms of Stats, why a datagram was not sent.
type failure uint8

const (
	failedOther failure = iota
	failedUnroutable
	failedTooLarge
	failedDenied
	failedFull
)

// countFailed counts one datagram that was not sent.
func (s *Stats) countFailed(f failure) {
	switch f {
	case failedUnroutable:
		s.Unroutable++
	case failedTooLarge:
		s.TooLarge++
	case failedDenied:
		s.Denied++
	case failedFull:
		s.SendFull++
	default:
		s.SendErrors++
	}
}
