package ack

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/pack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// How the knowledge of packets moves to another process. ConsumeState is for a
// zero value; what is wrong makes the reader bad.

const maxNumber = 1<<62 - 1

// AppendState appends what the peer relies on: numbers go on.
func (s *Sender) AppendState(b []byte) []byte {
	b = pack.Uint(pack.Uint(pack.Uint(b, s.next), s.acked), s.taken)
	r := &s.RTT
	for _, d := range []time.Duration{r.Latest, r.Smoothed, r.Variance, r.Min} {
		b = pack.Uint(b, uint64(max(0, d)))
	}
	return pack.Uint(b, uint64(min(r.Samples, 1)))
}

// ConsumeState takes what AppendState appended. The packets sent so far are
// forgotten: late acknowledgements of them say nothing.
func (s *Sender) ConsumeState(r *pack.Reader) {
	s.next = r.Uint(maxNumber)
	s.acked = r.Uint(s.next)
	s.taken = r.Uint(maxNumber)
	s.oldest, s.undone, s.Since = s.next, s.next, s.next
	const longest = uint64(time.Hour)
	s.RTT = RTT{
		Latest: time.Duration(r.Uint(longest)), Smoothed: time.Duration(r.Uint(longest)),
		Variance: time.Duration(r.Uint(longest)), Min: time.Duration(r.Uint(longest)),
	}
	s.RTT.Samples = int(r.Uint(1))
	if s.next-s.acked >= wire.MaxDoubt {
		r.Fail()
	}
}

// AppendState appends what arrived, as far as an acknowledgement could tell.
func (r *Receiver) AppendState(b []byte) []byte {
	b = pack.Uint(pack.Uint(b, r.next), r.confirmed)
	b = pack.Bool(pack.Bool(pack.Bool(b, r.short), r.owed > 0), r.seen.large != nil)
	for _, w := range r.seen.words() {
		b = pack.Uint(b, w)
	}
	return b
}

// ConsumeState takes what AppendState appended. The newest packet counts as
// arrived at now, when an acknowledgement may be due.
func (r *Receiver) ConsumeState(now time.Time, in *pack.Reader) {
	r.next = in.Uint(maxNumber)
	r.confirmed = in.Uint(r.next)
	if r.short = in.Bool(); in.Bool() {
		r.owed = 1
	}
	if in.Bool() {
		r.seen.large = new([largeHistory / 64]uint64)
	}
	words := r.seen.words()
	for i := range words {
		words[i] = in.Uint(1<<64 - 1)
	}
	r.newestAt, r.dueSince = now, now
}
