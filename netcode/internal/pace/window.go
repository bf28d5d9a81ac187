// Package pace decides how much may be on its way.
package pace

import "time"

// Constants of the congestion window (RFC 9002, section 7.2 and 7.3).
const (
	datagramBytes = 1200
	initialWindow = 10 * datagramBytes
	minWindow     = 2 * datagramBytes
)

// A Window is a NewReno congestion window (RFC 9002, section 7 and appendix
// B) over the reliable data of a connection. State traffic, which is sent
// once or not at all, at a rate the game chooses, does not wait for it.
//
// The zero value is ready to use. It is not safe for concurrent use.
type Window struct {
	extra     int // window beyond initialWindow; may be negative
	threshold int // slow start ends here; 0 = not yet known
	recovery  time.Time
}

// Bytes returns how many bytes may be in flight.
func (w *Window) Bytes() int { return initialWindow + w.extra }

// Acked records that bytes sent at sentAt arrived. limited says that the
// window, not the application, had decided how much was in flight: a window
// that was not used proves nothing and does not grow (section 7.8).
func (w *Window) Acked(sentAt time.Time, bytes int, limited bool) {
	if !limited || !sentAt.After(w.recovery) {
		return
	}
	if w.threshold == 0 || w.Bytes() < w.threshold {
		w.extra += bytes
		return
	}
	w.extra += max(1, datagramBytes*bytes/w.Bytes())
}

// Lost records that bytes sent at sentAt were lost. The window halves once a
// round trip (section 7.3.2).
func (w *Window) Lost(now, sentAt time.Time) {
	if !sentAt.After(w.recovery) {
		return
	}
	w.recovery = now
	w.threshold = max(w.Bytes()/2, minWindow)
	w.extra = w.threshold - initialWindow
}
