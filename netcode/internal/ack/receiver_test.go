package ack

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

var epoch = time.Unix(0, 0)

// arrived is what an ack says about number.
func arrived(a *wire.Ack, number uint64) bool {
	if number == a.Newest {
		return true
	}
	bit := a.Newest - 1 - number
	return number < a.Newest && bit < uint64(32*a.Words) && a.Bits[bit/32]>>(bit%32)&1 != 0
}

// TestReceiverModel compares the window with a map of all numbers, over gaps
// of all sizes, reordering and confirmations.
func TestReceiverModel(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var in Receiver
		seen := map[uint64]bool{}
		newest, confirmed := uint64(0), uint64(0)
		for step := range 400 {
			n := newest
			switch r.IntN(10) {
			case 0:
				n += uint64(r.IntN(600))
			case 1, 2:
				n -= min(n, uint64(r.IntN(300)))
			default:
				n += uint64(r.IntN(3))
			}
			if step == 0 {
				n = uint64(r.IntN(100))
			}
			in.Add(epoch, n, true)
			seen[n] = true
			newest = max(newest, n)
			if r.IntN(20) == 0 {
				confirmed = newest + 1
				in.Confirm(newest)
			}
			if in.Next() != newest+1 {
				t.Fatalf("Next() = %d, want %d", in.Next(), newest+1)
			}
			var a wire.Ack
			in.Fill(epoch, &a)
			words := 1
			if newest+1 > confirmed+33 {
				words = int(min((newest-confirmed+31)/32, wire.AckWords))
			}
			if a.Newest != newest || a.Words != words {
				t.Fatalf("seed %d step %d: ack of %d in %d words, want %d in %d", seed, step, a.Newest, a.Words, newest, words)
			}
			for bit := range uint64(32 * a.Words) {
				want := bit >= newest || seen[newest-1-bit]
				if got := a.Bits[bit/32]>>(bit%32)&1 != 0; got != want {
					t.Fatalf("seed %d step %d: bit %d (number %d) is %v, want %v", seed, step, bit, int64(newest)-1-int64(bit), got, want)
				}
			}
		}
	}
}

func TestAckForms(t *testing.T) {
	var in Receiver
	form := func() wire.AckForm {
		var a wire.Ack
		in.Fill(epoch, &a)
		return a.Form()
	}
	add := func(from, to uint64) {
		for n := from; n < to; n++ {
			in.Add(epoch, n, true)
		}
	}
	add(0, 33)
	if got := form(); got != wire.AckRun {
		t.Errorf("33 packets, nothing confirmed: form %d, want run", got)
	}
	add(33, 34)
	if got := form(); got != wire.AckWide {
		t.Errorf("34 packets, nothing confirmed: form %d, want wide", got)
	}
	in.Confirm(33)
	if got := form(); got != wire.AckRun {
		t.Errorf("confirmed: form %d, want run", got)
	}
	add(35, 36)
	if got := form(); got != wire.AckBits {
		t.Errorf("a hole: form %d, want bits", got)
	}
	in.Add(epoch, 34, true)
	if got := form(); got != wire.AckRun {
		t.Errorf("the hole is filled: form %d, want run", got)
	}
	add(1000, 1001)
	if got := form(); got != wire.AckWide {
		t.Errorf("a gap of a thousand: form %d, want wide", got)
	}
}

func TestAckDue(t *testing.T) {
	var in Receiver
	if in.Any() || !in.Due(time.Millisecond).IsZero() {
		t.Error("an ack is due before anything arrived")
	}
	in.Add(epoch, 0, false)
	if !in.Any() || !in.Due(time.Millisecond).IsZero() {
		t.Error("a packet that does not elicit makes an ack due")
	}
	in.Add(epoch.Add(1), 1, true)
	in.Add(epoch.Add(2), 2, true)
	if got, want := in.Due(time.Millisecond), epoch.Add(1).Add(time.Millisecond); !got.Equal(want) {
		t.Errorf("Due = %v, want %v: the first decides", got, want)
	}
	in.Sent()
	if !in.Due(time.Millisecond).IsZero() {
		t.Error("an ack is due after it was sent")
	}
	var a wire.Ack
	in.Fill(epoch.Add(5*time.Millisecond), &a)
	if want := 5*time.Millisecond - 2; a.Delay != want {
		t.Errorf("Delay = %v, want %v since the newest came", a.Delay, want)
	}
}

// TestSlowAcks: a peer that sends 10 packets a second tells of all 128 that it
// receives in one, through loss of its own packets and of ours.
func TestSlowAcks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var out Sender
	var in Receiver
	acked, got := map[uint64]bool{}, map[uint64]bool{}
	const total = 12800
	now := epoch
	for n := range uint64(total) {
		now = now.Add(time.Second / 128)
		out.MakeRoom()
		p := out.Add(now)
		p.Eliciting = true
		if out.Commit(p) != n {
			t.Fatal("numbers are not consecutive")
		}
		if r.Float64() < 0.9 {
			in.Add(now, n, true)
			got[n] = true
		}
		if n%13 != 0 || r.Float64() < 0.1 {
			continue
		}
		var a wire.Ack
		in.Fill(now, &a)
		var decoded wire.Ack
		if _, err := wire.ConsumeAck(wire.AppendAck(nil, &a), a.Form(), &decoded); err != nil {
			t.Fatal(err)
		}
		if !out.Ack(now, &decoded) {
			t.Fatal("an honest ack is refused")
		}
		for _, n := range out.Acked {
			acked[n] = true
		}
		if r.Float64() < 0.9 {
			in.Confirm(a.Newest)
		}
	}
	missed := 0
	for n := range uint64(total - 64) {
		if got[n] && !acked[n] {
			missed++
		}
		if acked[n] && !got[n] {
			t.Fatalf("%d is acknowledged and did not arrive", n)
		}
	}
	if missed > 0 {
		t.Errorf("of %d that arrived, %d were never told of", len(got), missed)
	}
}

func TestInboundLoss(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var in Receiver
	for n := range uint64(20000) {
		if r.Float64() >= 0.1 {
			in.Add(epoch, n, true)
		}
	}
	if got := in.Loss(); got < 0.04 || got > 0.18 {
		t.Errorf("Loss() = %.3f, want 0.1", got)
	}
}

// TestOutage: a gap longer than the horizon counts as what it is.
func TestOutage(t *testing.T) {
	for gap, want := range map[uint64]float64{64: 0.39, 200: 0.79, 1000: 0.999, 1 << 40: 0.999} {
		var in Receiver
		for n := range uint64(200) {
			in.Add(epoch, n, true)
		}
		in.Add(epoch, 200+gap, true)
		for n := range uint64(lossHorizon) { // until all of it is beyond
			in.Add(epoch, 201+gap+n, true)
		}
		if got := in.Loss(); got < want-0.06 || got > want+0.06 {
			t.Errorf("after a gap of %d: Loss() = %.3f, want %.2f", gap, got, want)
		}
	}
}

// TestReceiverHugeGap: a peer can jump as far as it likes.
func TestReceiverHugeGap(t *testing.T) {
	var in Receiver
	for _, n := range []uint64{0, 1, 1 << 31, 1<<31 + 1, 1 << 62, 1<<62 + 300} {
		in.Add(epoch, n, true)
		var a wire.Ack
		in.Fill(epoch, &a)
		if a.Newest != n || a.Words > wire.AckWords {
			t.Fatalf("after %d: ack of %d in %d words", n, a.Newest, a.Words)
		}
	}
}

// BenchmarkReceiver is a packet of the steady state: in, and an ack out.
func BenchmarkReceiver(b *testing.B) {
	var in Receiver
	var a wire.Ack
	n := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		in.Add(epoch, n, true)
		in.Fill(epoch, &a)
		in.Sent()
		in.Confirm(n)
		n++
	}
}
