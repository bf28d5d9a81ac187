package link

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

func TestPacketList(t *testing.T) {
	list := mustList(t, "7, 10-20, 15-30,31, 3")
	if got, want := list.String(), "3, 7, 10-31"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	l := mustNew(t, Config{Drop: list, Loss: 0.5}, 1)
	for i := range uint64(50) {
		want := i == 3 || i == 7 || i >= 10 && i <= 31
		if got := l.Send(epoch, 1).Cause == LostListed; got != want || list.Contains(i) != want {
			t.Errorf("datagram %d: lost %t, listed %t, want %t", i, got, list.Contains(i), want)
		}
	}
	last := mustList(t, "5-18446744073709551615, 0, 18446744073709551615")
	if !last.Contains(math.MaxUint64) || last.Contains(1) || last.String() != "0, 5-18446744073709551615" {
		t.Errorf("list to the last index: %v", last)
	}
	for _, bad := range []string{"", "a", "1-", "-1", "3-2", "1,,2", "1.5"} {
		if list, err := ParsePacketList(bad); err == nil {
			t.Errorf("ParsePacketList(%q) = %v, want an error", bad, list)
		}
	}
}

// Spikes come as often as asked, last as long, and take their delay and loss
// along.
func TestSpikes(t *testing.T) {
	if race.Enabled {
		t.Skip("one goroutine, much work")
	}
	const n = 1_000_000
	s := Spikes{Every: 300, Length: 20, Delay: 100 * ms, Loss: 0.25}
	l := mustNew(t, Config{Delay: 10 * ms, Spikes: s, Unordered: true}, 4)
	late, lost, lostCalm := 0, 0, 0
	for range n {
		switch fate := l.Send(epoch, 100); {
		case fate.Cause == LostSpike:
			lost++
		case fate.Cause != Delivered:
			lostCalm++
		case fate.Delay == 110*ms:
			late++
		case fate.Delay != 10*ms:
			t.Fatalf("delay %v, want 10ms or 110ms", fate.Delay)
		}
	}
	in := float64(late + lost)
	t.Logf("%.5f in spikes, want %.5f; %.4f of them lost", in/n, s.Share(), float64(lost)/in)
	if math.Abs(in/n/s.Share()-1) > 0.08 || math.Abs(float64(lost)/in-0.25) > 0.01 || lostCalm != 0 {
		t.Errorf("%.5f in spikes, want %.5f; %.4f of them lost, want 0.25; %d lost outside", in/n, s.Share(), float64(lost)/in, lostCalm)
	}
}

func TestCorrupt(t *testing.T) {
	if race.Enabled {
		t.Skip("one goroutine, much work")
	}
	const n = 8_000
	for _, test := range []struct{ bits, size, want int }{{0, 100, 1}, {1, 1, 1}, {8, 1, 8}, {64, 3, 24}, {64, 1000, 64}} {
		p := mustPipe(t, Config{Corrupt: Corruption{Probability: 0.2, Bits: test.bits}, Duplicate: 0.1}, PipeLimits{})
		corrupted := 0
		where := make([]int, test.size*8)
		original := bytes.Repeat([]byte{0x5a}, test.size)
		for range n {
			fate := p.Push(epoch, original)
			for got, ok := p.Pop(epoch); ok; got, ok = p.Pop(epoch) {
				flipped := 0
				for i := range got {
					flipped += bits.OnesCount8(got[i] ^ original[i])
					for b := range 8 {
						where[i*8+b] += int((got[i] ^ original[i]) >> b & 1)
					}
				}
				if want := map[bool]int{true: test.want}[fate.Corrupted]; flipped != want {
					t.Fatalf("%d bits of %d bytes: %d flipped, fate %+v", test.bits, test.size, flipped, fate)
				}
			}
			if fate.Corrupted {
				corrupted++
			}
		}
		if c := p.Counters().Corrupted; int(c) != corrupted || math.Abs(float64(corrupted)-0.2*n) > 4*math.Sqrt(0.16*n) {
			t.Errorf("%d of %d corrupted, counted %d", corrupted, n, c)
		}
		if original[0] != 0x5a {
			t.Error("the caller's bytes were changed")
		}
		if least := slices.Min(where); test.size > 3 && test.bits > 8 && least == 0 {
			t.Error("some bit is never flipped")
		}
	}
}

func TestOutageDrops(t *testing.T) {
	l := mustNew(t, Config{Outage: Outage{From: 2 * time.Second, For: 500 * ms, Every: 3 * time.Second}}, 1)
	l.SetEpoch(epoch)
	for now := time.Duration(0); now < 12*time.Second; now += 10 * ms {
		into := (now - 2*time.Second) % (3 * time.Second)
		want := Delivered
		if now >= 2*time.Second && into < 500*ms {
			want = DroppedOutage
		}
		if got := l.Send(epoch.Add(now), 10).Cause; got != want {
			t.Errorf("at %v: %v, want %v", now, got, want)
		}
	}
}

func TestOutageHolds(t *testing.T) {
	// 100 bytes take 100 ms.
	for _, test := range []struct {
		cfg  Config
		want []time.Duration // arrivals of datagrams sent at 0, 500 ms, 1 s ... ; outage from 1 to 3 s
	}{
		{Config{}, []time.Duration{0, 500, 3000, 3000, 3000, 3000, 3000, 3500}},
		{Config{Rate: 8000, QueueBytes: 1000}, []time.Duration{100, 600, 3100, 3200, 3300, 3400, 3500, 3600}},
		{Config{Rate: 8000, QueuePackets: 2}, []time.Duration{100, 600, 3100, 3200, -1, -1, 3300, 3600}},
		{Config{Rate: 8000, QueueBytes: 1000, AQM: ActiveQueue{Algorithm: CoDel}}, []time.Duration{100, 600, 3100, 3200, 3300, 3400, 3500, 3600}},
	} {
		test.cfg.Outage = Outage{From: time.Second, For: 2 * time.Second, Hold: true}
		p := mustPipe(t, test.cfg, PipeLimits{})
		p.SetEpoch(epoch)
		var got []time.Duration
		for i := range test.want {
			got = append(got, -1)
			now := epoch.Add(time.Duration(i) * 500 * ms)
			p.Push(now, bytes.Repeat([]byte{byte(i)}, 100))
		}
		for due := p.NextDelivery(); !due.IsZero(); due = p.NextDelivery() {
			if datagram, ok := p.Pop(due); ok {
				got[datagram[0]] = due.Sub(epoch) / ms
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v: arrivals at %d ms, want %d", test.cfg, got, test.want)
		}
	}
}

func TestSlots(t *testing.T) {
	cfg := Config{Delay: 30 * ms, Unordered: true, Slots: Slots{
		Period: 15 * time.Second, Level: 20 * ms,
		Phases: [MaxSlotPhases]SlotPhase{{For: 140 * ms, Delay: 60 * ms}, {From: 14925 * ms, For: 75 * ms, Delay: 40 * ms, Jitter: 5 * ms, Loss: 0.5}},
	}}
	l := mustNew(t, cfg, 1)
	l.SetEpoch(epoch)
	levels := map[time.Duration]bool{}
	lost := 0
	for slot := range 20 {
		base := epoch.Add(time.Duration(slot) * 15 * time.Second)
		start := l.Send(base, 10).Delay - 60*ms
		levels[start] = true
		if start < 30*ms || start > 50*ms {
			t.Errorf("slot %d: level %v, want 30ms to 50ms", slot, start)
		}
		for _, test := range []struct{ at, low, high time.Duration }{
			{139 * ms, 60 * ms, 60 * ms}, {140 * ms, 0, 0}, {14924 * ms, 0, 0}, {14925 * ms, 40 * ms, 45 * ms}, {14999 * ms, 40 * ms, 45 * ms},
		} {
			fate := l.Send(base.Add(test.at), 10)
			if fate.Cause == LostSlot && test.low == 40*ms {
				lost++
				continue
			}
			if d := fate.Delay - start; fate.Cause != Delivered || d < test.low || d > test.high {
				t.Errorf("slot %d, %v: %v, %v more than the level, want %v to %v", slot, test.at, fate.Cause, d, test.low, test.high)
			}
		}
	}
	if len(levels) < 19 || lost < 10 || lost > 30 {
		t.Errorf("%d levels in 20 slots, %d of 40 lost", len(levels), lost)
	}
}

// What is switched on does not move the fates of another model.
func TestModelsAreIndependent(t *testing.T) {
	all := models(t)
	busy := all[len(all)-1].cfg
	busy.Rate, busy.AQM, busy.QueuePackets, busy.MTU, busy.Outage, busy.Drop = 0, ActiveQueue{}, 0, 0, Outage{}, nil
	full := mustNew(t, busy, 42)
	burst := mustNew(t, Config{Burst: busy.Burst}, 42)
	markov := mustNew(t, Config{Markov: busy.Markov}, 42)
	spikes := mustNew(t, Config{Spikes: busy.Spikes}, 42)
	random := mustNew(t, Config{Loss: busy.Loss}, 42)
	seen := map[Cause]int{}
	for i := range 50_000 {
		now := epoch.Add(time.Duration(i) * ms)
		b, m, s, r := burst.Send(now, 9).Cause, markov.Send(now, 9).Cause, spikes.Send(now, 9).Cause, random.Send(now, 9).Cause
		got := full.Send(now, 9).Cause
		want := Delivered
		for _, c := range []Cause{b, m, s, r} {
			if want == Delivered {
				want = c
			}
		}
		seen[got]++
		if got != want && got != LostSlot {
			t.Fatalf("datagram %d: %v, want %v", i, got, want)
		}
	}
	if len(seen) < 5 {
		t.Errorf("causes seen: %v", seen)
	}
}

func TestQueuePackets(t *testing.T) {
	l := mustNew(t, Config{Rate: 8000, QueuePackets: 2}, 1)
	var got []Cause
	for range 5 {
		got = append(got, l.Send(epoch, 100).Cause)
	}
	if want := []Cause{Delivered, Delivered, Delivered, DroppedQueue, DroppedQueue}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := l.Backlog(epoch.Add(50*ms)), (Backlog{2, 200, 250 * ms}); got != want {
		t.Errorf("Backlog = %+v, want %+v", got, want)
	}
	if got := l.Backlog(epoch.Add(time.Second)); got != (Backlog{}) {
		t.Errorf("Backlog of an idle link = %+v", got)
	}
}

func TestBacklogBehindCoDel(t *testing.T) {
	l := mustNew(t, Config{Rate: 8000, AQM: ActiveQueue{Algorithm: CoDel}}, 1)
	if l.Backlog(epoch) != (Backlog{}) {
		t.Error("a new link has a backlog")
	}
	for range 3 {
		l.Send(epoch, 100)
	}
	if got, want := l.Backlog(epoch.Add(50*ms)), (Backlog{2, 200, 250 * ms}); got != want {
		t.Errorf("Backlog = %+v, want %+v", got, want)
	}
	if c := l.Counters(); c.Pending != 2 || c.Lost() != 0 {
		t.Errorf("counters %+v", c)
	}
}

// Nothing that is on its way is lost by changes, and nothing comes twice,
// whatever the change.
func TestChangesLoseNothing(t *testing.T) {
	var configs []Config
	for _, m := range models(t) {
		c := m.cfg
		c.Loss, c.Burst, c.Markov, c.Drop, c.Spikes.Loss, c.MTU, c.Duplicate = 0, GilbertElliott{}, FourState{}, nil, 0, 0, 0
		c.Corrupt, c.Outage.For, c.Outage, c.QueuePackets, c.QueueBytes = Corruption{}, 0, Outage{}, 0, MaxQueueBytes
		for i := range c.Slots.Phases {
			c.Slots.Phases[i].Loss = 0
		}
		configs = append(configs, c)
	}
	p := mustPipe(t, Config{}, PipeLimits{})
	dropped := map[uint64]bool{}
	p.OnDrop(func(fate Fate, label uint64, _ []byte) {
		if fate.Index != label || dropped[label] {
			t.Errorf("datagram %d: dropped as %d", label, fate.Index)
		}
		dropped[label] = true
	})
	arrived := map[uint64]bool{}
	drain := func(now time.Time) {
		for due := p.NextDelivery(); !due.IsZero() && !due.After(now); due = p.NextDelivery() {
			if _, ok := p.Pop(due); ok {
				if arrived[p.Label()] {
					t.Fatalf("datagram %d arrived twice", p.Label())
				}
				arrived[p.Label()] = true
			}
		}
	}
	random := newRandomness(5)
	early := uint64(0)
	const n = 80_000
	for i := range uint64(n) {
		now := epoch.Add(time.Duration(i) * ms)
		drain(now)
		if i%1501 == 0 {
			if err := p.SetConfig(configs[scale(random.draw(1, i), uint64(len(configs)))]); err != nil {
				t.Fatal(err)
			}
		}
		if i%1111 == 0 {
			p.SetEpoch(now)
		}
		if fate := p.PushLabelled(now, i, make([]byte, 150+i%300)); fate.Cause != Delivered && fate.Cause != Pending {
			early++
		}
	}
	drain(epoch.Add(1000 * time.Hour))
	c := p.Counters()
	t.Logf("%d arrived, %d dropped early, %d late; %+v", len(arrived), early, len(dropped), c)
	if uint64(len(arrived)+len(dropped))+early != n || c.Pending != 0 || p.Len() != 0 || c.Sent != c.Delivered+c.Lost() {
		t.Errorf("%d arrived, %d dropped late, %d early of %d; %d left", len(arrived), len(dropped), early, n, p.Len())
	}
	if early != c.DroppedQueue+c.DroppedAQM-uint64(len(dropped)) || len(dropped) == 0 {
		t.Errorf("%d dropped early, %d late, counters %+v", early, len(dropped), c)
	}
}

// Limits hold for what waits in an active queue as well.
func TestPipeLimitsBehindCoDel(t *testing.T) {
	p := mustPipe(t, Config{Rate: 8000, QueueBytes: 1 << 20, Delay: time.Second, AQM: ActiveQueue{Algorithm: CoDel}}, PipeLimits{Bytes: 300})
	var got []Cause
	for range 5 {
		got = append(got, p.Push(epoch, make([]byte, 100)).Cause)
	}
	if want := []Cause{Delivered, Pending, Pending, DroppedLimit, DroppedLimit}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	arrived := 0
	for due := p.NextDelivery(); !due.IsZero(); due = p.NextDelivery() {
		if _, ok := p.Pop(due); ok {
			arrived++
		}
	}
	if c := p.Counters(); arrived != 3 || c.Delivered != 3 || c.DroppedLimit != 2 {
		t.Errorf("%d arrived, counters %+v", arrived, c)
	}
}

func TestValidateModels(t *testing.T) {
	trace, nan := mustTrace(t, "5\n"), math.NaN()
	quantiles, netem := mustTable(t), mustNetemTable(t)
	for _, test := range []struct {
		field string
		cfg   Config
	}{
		{"Table", Config{Shape: Tabled}},
		{"Table", Config{Table: netem}},
		{"Jitter", Config{Shape: Tabled, Table: quantiles, Delay: ms, Jitter: ms}},
		{"Correlation", Config{Correlation: 1}},
		{"Correlation", Config{Correlation: nan}},
		{"Markov.P13", Config{Markov: FourState{P13: -1}}},
		{"Markov.P31", Config{Markov: FourState{P13: 0.1}}},
		{"Markov.P23", Config{Markov: FourState{P13: 0.1, P31: 0.1, P32: 0.1}}},
		{"Markov.P32", Config{Markov: FourState{P13: 0.1, P31: 0.6, P32: 0.5, P23: 1}}},
		{"Markov.P14", Config{Markov: FourState{P13: 0.6, P31: 0.6, P14: 0.5}}},
		{"Spikes.Every", Config{Spikes: Spikes{Every: 0.5, Length: 1, Delay: 1}}},
		{"Spikes.Every", Config{Spikes: Spikes{Delay: 1}}},
		{"Spikes.Length", Config{Spikes: Spikes{Every: 10, Delay: 1}}},
		{"Spikes.Delay", Config{Spikes: Spikes{Every: 10, Length: 10}}},
		{"Spikes.Loss", Config{Spikes: Spikes{Every: 10, Length: 10, Loss: 2}}},
		{"Corrupt.Probability", Config{Corrupt: Corruption{Probability: nan}}},
		{"Corrupt.Probability", Config{Corrupt: Corruption{Bits: 1}}},
		{"Corrupt.Bits", Config{Corrupt: Corruption{Probability: 1, Bits: 65}}},
		{"Rate", Config{Rate: 1000, Trace: trace}},
		{"QueueBytes", Config{Trace: trace, QueueBytes: -1}},
		{"QueuePackets", Config{QueuePackets: -1}},
		{"AQM.Algorithm", Config{AQM: ActiveQueue{Algorithm: CoDel}}},
		{"AQM.Algorithm", Config{Rate: 1000, AQM: ActiveQueue{Algorithm: 7}}},
		{"AQM.Algorithm", Config{Rate: 1000, AQM: ActiveQueue{Target: 7}}},
		{"AQM.Target", Config{Rate: 1000, AQM: ActiveQueue{Algorithm: PIE, Target: -7}}},
		{"AQM.Interval", Config{Rate: 1000, AQM: ActiveQueue{Algorithm: PIE, Interval: 7}}},
		{"AQM.MaxBurst", Config{Rate: 1000, AQM: ActiveQueue{Algorithm: CoDel, MaxBurst: 7}}},
		{"Outage.For", Config{Outage: Outage{From: 1}}},
		{"Outage.Every", Config{Outage: Outage{For: 10, Every: 10}}},
		{"Outage.From", Config{Outage: Outage{For: 10, From: -1}}},
		{"Slots.Period", Config{Slots: Slots{Level: 1}}},
		{"Slots.Period", Config{Slots: Slots{Period: 1}}},
		{"Slots.Phases[1].For", Config{Slots: Slots{Period: ms, Phases: [8]SlotPhase{1: {Delay: 1}}}}},
		{"Slots.Phases[0].For", Config{Slots: Slots{Period: ms, Phases: [8]SlotPhase{{For: 2 * ms}}}}},
		{"Slots.Phases[2].From", Config{Slots: Slots{Period: ms, Phases: [8]SlotPhase{{For: 10}, {From: 20, For: 10}, {From: 15, For: 6}}}}},
	} {
		var field *FieldError
		_, err := New(test.cfg, 1)
		if !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%+v: %v, want an error about %s", test.cfg, err, test.field)
		}
	}
	for _, m := range models(t) {
		if err := m.cfg.Validate(); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

func TestNames(t *testing.T) {
	for i, name := range shapeNames {
		if s, err := ParseShape(name); err != nil || s != Shape(i) || s.String() != name {
			t.Errorf("ParseShape(%q) = %v, %v", name, s, err)
		}
	}
	for i, name := range algorithmNames {
		if a, err := ParseAlgorithm(name); err != nil || a != Algorithm(i) || a.String() != name {
			t.Errorf("ParseAlgorithm(%q) = %v, %v", name, a, err)
		}
	}
	for c := range causes {
		if c.String() == "" || strings.Contains(c.String(), "unknown") {
			t.Errorf("cause %d has no name", c)
		}
	}
	if _, err := ParseShape("gauss"); err == nil {
		t.Error("ParseShape accepted gauss")
	}
	if _, err := ParseAlgorithm("red"); err == nil {
		t.Error("ParseAlgorithm accepted red")
	}
}
