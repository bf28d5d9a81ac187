package link

import (
	"errors"
	"hash/fnv"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
)

var epoch = time.Unix(0, 0)

// mustNew is New for configurations that are right.
func mustNew(t testing.TB, cfg Config, seed uint64) *Link {
	t.Helper()
	l, err := New(cfg, seed)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// rough is a link with everything switched on.
func rough() Config {
	burst, _ := Bursts(0.02, 4)
	return Config{
		Delay: 40 * time.Millisecond, Jitter: 15 * time.Millisecond, Shape: Normal,
		Loss: 0.01, Burst: burst, Duplicate: 0.02, Reorder: 0.03, ReorderDelay: 25 * time.Millisecond,
		Rate: 1_000_003, QueueBytes: 9000, Overhead: 28, MTU: 1400,
	}
}

func TestZeroConfigIsPerfect(t *testing.T) {
	l := mustNew(t, Config{}, 1)
	for i := range 1000 {
		fate := l.Send(epoch.Add(time.Duration(i)), i*50)
		if want := (Fate{Index: uint64(i)}); fate != want {
			t.Fatalf("Send = %+v, want %+v", fate, want)
		}
	}
	c := l.Counters()
	if c.Sent != 1000 || c.Delivered != 1000 || c.DeliveredBytes != c.SentBytes || c.Lost() != 0 {
		t.Errorf("Counters() = %+v", c)
	}
}

func TestMTU(t *testing.T) {
	l := mustNew(t, Config{MTU: 1500, Overhead: 28}, 1)
	for _, test := range []struct {
		size int
		want Cause
	}{{0, Delivered}, {1472, Delivered}, {1473, DroppedMTU}} {
		if got := l.Send(epoch, test.size).Cause; got != test.want {
			t.Errorf("%d bytes: %v, want %v", test.size, got, test.want)
		}
	}
}

// Arrival times of a busy link against exact rational arithmetic.
func TestRateIsExact(t *testing.T) {
	for _, rate := range []int64{1000, 56_000, 1_000_003, 7_777_777, 999_999_999_989} {
		l := mustNew(t, Config{Rate: rate, QueueBytes: MaxQueueBytes}, 1)
		bits := new(big.Int)
		for i := range 2000 {
			size := 1 + i*i%1473
			bits.Add(bits, big.NewInt(int64(size)*8))
			fate := l.Send(epoch, size)

			want := new(big.Int).Mul(bits, big.NewInt(1e9))
			want.Div(want, big.NewInt(rate))
			if !want.IsInt64() || fate.Cause != Delivered || int64(fate.Delay) != want.Int64() {
				t.Fatalf("rate %d, datagram %d: %v after %d ns, want after %v ns", rate, i, fate.Cause, fate.Delay, want)
			}
		}
	}
}

// A sender at twice the rate gets exactly the rate, over an hour.
func TestRateUnderOverload(t *testing.T) {
	const rate, size = 2_000_000, 1200
	l := mustNew(t, Config{Rate: rate, Delay: 30 * time.Millisecond}, 1)
	interval := time.Duration(size*8*int64(time.Second)/rate) / 2
	var first, last time.Duration
	delivered := 0
	for now := time.Duration(0); now < time.Hour; now += interval {
		if fate := l.Send(epoch.Add(now), size); fate.Cause == Delivered {
			last = now + fate.Delay
			if delivered++; delivered == 1 {
				first = last
			}
		}
	}
	got := float64(delivered-1) * size * 8 / (last - first).Seconds()
	if math.Abs(got-rate)/rate > 0.001 {
		t.Errorf("delivered %.0f bit/s, want %d within 0.1 %%", got, rate)
	}
	t.Logf("delivered %.3f bit/s of %d", got, rate)
}

func TestQueueDropsItsTail(t *testing.T) {
	// 8000 bit/s: a datagram of 100 bytes takes 100 ms.
	l := mustNew(t, Config{Rate: 8000, QueueBytes: 250}, 1)
	for i, test := range []struct {
		at    time.Duration // ms
		cause Cause
		delay time.Duration // ms
	}{
		{0, Delivered, 100},  // in transmission at once
		{0, Delivered, 200},  // 100 bytes wait
		{0, Delivered, 300},  // 200 wait
		{0, DroppedQueue, 0}, // 300 would wait
		{99, DroppedQueue, 0},
		{100, Delivered, 300}, // the first left, the second began
		{100, DroppedQueue, 0},
		{1000, Delivered, 100}, // idle again
	} {
		fate := l.Send(epoch.Add(test.at*time.Millisecond), 100)
		if fate.Cause != test.cause || fate.Delay != test.delay*time.Millisecond {
			t.Errorf("datagram %d: %v after %v, want %v after %d ms", i, fate.Cause, fate.Delay, test.cause, test.delay)
		}
	}
	none := mustNew(t, Config{Rate: 8000, QueueBytes: -1}, 1)
	if got := []Cause{none.Send(epoch, 100).Cause, none.Send(epoch, 100).Cause}; got[0] != Delivered || got[1] != DroppedQueue {
		t.Errorf("without queue: %v, want the first delivered and the second dropped", got)
	}
}

func TestOrder(t *testing.T) {
	for _, test := range []struct {
		name      string
		unordered bool
		low, high float64 // share that overtakes an earlier one
	}{
		{"kept by default", false, 0, 0},
		{"lost to jitter", true, 0.15, 0.2}, // the sixth that Config.Unordered speaks of
	} {
		t.Run(test.name, func(t *testing.T) {
			l := mustNew(t, Config{Delay: 40 * time.Millisecond, Jitter: 20 * time.Millisecond, Unordered: test.unordered}, 7)
			var latest time.Duration
			overtook := 0
			const n = 10_000
			for i := range n {
				now := time.Duration(i) * time.Second / 60
				arrival := now + l.Send(epoch.Add(now), 100).Delay
				if arrival < latest {
					overtook++
				}
				latest = max(latest, arrival)
			}
			if got := float64(overtook) / n; got < test.low || got > test.high {
				t.Errorf("%.3f overtaken, want %g to %g", got, test.low, test.high)
			}
		})
	}
}

func TestReorderHoldsBackOnlyOne(t *testing.T) {
	cfg := Config{Delay: 10 * time.Millisecond, Reorder: 0.1, ReorderDelay: 50 * time.Millisecond}
	l := mustNew(t, cfg, 3)
	for i := range 5000 {
		fate := l.Send(epoch.Add(time.Duration(i)*time.Millisecond), 10)
		want := cfg.Delay
		if fate.Held {
			want += cfg.ReorderDelay
		}
		if fate.Delay != want {
			t.Fatalf("datagram %d, held %t: delay %v, want %v", i, fate.Held, fate.Delay, want)
		}
	}
	if got := l.Counters().Held; got < 430 || got > 570 {
		t.Errorf("%d of 5000 held back, want about 500", got)
	}
}

// What one impairment decides does not depend on the others, nor on time.
func TestDecisionsAreIndependent(t *testing.T) {
	burst, err := Bursts(0.05, 3)
	if err != nil {
		t.Fatal(err)
	}
	plain := mustNew(t, Config{Loss: 0.05, Burst: burst}, 42)
	busy := mustNew(t, Config{
		Loss: 0.05, Burst: burst, Delay: time.Second, Jitter: time.Second, Shape: Normal, Unordered: true,
		Duplicate: 0.5, Reorder: 0.5, ReorderDelay: time.Second, Rate: 1_000_000, QueueBytes: 5000,
	}, 42)
	dropped := 0
	for i := range 20_000 {
		a := plain.Send(epoch, 100)
		b := busy.Send(epoch.Add(time.Duration(i)*777*time.Microsecond), 100+i%150)
		if b.Cause == DroppedQueue {
			dropped++
			continue
		}
		if a.Cause != b.Cause {
			t.Fatalf("datagram %d: %v alone, %v among other impairments", i, a.Cause, b.Cause)
		}
	}
	if dropped == 0 {
		t.Error("the queue never overflowed: the test tests less than it says")
	}
}

func TestSetConfigWhileRunning(t *testing.T) {
	l := mustNew(t, Config{Rate: 8000, QueueBytes: 10_000}, 1)
	l.Send(epoch, 1000) // busy for a second
	if err := l.SetConfig(Config{Rate: 80_000, QueueBytes: 10_000, Delay: time.Second}); err != nil {
		t.Fatal(err)
	}
	if got, want := l.Send(epoch, 1000).Delay, 2100*time.Millisecond; got != want {
		t.Errorf("behind the old rate: %v, want %v", got, want)
	}
	if err := l.SetConfig(Config{Loss: 2}); err == nil {
		t.Error("SetConfig accepted a loss of 2")
	}
	if err := l.SetConfig(Config{}); err != nil {
		t.Fatal(err)
	}
	if got, want := l.Send(epoch, 1000).Delay, 2100*time.Millisecond; got != want {
		t.Errorf("unlimited behind what waits: %v, want %v: order is kept", got, want)
	}
	if got := l.Send(epoch.Add(5*time.Second), 1000).Delay; got != 0 {
		t.Errorf("perfect link: %v, want 0s", got)
	}
}

func TestTimeDoesNotGoBack(t *testing.T) {
	l := mustNew(t, Config{Rate: 8000}, 1)
	l.Send(epoch.Add(time.Second), 100)
	if got := l.Send(epoch, 100).Delay; got != 200*time.Millisecond {
		t.Errorf("delay %v, want 200ms counted from the latest time", got)
	}
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		field string
		cfg   Config
	}{
		{"Delay", Config{Delay: -1}},
		{"Delay", Config{Delay: MaxDelay + 1}},
		{"Jitter", Config{Jitter: 2, Delay: 1}},
		{"Loss", Config{Loss: 1.01}},
		{"Loss", Config{Loss: nan}},
		{"Duplicate", Config{Duplicate: -0.1}},
		{"Reorder", Config{Reorder: 3, ReorderDelay: 1}},
		{"ReorderDelay", Config{Reorder: 0.1}},
		{"Rate", Config{Rate: 999}},
		{"Rate", Config{Rate: -1}},
		{"QueueBytes", Config{QueueBytes: MaxQueueBytes + 1}},
		{"Overhead", Config{Overhead: -1}},
		{"MTU", Config{MTU: -1}},
		{"Shape", Config{Shape: 9}},
		{"Burst.P", Config{Burst: GilbertElliott{P: 1.5, R: 1}}},
		{"Burst.R", Config{Burst: GilbertElliott{P: 0.5}}},
		{"Burst.BadLoss", Config{Burst: GilbertElliott{P: 0.5, R: 1, BadLoss: nan}}},
		{"Burst.GoodLoss", Config{Burst: GilbertElliott{GoodLoss: 0.5}}},
	} {
		var field *FieldError
		_, err := New(test.cfg, 1)
		if !errors.As(err, &field) || field.Field != test.field || !strings.Contains(err.Error(), "link: "+test.field) {
			t.Errorf("New(%+v): %v, want an error about %s", test.cfg, err, test.field)
		}
	}
}

// The fates of a seed, as they were when this test was written: every
// architecture and every later version must agree.
func TestGoldenFates(t *testing.T) {
	l := mustNew(t, rough(), 2024)
	hash := fnv.New64a()
	for i := range 200_000 {
		now := time.Duration(i) * 5 * time.Millisecond / 3
		fate := l.Send(epoch.Add(now), 40+i*31%1400)
		word := []uint64{fate.Index, uint64(fate.Cause), uint64(fate.Delay), uint64(fate.CopyDelay)}
		for _, w := range word {
			var b [8]byte
			for j := range b {
				b[j] = byte(w >> (8 * j))
			}
			hash.Write(b[:])
		}
	}
	c := l.Counters()
	for name, n := range map[string]uint64{
		"lost": c.LostRandom, "in bursts": c.LostBurst, "queue": c.DroppedQueue, "MTU": c.DroppedMTU,
		"duplicated": c.Duplicated, "held": c.Held,
	} {
		if n == 0 {
			t.Errorf("%s: none in the golden run", name)
		}
	}
	const want = 0x620e22e658ae7fcb
	if got := hash.Sum64(); got != want {
		t.Errorf("hash of the fates = %#x, want %#x; counters %+v", got, uint64(want), c)
	}
}

func TestSendDoesNotAllocate(t *testing.T) {
	l := mustNew(t, rough(), 1)
	now := epoch
	send := func() {
		now = now.Add(3 * time.Millisecond)
		l.Send(now, 1000)
	}
	for range 1000 {
		send()
	}
	if n := testing.AllocsPerRun(1000, send); n != 0 {
		t.Errorf("Send allocates %v times, want 0", n)
	}
}

func BenchmarkSend(b *testing.B) {
	for _, bench := range []struct {
		name string
		cfg  Config
	}{{"perfect", Config{}}, {"rough", rough()}} {
		b.Run(bench.name, func(b *testing.B) {
			l := mustNew(b, bench.cfg, 1)
			now := epoch
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(10 * time.Millisecond)
				l.Send(now, 1000)
			}
		})
	}
}
