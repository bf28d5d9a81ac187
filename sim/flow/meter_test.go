package flow

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

func TestMeter(t *testing.T) {
	m := NewMeter("state", "up", 100*time.Millisecond)
	for i := range 10 {
		m.Sent(time.Duration(i) * 50 * time.Millisecond)
	}
	// 0 takes 30 ms, 1 is lost, 3 overtakes 2, 3 comes twice, 4 takes a second.
	for _, a := range []struct {
		number   uint64
		sent, at int
		first    bool
	}{
		{0, 0, 30, true},
		{3, 150, 170, true},
		{2, 100, 190, true},
		{3, 150, 200, false},
		{4, 200, 1200, true},
	} {
		if got := m.Arrived(a.number, 100, time.Duration(a.sent)*time.Millisecond, time.Duration(a.at)*time.Millisecond); got != a.first {
			t.Errorf("Arrived(%d) = %v, want %v", a.number, got, a.first)
		}
	}
	f := m.Part().Figures
	if f.Sent != 10 || f.Delivered != 4 || f.Loss != 0.6 || f.Max != 1000 || f.P50 < 30 || f.P50 > 30.3 {
		t.Errorf("%+v", f)
	}
	if m.doubled != 1 || m.disorder != 1 {
		t.Errorf("%d doubled, %d out of order, want 1 and 1", m.doubled, m.disorder)
	}
	want := result.Series{
		StepSeconds: 0.1,
		Sent:        []uint64{2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0},
		Lost:        []uint64{1, 0, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0},
		Bytes:       []uint64{100, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100},
		P50:         []float64{30, 20, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		P99:         []float64{30, 90, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	}
	if s := f.Series; !slices.Equal(s.Sent, want.Sent) || !slices.Equal(s.Lost, want.Lost) || !slices.Equal(s.Bytes, want.Bytes) ||
		!slices.Equal(s.P50, want.P50) || !slices.Equal(s.P99, want.P99) {
		t.Errorf("series\n%+v\nwant\n%+v", *s, want)
	}
}

// A message is due at floor(n / rate), whatever n is, and rates that divide
// each other stay in step.
func TestSchedule(t *testing.T) {
	sixty, five := newSchedule(&Load{Rate: 60}), newSchedule(&Load{Rate: 5})
	for n := range uint64(1_000_000) {
		if a, b := sixty.due(12*n), five.due(n); a != b {
			t.Fatalf("message %d of 60 a second is due at %d, message %d of 5 a second at %d", 12*n, a, n, b)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		s := newSchedule(&Load{Rate: minRate + r.Float64()*1000})
		n := r.Uint64N(1 << 24)
		high, low := bits.Mul64(uint64(s.due(n)), s.micros)
		// due·micros ≤ n·10¹⁵ < (due+1)·micros
		wantHigh, wantLow := bits.Mul64(n, perRate)
		rest, borrow := bits.Sub64(wantLow, low, 0)
		top, _ := bits.Sub64(wantHigh, high, borrow)
		if top != 0 || rest >= s.micros {
			t.Fatalf("message %d of %d in a million seconds is due at %d", n, s.micros, s.due(n))
		}
	}
	if got := newSchedule(&Load{Rate: 60}); got.interval() != 16666667 {
		t.Errorf("the interval of 60 a second is %d", got.interval())
	}
}

func TestSilence(t *testing.T) {
	s := &Stage{}
	q := NewSilence("duel", "at the client", 500*time.Millisecond, 20*time.Millisecond)
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	q.Heard(s, at(10)) // before it begins nothing is a stall
	q.Begin(at(1000))
	for _, ms := range []int{1020, 1040, 1559, 2080, 2100} {
		q.Heard(s, at(ms))
	}
	q.End(s, at(3000))
	events := s.Events()
	if len(events) != 2 || q.stalls != 2 || q.stalled != at(521+900) {
		t.Fatalf("%d stalls of %v, %+v", q.stalls, q.stalled, events)
	}
	if e := events[0]; e.Kind != "stalled" || e.Subject != "duel" || e.Lasted != 0.521 {
		t.Errorf("%+v", e)
	}
	q.End(s, at(9000))
	if len(s.Events()) != 2 {
		t.Error("the end told of a stall again")
	}
	none := NewSilence("blob", "", time.Second, 0)
	none.Begin(0)
	none.Heard(s, time.Hour)
	if len(s.Events()) != 2 {
		t.Error("where nothing has a rate, nothing stalls")
	}
}
