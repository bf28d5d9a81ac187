// Package ack tracks which packets arrived, in both directions: what to
// acknowledge to the peer, and what the peer's acknowledgements say about our
// own packets: round-trip time, loss, and what each packet carried.
//
// Nothing here is safe for concurrent use.
package ack

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// lossHorizon is how many packets later a missing packet counts as lost in
// the estimate of inbound loss: half a second at 128 packets a second, which
// no jitter worth the name outlasts.
const lossHorizon = 64

// lossGain is the weight of one packet in a loss estimate: the estimate
// follows the last two seconds or so at 60 packets a second.
const lossGain = 1.0 / 128

// outageLimit bounds the work for a gap: after as many losses in a row the
// estimate is 1 but for one part in 3,000.
const outageLimit = 1024

// A Receiver remembers which of the peer's packets arrived and decides when
// an acknowledgement is due. The zero value is ready to use.
type Receiver struct {
	next     uint64    // one more than the newest number received
	newestAt time.Time // when the newest arrived
	missing  [wire.AckWords]uint32
	// missing bit n is set if number next-2-n did not arrive. Kept inverted so
	// that the zero value says nothing is missing before number zero.

	confirmed uint64 // the peer knows what arrived among numbers below this
	due       bool   // an ack is owed
	dueSince  time.Time
	loss      float64
}

// Any reports whether any packet arrived yet.
func (r *Receiver) Any() bool { return r.next != 0 }

// Next returns one more than the newest packet number received.
func (r *Receiver) Next() uint64 { return r.next }

// Loss returns the estimated share of the peer's packets that do not arrive,
// 0 to 1.
func (r *Receiver) Loss() float64 { return r.loss }

// Add records that packet number arrived at now. An eliciting packet makes
// an acknowledgement due.
func (r *Receiver) Add(now time.Time, number uint64, eliciting bool) {
	if number >= r.next {
		r.advance(number + 1 - r.next)
		r.next, r.newestAt = number+1, now
	} else if behind := r.next - 1 - number; behind > 0 && behind <= 32*wire.AckWords {
		bit := behind - 1
		r.missing[bit/32] &^= 1 << (bit % 32)
	}
	if eliciting && !r.due {
		r.due, r.dueSince = true, now
	}
}

// advance moves the window by n numbers, of which all but the last are
// missing so far, and counts those that leave the horizon as lost.
func (r *Receiver) advance(n uint64) {
	for range min(n, lossHorizon) {
		const last = lossHorizon - 1
		lost := 0.0
		if r.missing[last/32]>>(last%32)&1 != 0 {
			lost = 1
		}
		r.loss += (lost - r.loss) * lossGain
		r.shift(1)
	}
	if n > lossHorizon {
		r.shift(n - lossHorizon)
		// Of the numbers skipped, these are beyond the horizon at once.
		for range min(n-1-lossHorizon, outageLimit) {
			r.loss += (1 - r.loss) * lossGain
		}
	}
	// Bits 0 to n-2 stand for the numbers skipped; bit n-1 for the old newest.
	for bit := range min(n-1, 32*wire.AckWords) {
		r.missing[bit/32] |= 1 << (bit % 32)
	}
}

// shift makes every missing number n older.
func (r *Receiver) shift(n uint64) {
	words, rest := n/32, n%32
	for i := wire.AckWords - 1; i >= 0; i-- {
		var word uint32
		if from := i - int(min(words, wire.AckWords)); from >= 0 {
			word = r.missing[from] << rest
			if from > 0 && rest > 0 {
				word |= r.missing[from-1] >> (32 - rest)
			}
		}
		r.missing[i] = word
	}
}

// Due returns when an acknowledgement must leave at the latest if it may wait
// for maxDelay; the zero time if none is owed.
func (r *Receiver) Due(maxDelay time.Duration) time.Time {
	if !r.due {
		return time.Time{}
	}
	return r.dueSince.Add(maxDelay)
}

// Fill fills in the acknowledgement to send at now.
func (r *Receiver) Fill(now time.Time, a *wire.Ack) {
	a.Newest = r.next - 1
	a.Delay = now.Sub(r.newestAt)
	a.Words = r.words()
	for i := range a.Words {
		a.Bits[i] = ^r.missing[i]
	}
}

// words is how wide the ack must be for the peer to learn of every packet of
// which it may not know yet, as far as the widest ack reaches.
func (r *Receiver) words() int {
	if r.next <= r.confirmed+33 {
		return 1
	}
	return int(min((r.next-1-r.confirmed+31)/32, wire.AckWords))
}

// Sent records that an acknowledgement left.
func (r *Receiver) Sent() { r.due = false }

// Confirm records that the peer received an acknowledgement whose newest
// packet was newest.
func (r *Receiver) Confirm(newest uint64) {
	r.confirmed = max(r.confirmed, newest+1)
}
