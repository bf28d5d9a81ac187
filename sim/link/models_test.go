package link

import (
	"encoding/binary"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

const ms = time.Millisecond

// mustTrace reads a trace that is right.
func mustTrace(t testing.TB, text string) *Trace {
	t.Helper()
	trace, err := ParseTrace("trace", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

// mustTable is a table of quantiles like those of a bad Wi-Fi.
func mustTable(t testing.TB) *DelayTable {
	t.Helper()
	table, err := NewDelayTable(Quantile{0, ms}, Quantile{0.05, 2 * ms}, Quantile{0.25, 6 * ms},
		Quantile{0.5, 10 * ms}, Quantile{0.95, 66 * ms}, Quantile{1, 151 * ms})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// mustNetemTable is a small table in netem's format.
func mustNetemTable(t testing.TB) *DelayTable {
	t.Helper()
	table, err := ParseDelayTable("table", strings.NewReader("# made up\n-8192 -4096 -4096 0\n 0 100 4096 16384\n"))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func mustList(t testing.TB, text string) *PacketList {
	t.Helper()
	list, err := ParsePacketList(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A model is a configuration of one model, and the hash of its fates.
type model struct {
	name string
	cfg  Config
	hash uint64
}

// models are all models one by one, and all at once.
func models(t testing.TB) []model {
	burst, err := Bursts(0.03, 5)
	if err != nil {
		t.Fatal(err)
	}
	markov := FourState{P13: 0.01, P31: 0.3, P32: 0.1, P23: 0.4, P14: 0.02}
	spikes := Spikes{Every: 200, Length: 12, Delay: 80 * ms, Loss: 0.3}
	slots := Slots{
		Period: 15 * time.Second, Level: 12 * ms,
		Phases: [MaxSlotPhases]SlotPhase{
			{For: 140 * ms, Delay: 40 * ms, Jitter: 30 * ms, Loss: 0.1},
			{From: 14925 * ms, For: 75 * ms, Delay: 25 * ms},
		},
	}
	trace := mustTrace(t, "0\n3\n3\n8\n20\n21\n22\n60\n")
	all := Config{
		Delay: 40 * ms, Jitter: 10 * ms, Shape: Pareto, Correlation: 0.3, Loss: 0.01, Burst: burst, Markov: markov,
		Drop: mustList(t, "100-140,1000"), Spikes: spikes, Duplicate: 0.02, Reorder: 0.03, ReorderDelay: 25 * ms,
		Corrupt: Corruption{Probability: 0.05, Bits: 3}, Rate: 1_500_000, QueuePackets: 40,
		AQM: ActiveQueue{Algorithm: CoDel}, Overhead: 28, MTU: 1400,
		Outage: Outage{From: 2 * time.Second, For: 500 * ms, Every: 10 * time.Second}, Slots: slots,
	}
	jitter := func(s Shape, correlation float64) Config {
		return Config{Delay: 50 * ms, Jitter: 20 * ms, Shape: s, Correlation: correlation, Unordered: true}
	}
	netem := jitter(Tabled, 0)
	netem.Table = mustNetemTable(t)
	return []model{
		{"constant", Config{Delay: 40 * ms}, 0xa57a0cbbecd2786a},
		{"uniform", jitter(Uniform, 0), 0xaf70bc522ea8f0b2},
		{"normal", jitter(Normal, 0), 0x1c6699e90f9dcedc},
		{"pareto", jitter(Pareto, 0), 0xd6629e2cd66585a9},
		{"pareto-normal", jitter(ParetoNormal, 0), 0x7a4b42193bdd20f7},
		{"table of quantiles", Config{Delay: 5 * ms, Shape: Tabled, Table: mustTable(t), Unordered: true}, 0x17ef9073c6dd9aff},
		{"table of netem", netem, 0x91989424d48e1466},
		{"uniform correlated", jitter(Uniform, 0.5), 0x6470c7c62ca5480b},
		{"normal correlated", jitter(Normal, 0.9), 0x65137017ddc39e07},
		{"pareto correlated", jitter(Pareto, 0.25), 0xb53cb3c40af9d63b},
		{"random loss", Config{Loss: 0.05}, 0x1bb94bcb9fd5eb39},
		{"gilbert-elliott", Config{Burst: burst}, 0xdf28c4f8a1d1498d},
		{"four-state", Config{Markov: markov}, 0xbfc6a164f403c0e4},
		{"list", Config{Drop: mustList(t, "5, 100-200, 7000-8000")}, 0x12ca6ab491aa1d1},
		{"spikes", Config{Delay: 10 * ms, Spikes: spikes}, 0xb3d2ee9cc1984d79},
		{"duplicate", Config{Duplicate: 0.05}, 0xff74a38ddb8d0b9},
		{"reorder", Config{Reorder: 0.05, ReorderDelay: 10 * ms}, 0xd55c7bb915956751},
		{"corrupt", Config{Corrupt: Corruption{Probability: 0.1, Bits: 5}}, 0xe08b4a976461b149},
		{"mtu", Config{MTU: 1200}, 0x869f77faf2e65348},
		{"rate", Config{Rate: 1_500_003}, 0xf6cc1080085645a2},
		{"rate, packets", Config{Rate: 1_500_000, QueuePackets: 20}, 0xd9e5e8265e1453f8},
		{"codel", Config{Rate: 1_500_000, QueueBytes: 1 << 20, AQM: ActiveQueue{Algorithm: CoDel}}, 0x8e7ccee90d20dd92},
		{"pie", Config{Rate: 1_500_000, QueueBytes: 1 << 20, AQM: ActiveQueue{Algorithm: PIE}}, 0x1d297e3708d4de81},
		{"outage", Config{Outage: Outage{From: time.Second, For: 200 * ms, Every: 3 * time.Second}}, 0x1e8a3d4ab20fab65},
		{"outage held", Config{Rate: 2_500_000, Outage: Outage{From: time.Second, For: 200 * ms, Hold: true}}, 0xfb09f6e6ecf82141},
		{"slots", Config{Delay: 20 * ms, Slots: slots}, 0x5a6314198dc41ea8},
		{"trace", Config{Trace: trace}, 0xc89f2d3246d381ae},
		{"trace, codel", Config{Trace: trace, QueueBytes: 1 << 20, AQM: ActiveQueue{Algorithm: CoDel}}, 0x56de0d6e41192cdd},
		{"all", all, 0x3a24a97b02d8c355},
	}
}

// hashOf returns a hash of what a pipe with this configuration delivers and
// when, out of 20,000 datagrams in 60 s.
func hashOf(t testing.TB, cfg Config) uint64 {
	p, err := NewPipe(cfg, 2024, PipeLimits{})
	if err != nil {
		t.Fatal(err)
	}
	p.SetEpoch(epoch)
	hash := fnv.New64a()
	var word [8]byte
	put := func(n uint64) {
		binary.LittleEndian.PutUint64(word[:], n)
		hash.Write(word[:])
	}
	p.OnDrop(func(fate Fate, _ uint64, _ []byte) {
		put(fate.Index)
		put(uint64(fate.Cause))
	})
	drain := func(now time.Time) {
		for due := p.NextDelivery(); !due.IsZero() && !due.After(now); due = p.NextDelivery() {
			if datagram, ok := p.Pop(due); ok {
				put(uint64(due.Sub(epoch)))
				hash.Write(datagram)
			}
		}
	}
	datagram := make([]byte, 1500)
	for i := range 20_000 {
		now := epoch.Add(time.Duration(i) * 3 * ms)
		drain(now)
		binary.LittleEndian.PutUint32(datagram, uint32(i))
		fate := p.Push(now, datagram[:40+i*31%1400])
		put(uint64(fate.Cause))
		put(uint64(fate.Delay))
		put(uint64(fate.CopyDelay))
	}
	drain(epoch.Add(time.Hour))
	if c := p.Counters(); c.Pending != 0 || c.Sent != c.Delivered+c.Lost() || p.Len() != 0 {
		t.Errorf("%d left, counters do not add up: %+v", p.Len(), c)
	}
	return hash.Sum64()
}

// The fates of a seed for each model: every architecture and every later
// version must agree.
func TestGoldenModels(t *testing.T) {
	if race.Enabled {
		t.Skip("one goroutine, much work")
	}
	seen := map[uint64]string{}
	for _, m := range models(t) {
		got := hashOf(t, m.cfg)
		if got != m.hash {
			t.Errorf("%s: hash = %#x, want %#x", m.name, got, m.hash)
		}
		if other := seen[got]; other != "" {
			t.Errorf("%s is the same as %s", m.name, other)
		}
		seen[got] = m.name
	}
}

func TestModelsDoNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("one goroutine, much work")
	}
	datagram := make([]byte, 1200)
	for _, m := range models(t) {
		p := mustPipe(t, m.cfg, PipeLimits{Bytes: 1 << 22})
		now := epoch
		step := func() {
			now = now.Add(3 * ms)
			p.Push(now, datagram)
			for due := p.NextDelivery(); !due.IsZero() && !due.After(now); due = p.NextDelivery() {
				p.Pop(due)
			}
		}
		for range 10_000 {
			step()
		}
		if n := testing.AllocsPerRun(2000, step); n != 0 {
			t.Errorf("%s: a datagram allocates %v times, want 0", m.name, n)
		}
	}
}

func BenchmarkModels(b *testing.B) {
	for _, m := range models(b) {
		b.Run(strings.ReplaceAll(m.name, " ", "-"), func(b *testing.B) {
			p, err := NewPipe(m.cfg, 1, PipeLimits{})
			if err != nil {
				b.Fatal(err)
			}
			datagram := make([]byte, 200)
			now := epoch
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(ms)
				p.Push(now, datagram)
				for due := p.NextDelivery(); !due.IsZero() && !due.After(now); due = p.NextDelivery() {
					p.Pop(due)
				}
			}
		})
	}
}

// BenchmarkGilbertElliott is the chain alone.
func BenchmarkGilbertElliott(b *testing.B) {
	g, err := Bursts(0.03, 5)
	if err != nil {
		b.Fatal(err)
	}
	var chain burstLoss
	chain.set(g)
	random, lost, i := newRandomness(1), 0, uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		if chain.loses(random, i) {
			lost++
		}
		i++
	}
	b.ReportMetric(float64(lost)/float64(i), "loss")
}
