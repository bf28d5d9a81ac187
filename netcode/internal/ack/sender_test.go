package ack

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// send sends n packets at now, each with reliable bytes in it.
func send(s *Sender, now time.Time, n, reliable int) {
	for range n {
		s.MakeRoom()
		p := s.Add(now)
		p.Eliciting, p.Reliable = true, uint16(reliable)
		s.Commit(p)
	}
}

// ackOf acknowledges exactly the numbers given, the newest first.
func ackOf(numbers ...uint64) *wire.Ack {
	a := &wire.Ack{Newest: numbers[0], Words: wire.AckWords}
	for _, n := range numbers[1:] {
		bit := numbers[0] - 1 - n
		a.Bits[bit/32] |= 1 << (bit % 32)
	}
	a.Newest &= 0xffff
	return a
}

// take hands s an ack in a packet of the peer newer than all before.
func take(s *Sender, now time.Time, a *wire.Ack) bool { return s.Ack(now, s.taken, a) }

const ms = time.Millisecond

func at(n int) time.Time { return epoch.Add(time.Duration(n) * ms) }

func same(a []uint64, b ...uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestLossByTime(t *testing.T) {
	var s Sender
	send(&s, at(0), 1, 100)
	take(&s, at(100), ackOf(0)) // round trip 100 ms, deviation 50
	send(&s, at(100), 3, 100)
	if s.InFlightBytes != 300 {
		t.Fatalf("%d bytes in flight, want 300", s.InFlightBytes)
	}
	if !take(&s, at(200), ackOf(3)) || !same(s.Acked, 3) || len(s.Lost) != 0 {
		t.Fatalf("acked %v, lost %v; reordering is not loss", s.Acked, s.Lost)
	}
	deadline := s.LossDeadline()
	// max(100, 100) + 4 * (50 + (0-50)/4)
	if want := at(100).Add(100*ms + 4*(50*ms-50*ms/4)); !deadline.Equal(want) {
		t.Fatalf("LossDeadline = %v, want %v", deadline.Sub(epoch), want.Sub(epoch))
	}
	s.clear()
	if s.DetectLoss(deadline.Add(-1)); len(s.Lost) != 0 {
		t.Errorf("a nanosecond early: lost %v", s.Lost)
	}
	if s.DetectLoss(deadline); !same(s.Lost, 1, 2) {
		t.Errorf("lost %v, want 1 and 2", s.Lost)
	}
	if s.InFlightBytes != 0 || s.LostPackets != 2 || !s.LossDeadline().IsZero() {
		t.Errorf("%d in flight, %d lost, next deadline %v", s.InFlightBytes, s.LostPackets, s.LossDeadline())
	}
	// One comes after all, twice.
	take(&s, at(900), ackOf(3, 2))
	if !same(s.Acked, 2) || s.LateAcks != 1 {
		t.Errorf("acked %v, %d late", s.Acked, s.LateAcks)
	}
	if take(&s, at(901), ackOf(3, 2)); len(s.Acked) != 0 || s.LateAcks != 1 {
		t.Errorf("the same ack again: acked %v, %d late", s.Acked, s.LateAcks)
	}
	if s.InFlightBytes != 0 {
		t.Errorf("%d bytes in flight, want none", s.InFlightBytes)
	}
}

// TestNothingLostBeforeALaterAck: silence alone loses nothing but by probes.
func TestNothingLostBeforeALaterAck(t *testing.T) {
	var s Sender
	send(&s, at(0), 5, 100)
	if s.DetectLoss(at(1_000_000)); len(s.Lost) != 0 || !s.LossDeadline().IsZero() {
		t.Errorf("lost %v", s.Lost)
	}
}

func TestProbes(t *testing.T) {
	var s Sender
	const maxDelay = 25 * ms
	if !s.ProbeDeadline(maxDelay).IsZero() {
		t.Error("a probe is due with nothing sent")
	}
	send(&s, at(0), 1, 0) // unreliable: nothing to repeat
	if !s.ProbeDeadline(maxDelay).IsZero() {
		t.Error("a probe is due with nothing reliable in flight")
	}
	send(&s, at(0), 3, 10)
	now := at(0)
	for i := range 9 {
		want := (2*initialRTT + maxDelay) << min(i, maxProbeShift)
		if got := s.ProbeDeadline(maxDelay).Sub(now); got != want {
			t.Fatalf("probe %d after %v, want %v", i, got, want)
		}
		now = s.ProbeDeadline(maxDelay)
		s.Probe()
		if want := uint64(1 + i); i < 3 && !same(s.Lost, want) {
			t.Fatalf("probe %d gives up %v, want %d", i, s.Lost, want)
		}
		send(&s, now, 1, 10)
	}
	take(&s, now.Add(50*ms), ackOf(s.Next()-1))
	send(&s, now.Add(50*ms), 1, 10)
	if got := s.ProbeDeadline(maxDelay).Sub(now); got > 300*ms {
		t.Errorf("after an ack the next probe is %v away: the backoff stays", got)
	}
}

func TestHostileAcks(t *testing.T) {
	var s Sender
	if take(&s, at(0), ackOf(0)) {
		t.Error("an ack is taken before anything was sent")
	}
	send(&s, at(0), 10, 1)
	for _, newest := range []uint64{10, 11, 127, 255, 1000, 32767, 40000, 65535} {
		short := &wire.Ack{Newest: newest & 255, Short: true, Words: 1, Bits: [wire.AckWords]uint32{^uint32(0)}}
		if newest < 256 && take(&s, at(1), short) {
			t.Errorf("a short run of %d is taken after ten packets", newest)
		}
		if take(&s, at(1), &wire.Ack{Newest: newest, Words: 1}) {
			t.Errorf("an ack of %d is taken after ten packets", newest)
		}
	}
	a := &wire.Ack{Newest: 3, Words: wire.AckWords}
	for i := range a.Bits {
		a.Bits[i] = ^uint32(0) // below zero, too
	}
	if !take(&s, at(1), a) || len(s.Acked) != 4 {
		t.Errorf("acked %v, want 0 to 3", s.Acked)
	}
	runs := &wire.Ack{Newest: 5, RunCount: 3, Runs: [wire.AckRuns]uint16{0, 1, 4000}}
	if !take(&s, at(1), runs) || !same(s.Acked, 5) {
		t.Errorf("acked %v, want 5", s.Acked)
	}
}

// TestOldAck: an ack in a packet older than one whose ack was taken is not
// used, whatever it says.
func TestOldAck(t *testing.T) {
	var s Sender
	send(&s, at(0), 300, 1)
	if !s.Ack(at(1), 7, ackOf(298)) || !same(s.Acked, 298) {
		t.Fatalf("acked %v, want 298", s.Acked)
	}
	// A short run of 41, delayed: its byte now means 297.
	short := &wire.Ack{Newest: 41, Short: true, Words: 1, Bits: [wire.AckWords]uint32{^uint32(0)}}
	if !s.Ack(at(2), 6, short) || len(s.Acked) != 0 {
		t.Errorf("acked %v by an old ack", s.Acked)
	}
	if !s.Ack(at(2), 6, ackOf(250, 249)) || len(s.Acked) != 0 {
		t.Errorf("acked %v by an old ack", s.Acked)
	}
	// The packet whose ack was taken is not taken again, the next one is.
	if !s.Ack(at(2), 8, ackOf(299, 298, 297)) || !same(s.Acked, 299, 297) {
		t.Errorf("acked %v, want 299 and 297", s.Acked)
	}
	// No ack is no news, and does not make others old.
	if !s.Ack(at(3), 100, &wire.Ack{}) || !s.Ack(at(3), 9, ackOf(299, 296)) || !same(s.Acked, 296) {
		t.Errorf("acked %v, want 296", s.Acked)
	}
}

// TestLongHistory: the ring of sent packets stays as small as what is in
// doubt, however many there were.
func TestLongHistory(t *testing.T) {
	var s Sender
	for i := range uint64(100_000) {
		send(&s, at(int(i)), 1, 1)
		take(&s, at(int(i)), ackOf(i))
	}
	if len(s.ring) != minRing {
		t.Errorf("the ring has %d slots, want %d", len(s.ring), minRing)
	}
}

// TestStuck: before two bytes could mean two numbers, the sender is stuck.
func TestStuck(t *testing.T) {
	var s Sender
	send(&s, at(0), 10, 1)
	take(&s, at(0), ackOf(9))
	send(&s, at(0), wire.MaxDoubt-1, 1)
	if s.Stuck() {
		t.Error("stuck too early")
	}
	if send(&s, at(0), 1, 1); !s.Stuck() {
		t.Error("not stuck with MaxDoubt packets in doubt")
	}
	if !take(&s, at(1), &wire.Ack{Newest: (s.Next() - 1) & 0xffff, Words: 1}) || s.Acknowledged() != s.Next() || s.Stuck() {
		t.Errorf("%d acknowledged, want %d", s.Acknowledged(), s.Next())
	}
}

// TestRingOverflow: who never acknowledges makes us hold maxRing packets and
// no more; the oldest are given up, each once.
func TestRingOverflow(t *testing.T) {
	var s Sender
	lost := uint64(0)
	for i := range 3 * maxRing {
		s.MakeRoom()
		for _, n := range s.Lost {
			if n != lost {
				t.Fatalf("lost %d, want %d", n, lost)
			}
			lost++
		}
		p := s.Add(at(i))
		p.Reliable, p.Eliciting = 10, true
		p.Carry(Item{Number: uint64(i)})
		s.Commit(p)
		if len(s.ring) > maxRing {
			t.Fatalf("the ring has %d slots", len(s.ring))
		}
		for n := s.oldest; n < s.next; n++ {
			if i%997 == 0 && s.At(n).Item(0).Number != n {
				t.Fatalf("slot of %d holds %d", n, s.At(n).Item(0).Number)
			}
		}
	}
	if lost != 2*maxRing || s.InFlightBytes != 10*maxRing {
		t.Errorf("%d given up and %d bytes in flight, want %d and %d", lost, s.InFlightBytes, 2*maxRing, 10*maxRing)
	}
	if s.At(lost-1) != nil || s.At(lost) == nil || s.At(s.next) != nil {
		t.Error("At does not know what is remembered")
	}
}

// TestRingShrinks: what an outage needed is given back when it is over, and
// what is remembered stays the same.
func TestRingShrinks(t *testing.T) {
	var s Sender
	send(&s, at(0), 3000, 1)
	if len(s.ring) != 4096 {
		t.Fatalf("the ring has %d slots for 3000 packets in doubt", len(s.ring))
	}
	take(&s, at(100), ackOf(s.Next()-1))
	s.DetectLoss(at(10_000))
	for i := range 20_000 {
		s.MakeRoom()
		p := s.Add(at(10_000 + i))
		p.Eliciting = true
		p.Carry(Item{Number: s.Next()})
		s.Commit(p)
		if n := s.Next(); n > 3 {
			take(&s, at(10_000+i), ackOf(n-3))
		}
		for n := max(s.oldest, 3000); n < s.next; n++ {
			if s.At(n).Item(0).Number != n {
				t.Fatalf("slot of %d holds %d", n, s.At(n).Item(0).Number)
			}
		}
	}
	if len(s.ring) != minRing {
		t.Errorf("the ring keeps %d slots, want %d", len(s.ring), minRing)
	}
}

// TestSenderModel: whatever the acks say, every packet ends as acknowledged
// or lost at most once each, and the bytes in flight are those of the rest.
func TestSenderModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		var s Sender
		fate := map[uint64]string{}
		size := map[uint64]int{}
		settle := func() {
			for _, n := range s.Lost {
				if fate[n] != "" {
					t.Fatalf("seed %d: %d is lost after %q", seed, n, fate[n])
				}
				fate[n] = "lost"
			}
		}
		now := epoch
		for step := range 2000 {
			now = now.Add(time.Duration(r.IntN(5)) * ms)
			switch r.IntN(5) {
			default:
				s.MakeRoom()
				settle()
				p := s.Add(now)
				p.Eliciting, p.Reliable = true, uint16(r.IntN(1000))
				size[s.Next()] = int(p.Reliable)
				s.Commit(p)
			case 3:
				if s.Next() == 0 {
					continue
				}
				newest := s.Next() - 1 - min(s.Next()-1, uint64(r.IntN(40)))
				a := &wire.Ack{Newest: max(newest, max(s.acked, 1)-1), Words: 1 + r.IntN(8)}
				for w := range a.Words {
					a.Bits[w] = r.Uint32()
				}
				if !take(&s, now, a) {
					t.Fatal("an honest ack is refused")
				}
				for _, n := range s.Acked {
					if fate[n] == "acked" || !slices.Contains(told(a), n) {
						t.Fatalf("seed %d: %d is acknowledged after %q", seed, n, fate[n])
					}
					fate[n] = "acked"
				}
				settle()
			case 4:
				s.clear()
				if r.IntN(4) == 0 {
					s.Probe()
				} else {
					s.DetectLoss(now)
				}
				settle()
			}
			inFlight := 0
			for n, bytes := range size {
				if step%20 == 0 && fate[n] == "" {
					inFlight += bytes
				}
			}
			if step%20 == 0 && inFlight != s.InFlightBytes {
				t.Fatalf("seed %d: %d bytes in flight, want %d", seed, s.InFlightBytes, inFlight)
			}
			if d := s.LossDeadline(); !d.IsZero() {
				s.clear()
				s.DetectLoss(now)
				settle()
				if d := s.LossDeadline(); !d.IsZero() && !d.After(now) {
					t.Fatal("the deadline of losses stays in the past")
				}
			}
		}
	}
}

func TestRTT(t *testing.T) {
	var r RTT
	if r.LossDelay() != initialRTT*9/8 || r.ProbeDelay(ms) != 2*initialRTT+ms {
		t.Error("delays before the first sample")
	}
	r.Add(100*ms, 0)
	if r.Smoothed != 100*ms || r.Variance != 50*ms || r.Min != 100*ms {
		t.Errorf("first sample: %+v", r)
	}
	r.Add(120*ms, 20*ms) // the peer waited
	if r.Latest != 100*ms || r.Smoothed != 100*ms || r.Variance != 37500*time.Microsecond {
		t.Errorf("a delayed sample: %+v", r)
	}
	r.Add(50*ms, 60*ms)
	if r.Latest != 50*ms || r.Min != 50*ms {
		t.Errorf("a delay that cannot be: %+v", r)
	}
	for range 200 {
		r.Add(40*ms, 0)
	}
	if (r.Smoothed-40*ms).Abs() > ms || r.Variance > ms {
		t.Errorf("after 200 samples of 40ms: %+v", r)
	}
	if got := r.LossDelay(); got < 41*ms || got > 47*ms {
		t.Errorf("LossDelay = %v on a steady path of 40ms", got)
	}
	r.Add(-5, 0)
	if r.Latest <= 0 || r.Min <= 0 {
		t.Errorf("a clock that stood still: %+v", r)
	}
}

// TestRTTNotFromOldNews: a sample comes only from a newest that is news.
func TestRTTNotFromOldNews(t *testing.T) {
	var s Sender
	send(&s, at(0), 2, 1)
	take(&s, at(50), ackOf(1))
	take(&s, at(500), ackOf(1, 0))
	if s.RTT.Samples != 1 || s.RTT.Smoothed != 50*ms {
		t.Errorf("%+v, want one sample of 50ms", s.RTT)
	}
}

// TestRTTNotFromUnknownDelay: the longest delay the wire has may stand for
// any longer one.
func TestRTTNotFromUnknownDelay(t *testing.T) {
	var s Sender
	send(&s, at(0), 2, 1)
	a := ackOf(0)
	a.Delay = wire.MaxAckDelay
	if take(&s, at(800), a); s.RTT.Samples != 0 || !same(s.Acked, 0) {
		t.Errorf("%+v, acked %v: want no sample", s.RTT, s.Acked)
	}
	a = ackOf(1, 0)
	a.Delay = wire.MaxAckDelay - 250*time.Microsecond
	if take(&s, at(850), a); s.RTT.Samples != 1 {
		t.Errorf("%+v: want a sample", s.RTT)
	}
}

func BenchmarkSender(b *testing.B) {
	var s Sender
	a := &wire.Ack{Words: 1, Bits: [wire.AckWords]uint32{^uint32(0)}}
	now := epoch
	b.ReportAllocs()
	for b.Loop() {
		s.MakeRoom()
		p := s.Add(now)
		p.Eliciting = true
		p.Carry(Item{Number: 1})
		s.Commit(p)
		a.Newest = (s.Next() - 1) & 0xffff
		take(&s, now, a)
		now = now.Add(ms)
	}
}

// TestPacketSize: a record takes one line of the processor's caches.
func TestPacketSize(t *testing.T) {
	if got, want := unsafe.Sizeof(Packet{}), uintptr(64); got > want {
		t.Errorf("a Packet takes %d bytes, want at most %d", got, want)
	}
}
