package channel

import (
	"sort"
	"time"
)

// Terms are what a sender wants for one reliable message. The zero value asks
// for nothing.
type Terms struct {
	// Notify is the ID under which the fate of the message is told; 0 if it
	// need not be.
	Notify uint64

	// Deadline is when the message is given up unless it was acknowledged, on
	// the clock of the connection; 0 for never.
	Deadline time.Duration
}

// A Fate is what became of a message.
type Fate struct {
	ID        uint64
	Delivered bool
}

// A watch follows one message with terms.
type watch struct {
	Terms
	first   uint64 // its first segment
	left    uint16 // of them, not acknowledged
	skipped bool   // one at least was sent without its data
}

// over reports whether the lifetime of the message has ended. Once a segment
// was skipped there is no way back.
func (w *watch) over(now time.Duration) bool {
	return w.skipped || w.Deadline > 0 && now >= w.Deadline
}

// A watchlist holds the watched messages by number.
type watchlist struct {
	all  []watch
	head int // those before it are forgotten
}

func (l *watchlist) push(w watch) {
	if l.head > 16 && 2*l.head > len(l.all) {
		l.all, l.head = l.all[:copy(l.all, l.all[l.head:])], 0
	}
	l.all = append(l.all, w)
}

// of returns what is known of the message of a watched segment.
func (l *watchlist) of(number uint64) *watch {
	held := l.all[l.head:]
	return &held[sort.Search(len(held), func(i int) bool { return held[i].first > number })-1]
}

// pop forgets the oldest message, and reports whether it was given up.
func (l *watchlist) pop() (skipped bool) {
	skipped = l.all[l.head].skipped
	if l.head++; l.head == len(l.all) {
		l.all, l.head = l.all[:0], 0
		if cap(l.all) > 1024 {
			l.all = nil
		}
	}
	return skipped
}

// settle tells the fate of a message, once.
func (o *Outgoing) settle(w *watch, delivered bool) {
	if w.Notify != 0 {
		o.Fates = append(o.Fates, Fate{w.Notify, delivered})
		w.Notify = 0
	}
}
