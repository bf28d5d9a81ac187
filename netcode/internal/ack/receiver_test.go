package ack

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

var epoch = time.Unix(0, 0)

// told returns the numbers that an ack with a full newest tells of, newest
// first, and none below zero.
func told(a *wire.Ack) (numbers []uint64) {
	numbers = append(numbers, a.Newest)
	for i := range min(a.Newest, 32*uint64(a.Words)) {
		if a.Bits[i/32]>>(i%32)&1 != 0 {
			numbers = append(numbers, a.Newest-1-i)
		}
	}
	n := a.Newest
	for i, run := range a.Runs[:a.RunCount] {
		for range run {
			if n--; i%2 == 0 {
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

// travel encodes an ack and decodes it again, with the newest in full.
func travel(t *testing.T, a *wire.Ack) *wire.Ack {
	t.Helper()
	b := wire.AppendAck(nil, a)
	if len(b) != wire.AckLen(a) || len(b) > wire.MaxAckLen {
		t.Fatalf("an ack of %d bytes, want %d", len(b), wire.AckLen(a))
	}
	got := new(wire.Ack)
	if rest, err := wire.ConsumeAck(b, a.Form(), got); err != nil || len(rest) > 0 {
		t.Fatalf("ConsumeAck(%x): %v", b, err)
	}
	got.Newest = a.Newest
	return got
}

// TestReceiverModel compares acks with a map of all numbers, over gaps of all
// sizes, reordering and confirmations: they tell nothing but the truth, and
// all of it that is not confirmed and fits.
func TestReceiverModel(t *testing.T) {
	forms := map[string]int{}
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 1))
		var in Receiver
		seen := map[uint64]bool{}
		newest, confirmed := uint64(0), uint64(0)
		gap, odds, confirming := 1+r.IntN(600), 2+r.IntN(60), 1+r.IntN(500)
		jump := max(2, 8*odds*int(seed%2))
		for step := range 600 {
			n := newest
			switch r.IntN(odds) {
			case 0:
				n += uint64(r.IntN(gap))
			case 1:
				n -= min(n, uint64(r.IntN(300)))
			default:
				n += 1 + uint64(r.IntN(jump)/(jump-1))
			}
			if step == 0 {
				n = uint64(r.IntN(100))
			}
			before := in.seen.size()
			in.Add(epoch, n, 3, true)
			seen[n] = true
			newest = max(newest, n)
			if r.IntN(confirming) == 0 {
				confirmed = newest + 1
				in.Confirm(newest)
			}
			if in.Next() != newest+1 {
				t.Fatalf("Next() = %d, want %d", in.Next(), newest+1)
			}
			var a wire.Ack
			in.Fill(epoch, wire.MaxAckLen, &a)
			got := told(travel(t, &a))
			for _, n := range got {
				if !seen[n] {
					t.Fatalf("seed %d step %d: the ack (%s) tells of %d, which did not arrive", seed, step, shape(&a), n)
				}
			}
			want := []uint64{newest} // and what is not confirmed, newest first
			for n := newest; n > max(confirmed, newest+1-min(newest+1, before)); n-- {
				if seen[n-1] {
					want = append(want, n-1)
				}
			}
			forms[shape(&a)]++
			full := a.RunCount > 0 && (a.RunCount == wire.AckRuns || wire.AckLen(&a) > wire.MaxAckLen-2*wire.RunLen(1<<7)) || a.Words == wire.AckWords
			for i, n := range want {
				if (i >= len(got) || got[i] != n) && !(full && i >= len(got)) {
					t.Fatalf("seed %d step %d: %d arrived and the ack (%s) does not tell it", seed, step, n, shape(&a))
				}
			}
			if distance := newest - want[len(want)-1]; distance <= 32 && a.Words != 1 && in.seen.size() == before {
				t.Fatalf("seed %d step %d: %s, want one word: %d is the oldest news", seed, step, shape(&a), distance)
			}
		}
	}
	t.Log(forms)
	for _, form := range []string{"run", "bits", "words", "runs"} {
		if forms[form] < 500 {
			t.Errorf("the test makes %d acks of form %s only", forms[form], form)
		}
	}
}

func shape(a *wire.Ack) string {
	switch {
	case a.RunCount > 0:
		return "runs"
	case a.Words > 1:
		return "words"
	case a.Words == 0:
		return "none"
	case a.Form() == wire.AckBits:
		return "bits"
	}
	return "run"
}

// TestShorterForm: words and runs, whichever is shorter, and words if they
// are equal.
func TestShorterForm(t *testing.T) {
	for _, test := range []struct {
		name string
		lost func(n uint64) bool // of 0 to total-1
		want string
		size int
	}{
		{"one hole", func(n uint64) bool { return n == 50 }, "runs", 4 + 2 + 1 + 1},
		{"every third of 64", func(n uint64) bool { return n < 136 || n%3 == 0 }, "words", 4 + 8},
		{"every third of 200", func(n uint64) bool { return n%3 == 0 }, "words", 4 + 28},
		{"every tenth", func(n uint64) bool { return n%10 == 0 }, "words", 4 + 28},
		{"every sixteenth", func(n uint64) bool { return n%16 == 1 }, "runs", 4 + 27},
	} {
		var in Receiver
		for n := range uint64(200) {
			if !test.lost(n) {
				in.Add(epoch, n, 1, true)
			}
		}
		var a wire.Ack
		in.Fill(epoch, wire.MaxAckLen, &a)
		if got := shape(&a); got != test.want || wire.AckLen(&a) != test.size {
			t.Errorf("%s: %s of %d bytes, want %s of %d", test.name, got, wire.AckLen(&a), test.want, test.size)
		}
	}
}

func TestAckForms(t *testing.T) {
	var in Receiver
	form := func() wire.AckForm {
		var a wire.Ack
		in.Fill(epoch, wire.MaxAckLen, &a)
		return a.Form()
	}
	add := func(from, to uint64) {
		for n := from; n < to; n++ {
			in.Add(epoch, n, 3, true)
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
	in.Add(epoch, 34, 3, true)
	if got := form(); got != wire.AckRun {
		t.Errorf("the hole is filled: form %d, want run", got)
	}
	in.Confirm(35)
	add(1000, 1001)
	if got := form(); got != wire.AckBits {
		t.Errorf("a gap of a thousand: form %d, want bits", got)
	}
	in.Add(epoch, 1001, 1, true)
	in.Confirm(1001)
	if add(1002, 1032); form() != wire.AckBits {
		t.Errorf("31 after the gap: form %d, want bits", form())
	}
	in.Add(epoch, 1032, 1, true)
	if got := form(); got != wire.AckShort {
		t.Errorf("32 after the gap, the newest in one byte: form %d, want short run", got)
	}
}

func TestAckDue(t *testing.T) {
	var in Receiver
	if in.Any() || !in.Due(time.Millisecond).IsZero() {
		t.Error("an ack is due before anything arrived")
	}
	in.Add(epoch, 0, 3, false)
	if !in.Any() || !in.Due(time.Millisecond).IsZero() {
		t.Error("a packet that does not elicit makes an ack due")
	}
	in.Add(epoch.Add(1), 1, 3, true)
	in.Add(epoch.Add(2), 2, 3, true)
	if got, want := in.Due(time.Millisecond), epoch.Add(1).Add(time.Millisecond); !got.Equal(want) {
		t.Errorf("Due = %v, want %v: the first decides", got, want)
	}
	in.Sent()
	if !in.Due(time.Millisecond).IsZero() {
		t.Error("an ack is due after it was sent")
	}
	var a wire.Ack
	in.Fill(epoch.Add(5*time.Millisecond), wire.MaxAckLen, &a)
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
			in.Add(now, n, 3, true)
			got[n] = true
		}
		if n%13 != 0 || r.Float64() < 0.1 {
			continue
		}
		var a wire.Ack
		in.Fill(now, wire.MaxAckLen, &a)
		var decoded wire.Ack
		if _, err := wire.ConsumeAck(wire.AppendAck(nil, &a), a.Form(), &decoded); err != nil {
			t.Fatal(err)
		}
		if !take(&out, now, &decoded) {
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

// TestAckAtOnce: a flood does not wait for the delay.
func TestAckAtOnce(t *testing.T) {
	var in Receiver
	for n := range uint64(ackEvery) {
		in.Add(epoch.Add(time.Duration(n)), n, 1, true)
		want := epoch.Add(time.Second)
		if n == ackEvery-1 {
			want = epoch
		}
		if got := in.Due(time.Second); !got.Equal(want) {
			t.Fatalf("after %d packets: Due = %v, want %v", n+1, got, want)
		}
	}
}

func TestInboundLoss(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var in Receiver
	for n := range uint64(20000) {
		if r.Float64() >= 0.1 {
			in.Add(epoch, n, 3, true)
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
			in.Add(epoch, n, 3, true)
		}
		in.Add(epoch, 200+gap, 3, true)
		for n := range uint64(lossHorizon) { // until all of it is beyond
			in.Add(epoch, 201+gap+n, 3, true)
		}
		if got := in.Loss(); got < want-0.06 || got > want+0.06 {
			t.Errorf("after a gap of %d: Loss() = %.3f, want %.2f", gap, got, want)
		}
	}
}

// TestReceiverHugeGap: a peer can jump as far as it likes.
func TestReceiverHugeGap(t *testing.T) {
	var in Receiver
	for _, n := range []uint64{0, 1, 1 << 31, 1<<31 + 1, 1 << 40, 1 << 62, 1<<62 + 300} {
		in.Add(epoch, n, 3, true)
		var a wire.Ack
		in.Fill(epoch, wire.MaxAckLen, &a)
		got := travel(t, &a)
		if a.Newest != n || got.Newest != n {
			t.Fatalf("after %d: ack of %d", n, a.Newest)
		}
		for _, m := range told(got) {
			if m != n && m != n-1 && m != n-300 && (n > 1 || m > 0) {
				t.Fatalf("after %d: the ack tells of %d", n, m)
			}
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
		in.Add(epoch, n, 3, true)
		in.Fill(epoch, wire.MaxAckLen, &a)
		in.Sent()
		in.Confirm(n)
		n++
	}
}
