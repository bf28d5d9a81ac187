package run

import "github.com/reckon-engine/reckon/sim/link"

// Bursts counts runs of datagrams that did not arrive, for those who carry a
// scenario in real time. The zero value is ready to use. It is not safe for
// concurrent use.
type Bursts struct{ b bursts }

// Carried counts a datagram that was put on the link, in order of its index.
func (b *Bursts) Carried(fate link.Fate) {
	b.b.next(fate.Cause != link.Delivered && fate.Cause != link.Pending)
}

// Dropped counts one that was Pending and is lost after all.
func (b *Bursts) Dropped(fate link.Fate) { b.b.lose(b.b.base + fate.Index) }

// NewLink says that indices begin again: the link is another one.
func (b *Bursts) NewLink() { b.b.base = b.b.index }

// Counts returns how many runs there were of one datagram, of two, and so on;
// the last counts all that were longer as well.
func (b *Bursts) Counts() []uint64 { return b.b.counts() }
