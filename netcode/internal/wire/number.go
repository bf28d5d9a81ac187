package wire

// NumberLen returns how many bytes of packet number next must carry so that
// a receiver that has every number below acknowledged, or a newer one,
// restores it: the range it can tell apart must be more than twice what is
// in doubt (RFC 9000, section 17.1 and appendix A.2).
func NumberLen(next, acknowledged uint64) int {
	if next-acknowledged < 1<<15 {
		return 2
	}
	return 4
}

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
