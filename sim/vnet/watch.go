package vnet

import "github.com/reckon-engine/reckon/sim/link"

// A Watcher is told of datagrams on an Edge. It costs less than an Observer,
// and must not call the network either.
type Watcher interface {
	// Carried is told when a datagram is put on the link, and what becomes of
	// it there.
	Carried(at int64, d Direction, size int, fate link.Fate)

	// Dropped is told when a datagram that was Pending is lost after all.
	Dropped(at int64, d Direction, size int, fate link.Fate)
}

// Watch has a Watcher told of what the edge carries from now on; nil tells
// nobody. Times are nanoseconds since the network's beginning.
func (e *Edge) Watch(w Watcher) { e.watcher = w }
