// Package ack tracks which packets arrived, in both directions: what to
// acknowledge to the peer, and what the peer's acknowledgements say about our
// own packets: round-trip time, loss, and what each packet carried.
//
// Nothing here is safe for concurrent use.
package ack

import (
	"math/bits"
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

// ackEvery is after how many packets an acknowledgement does not wait any
// longer. RFC 9000, section 13.2.2, acknowledges every second packet, which
// would double the packets of a download; one for 32 costs it 3 % in packets,
// tells of everything in one word, and at 5,000 packets a second comes every
// 6 ms, often enough for a sender that paces by what is acknowledged.
const ackEvery = 32

// A Receiver remembers which of the peer's packets arrived and decides when
// an acknowledgement is due. The zero value is ready to use.
type Receiver struct {
	next     uint64    // one more than the newest number received
	newestAt time.Time // when the newest arrived
	short    bool      // the newest travelled in one byte
	seen     history

	confirmed uint64 // the peer knows what arrived among numbers below this
	owed      int    // eliciting packets since the last ack
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

// Forget gives memory back when the connection is over; Loss stays.
func (r *Receiver) Forget() { r.seen = history{} }

// Add records that packet number, which travelled in numberLen bytes, arrived
// at now. An eliciting packet makes an acknowledgement due.
func (r *Receiver) Add(now time.Time, number uint64, numberLen int, eliciting bool) {
	if number >= r.next {
		r.advance(number)
		r.newestAt, r.short = now, numberLen == 1
	} else if r.seen.holds(r.next, number) && !r.seen.has(number) {
		r.seen.set(number)
		if r.next-number > lossHorizon {
			r.loss = max(0, r.loss-lossGain) // it was not lost after all
		}
	}
	if eliciting {
		if r.owed == 0 {
			r.dueSince = now
		}
		r.owed++
	}
}

// advance makes number the newest, and counts as lost what leaves the horizon
// and did not arrive.
func (r *Receiver) advance(number uint64) {
	gap := number + 1 - r.next
	for n := r.next; n < r.next+min(gap, lossHorizon); n++ {
		lost := 0.0
		if n >= lossHorizon && !r.seen.has(n-lossHorizon) {
			lost = 1
		}
		r.loss += float64((lost - r.loss) * lossGain)
	}
	// Of numbers skipped, all but the last ones are beyond the horizon at once.
	if gap > lossHorizon {
		for range min(gap-lossHorizon, outageLimit) {
			r.loss += float64((1 - r.loss) * lossGain)
		}
	}
	if number-min(number, r.confirmed) >= smallHistory-32 { // a whole word more is read
		r.seen.grow(r.next)
	}
	r.seen.advance(r.next, number)
	r.next = number + 1
}

// Due returns when an acknowledgement must leave at the latest if it may wait
// for maxDelay; the zero time if none is owed.
func (r *Receiver) Due(maxDelay time.Duration) time.Time {
	switch {
	case r.owed == 0:
		return time.Time{}
	case r.owed >= ackEvery:
		return r.dueSince
	}
	return r.dueSince.Add(maxDelay)
}

// Fill fills in the acknowledgement to send at now, which takes at most limit
// bytes: as much of it as fits, if limit is 36, the length of the widest ack
// in words, or more.
func (r *Receiver) Fill(now time.Time, limit int, a *wire.Ack) {
	a.RunCount, a.Words = 0, 0
	if r.next == 0 {
		return
	}
	a.Newest, a.Delay, a.Short = r.next-1, now.Sub(r.newestAt), r.short
	a.Words = 1
	a.Bits[0] = r.word(0)
	if r.next > r.confirmed+33 {
		r.widen(limit, a)
	}
}

// word returns word w of an ack.
func (r *Receiver) word(w uint64) uint32 {
	below := r.next - 1 // the word tells of the 32 numbers below this
	if 32*w >= below {
		return ^uint32(0)
	}
	below -= 32 * w
	if below < 32 { // there is nothing below zero: ones
		return bits.Reverse32(r.seen.word(0)<<(32-below)) | ^uint32(0)<<below
	}
	return bits.Reverse32(r.seen.word(below - 32))
}

// widen makes the ack tell the peer of all it may not know yet, down to the
// oldest packet that arrived and is not confirmed. Words or runs: whichever
// is shorter, or reaches further where neither tells of all.
func (r *Receiver) widen(limit int, a *wire.Ack) {
	newest := r.next - 1
	oldest := max(r.confirmed, newest-min(newest, r.seen.size()-1))
	oldest = r.seen.firstArrived(oldest, newest)
	words := (int(newest-oldest) + 31) / 32
	if words <= 1 {
		return
	}
	limit -= wideHeader
	if words <= wire.AckWords {
		limit = min(limit, 4*words-1)
	}
	reached := r.runs(oldest, limit, a)
	if reached == oldest || newest-reached >= 32*wire.AckWords {
		a.Words = 0
		return
	}
	a.RunCount, a.Words = 0, min(words, wire.AckWords)
	for w := range a.Words {
		a.Bits[w] = r.word(uint64(w))
	}
}

// wideHeader is what a wide ack takes besides its words or runs: count,
// newest and delay.
const wideHeader = 1 + 2 + 1

// runs fills in the runs down to oldest, which arrived, or as many as take at
// most limit bytes, and returns the last number they tell of.
func (r *Receiver) runs(oldest uint64, limit int, a *wire.Ack) (reached uint64) {
	n := r.next - 1 // all from here on is told
	reached = n
	for i := 0; i < wire.AckRuns && n > oldest; i++ {
		run := r.seen.run(n-1, oldest, i%2 == 0)
		if limit -= wire.RunLen(int(run)); limit < 0 {
			break
		}
		n -= run
		a.Runs[i] = uint16(run)
		if i%2 == 0 {
			a.RunCount, reached = i+1, n
		}
	}
	return reached
}

// Sent records that an acknowledgement left.
func (r *Receiver) Sent() { r.owed = 0 }

// Confirm records that the peer received an acknowledgement whose newest
// packet was newest.
func (r *Receiver) Confirm(newest uint64) {
	r.confirmed = max(r.confirmed, newest+1)
}
