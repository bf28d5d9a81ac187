package ack

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A half is one end of a connection that does nothing but count packets and
// acknowledge them.
type half struct {
	out      Sender
	in       Receiver
	received map[uint64]bool
	acked    map[uint64]bool
	seen     map[uint64]bool // by the replay window
}

// A parcel is a packet on its way: what travels, and what is true.
type parcel struct {
	at        int
	number    uint64
	low       uint64
	numberLen int
	form      wire.AckForm
	ack       []byte
}

// TestPairTruth lets two ends talk through heavy reordering, repetition, loss
// and blackouts of seconds, at rates that differ a thousandfold, with numbers
// and acks as short as the protocol makes them: no acknowledgement ever says
// what is not true, and none is taken for a violation.
func TestPairTruth(t *testing.T) {
	var forms, numberLens [4]int
	var old, opened, closed int
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		var ends [2]half
		for i := range ends {
			ends[i] = half{received: map[uint64]bool{}, acked: map[uint64]bool{}, seen: map[uint64]bool{}}
		}
		var flying [2][]parcel // to end i
		loss, dup, spread, delay := 0.4*r.Float64(), 0.3*r.Float64(), 1+r.IntN(1<<r.IntN(12)), r.IntN(300)
		clean := seed%3 == 0
		if clean {
			loss, spread = 0, 1
		}
		odds := [2]int{1 + r.IntN(1<<r.IntN(8)), 1 + r.IntN(1<<r.IntN(8))}
		dark := [2]int{}
		for now := range 4000 {
			stamp := epoch.Add(time.Duration(now) * time.Millisecond)
			for i := range ends {
				if r.IntN(800) == 0 && seed%2 == 0 {
					dark[i] = now + r.IntN(1200)
				}
				if r.IntN(odds[i]) != 0 {
					continue
				}
				p := ends[i].send(t, stamp)
				forms[p.form]++
				numberLens[p.numberLen]++
				for range 1 + int(dup+r.Float64()) {
					if r.Float64() > loss && now >= dark[i] {
						p.at = now + 1 + delay + r.IntN(spread)
						if !clean && r.IntN(50) == 0 {
							p.at += r.IntN(3000) // a gust
						}
						flying[1-i] = append(flying[1-i], p)
					}
				}
			}
			for i := range ends {
				slices.SortStableFunc(flying[i], func(a, b parcel) int { return cmp.Compare(a.at, b.at) })
				for len(flying[i]) > 0 && flying[i][0].at <= now {
					p := flying[i][0]
					flying[i] = flying[i][1:]
					if p.number < ends[i].out.taken {
						old++
					}
					if ends[i].receive(t, stamp, p, ends[1-i].received) {
						opened++
					} else {
						closed++
					}
				}
			}
		}
		for i := range ends {
			for n := range ends[i].acked {
				if !ends[1-i].received[n] {
					t.Fatalf("seed %d: %d is acknowledged and did not arrive", seed, n)
				}
			}
		}
	}
	t.Logf("forms %v, numbers of 1 and 3 bytes %d and %d, %d opened, %d did not, %d were old",
		forms, numberLens[1], numberLens[3], opened, closed, old)
	if min(forms[0], 50*forms[1], forms[2], forms[3], numberLens[1], numberLens[3], old, closed) < 1000 {
		t.Error("the test does not reach all of it")
	}
}

func (h *half) send(t *testing.T, now time.Time) parcel {
	t.Helper()
	h.out.MakeRoom()
	record := h.out.Add(now)
	record.Eliciting, record.Reliable = true, 1
	number := h.out.Next()
	p := parcel{number: number, numberLen: wire.NumberLen(number, h.out.Acknowledged())}
	p.low = number & (1<<(8*p.numberLen) - 1)
	var a wire.Ack
	h.in.Fill(now, wire.MaxAckLen, &a)
	record.AckNext = h.in.Next()
	p.form, p.ack = a.Form(), wire.AppendAck(nil, &a)
	if len(p.ack) > wire.MaxAckLen {
		t.Fatalf("an ack of %d bytes", len(p.ack))
	}
	h.out.Commit(record)
	return p
}

// receive reports false for a packet that does not open, which is one whose
// number was restored wrongly, or that came before.
func (h *half) receive(t *testing.T, now time.Time, p parcel, arrived map[uint64]bool) bool {
	t.Helper()
	number := wire.ExpandNumber(p.low, p.numberLen, h.in.Next())
	if number != p.number || h.seen[number] {
		return false
	}
	h.seen[number] = true
	var a wire.Ack
	if _, err := wire.ConsumeAck(p.ack, p.form, &a); err != nil {
		t.Fatal(err)
	}
	if !h.out.Ack(now, number, &a) {
		t.Fatalf("an honest ack of %+v is refused", a)
	}
	for _, n := range h.out.Acked {
		if h.acked[n] || !arrived[n] {
			t.Fatalf("%d is acknowledged twice or did not arrive", n)
		}
		h.acked[n] = true
		if next := h.out.At(n).AckNext; next > 0 {
			h.in.Confirm(next - 1)
		}
	}
	h.in.Add(now, number, p.numberLen, true)
	h.received[number] = true
	return true
}
