//go:build !linux

package window

// hasSoundCard reports whether sound is worth trying: here, always.
func hasSoundCard() bool { return true }
