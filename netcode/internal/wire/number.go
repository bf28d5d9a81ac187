package wire

// NumberLen returns how many bytes of packet number next must carry so that
// a receiver that has every number below acknowledged, or a newer one,
// restores it: the range it can tell apart must be more than twice what is
// in doubt (RFC 9000, section 17.1 and appendix A.2).
func NumberLen(next, acknowledged uint64) int {
	if next-acknowledged < 1<<7 {
		return 1
	}
	return 3
}

// MaxDoubt is how many packets may follow the newest acknowledged one before
// a sender must stop: the newest number of an ack travels in two bytes
// (section 4.2), and they must mean one number.
const MaxDoubt = 1<<16 - 1

// ExpandNumber restores a number of which only the low bytes travelled, as
// the one closest to expected (RFC 9000, appendix A.3). With expected one
// more than the newest number seen, it restores packet numbers.
func ExpandNumber(truncated uint64, bytes int, expected uint64) uint64 {
	window := uint64(1) << (8 * bytes)
	half := window / 2
	candidate := expected&^(window-1) | truncated
	switch {
	case candidate+half <= expected && candidate < -window:
		return candidate + window
	case candidate > expected+half && candidate >= window:
		return candidate - window
	}
	return candidate
}

// ExpandNewest restores the newest number of the ack a, read in a packet newer
// than all others from which an ack was taken, when acknowledged is one more
// than the newest number those said. As it is no older than that number, it is
// the first from there on that has the bits which travelled (section 4.2).
func ExpandNewest(a *Ack, acknowledged uint64) uint64 {
	window := uint64(1) << 16
	if a.Form() == AckShort {
		window = 1 << 8
	}
	base := max(acknowledged, 1) - 1
	return base + (a.Newest-base)&(window-1)
}
