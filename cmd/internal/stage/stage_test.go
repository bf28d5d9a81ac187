package stage_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/stage"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// wifi is each way of a home network on a bad evening: 40 ms round trip, 5 ms
// jitter, 2 % loss in bursts.
var wifi = link.Config{
	Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond,
	Burst: link.GilbertElliott{P: 0.0102, R: 0.5}, // 2 % in bursts of two
}

// hall is a match on an internet: the server has a perfect link, every player
// one of its own.
type hall struct {
	*stage.Match
	net   *vnet.Internet
	ticks *ticks
}

// ticks is how many ticks the server ran, and for how long in all.
type ticks struct {
	ran  int
	took time.Duration
}

func open(tb testing.TB, cfg stage.Config, over link.Config, apart bool) hall {
	tb.Helper()
	match, err := stage.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	net := vnet.NewInternet(vnet.InternetConfig{Seed: cfg.Seed})
	bind := func(name string, host vnet.Host, loop vnet.Loop, a vnet.Attachment) *vnet.Socket {
		machine, err := net.AddMachine(name, a)
		if err != nil {
			tb.Fatal(err)
		}
		socket, err := machine.Bind(7777, host, loop)
		if err != nil {
			tb.Fatal(err)
		}
		return socket
	}
	ticks := &ticks{}
	host := bind("server", match.Server.Core(), vnet.LoopFuncs{
		NextFunc: match.Server.NextTick,
		AdvanceFunc: func(now time.Time) {
			before, start := match.Server.Tick(), time.Now()
			if match.Server.Advance(now); match.Server.Tick() != before {
				ticks.ran, ticks.took = ticks.ran+1, ticks.took+time.Since(start)
			}
		},
	}, vnet.Attachment{})
	for i, p := range match.Players {
		socket := bind("player"+strconv.Itoa(i), p.Core(), p, vnet.Attachment{Up: over, Down: over})
		if apart {
			socket.SetApart()
		}
		if err := p.Connect(net.Now(), netcode.Path{Remote: host.Addr4()}); err != nil {
			tb.Fatal(err)
		}
	}
	return hall{match, net, ticks}
}

func (h hall) run(tb testing.TB, d time.Duration) {
	tb.Helper()
	if err := h.net.Run(h.net.Now().Add(d)); err != nil {
		tb.Fatal(err)
	}
}

// begin lets everybody in.
func (h hall) begin(tb testing.TB) {
	tb.Helper()
	for range 50 {
		if h.run(tb, 100*time.Millisecond); h.Playing() {
			return
		}
	}
	tb.Fatal("after five seconds not everyone plays")
}

// What is left of a match: everything that everyone saw.
type story struct {
	seen   [64]uint64 // hash of the ticks and worlds that a player decoded
	stats  [64]client.Stats
	server server.Stats
	world  uint64
	digest uint64
}

// play lets 64 play for two seconds, and compares every snapshot with what the
// server had.
func play(t *testing.T, seed uint64, apart, separate bool) (s story) {
	t.Helper()
	var worlds sync.Map // hash by tick: hosts apart read while the server writes
	var compared [64]int
	h := open(t, stage.Config{
		Players: 64, Seed: seed, Separate: separate,
		OnSnapshot: func(tick engine.Tick, hash uint64) { worlds.Store(tick, hash) },
		OnDecoded: func(player int, tick engine.Tick, hash uint64) {
			if want, ok := worlds.Load(tick); !ok || want != hash {
				t.Errorf("player %d: tick %d has hash %x, want %x", player, tick, hash, want)
			}
			compared[player]++
			s.seen[player] = (s.seen[player]^hash^uint64(tick))*0x9e3779b97f4a7c15 + 1
		},
	}, wifi, apart)
	h.begin(t)
	h.run(t, 2*time.Second)
	for i, p := range h.Players {
		if compared[i] < 100 {
			t.Errorf("player %d: %d snapshots, want at least 100", i, compared[i])
		}
		s.stats[i] = p.Stats()
	}
	s.server, s.world, s.digest = h.Server.Stats(), h.Server.World().Hash(), h.net.Digest()
	return s
}

// Sixty-four players see the server's worlds to the last bit. A seed decides
// every byte, whether hosts have their turns in order or apart, on however many
// processors, and whether players share what they decode or not.
func TestMatch(t *testing.T) {
	if race.Enabled {
		t.Skip("four matches take long with -race; TestApart is shorter")
	}
	inOrder, apart := play(t, 1, false, true), play(t, 1, true, false)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if alone := play(t, 1, true, false); alone != apart {
		t.Errorf("on one processor it is another match: digest %016x and %016x", alone.digest, apart.digest)
	}
	apart.digest = inOrder.digest // which counts in another order
	if inOrder != apart {
		t.Errorf("apart it is another match: world %016x and %016x", apart.world, inOrder.world)
	}
	if other := play(t, 2, true, false); other.world == apart.world {
		t.Error("another seed gives the same world")
	}
}

// TestApart is for the race detector: a few players on two processors.
func TestApart(t *testing.T) {
	h := open(t, stage.Config{Players: 6, Seed: 3}, wifi, true)
	h.begin(t)
	h.run(t, time.Second)
}

// BenchmarkMatch plays a virtual second an iteration, when everyone is in.
func BenchmarkMatch(b *testing.B) {
	for _, players := range []int{8, 16, 64} {
		b.Run(strconv.Itoa(players), func(b *testing.B) {
			h := open(b, stage.Config{Players: players, Seed: 1}, wifi, true)
			h.begin(b)
			h.run(b, 5*time.Second)
			b.ReportAllocs()
			from := h.net.Now()
			*h.ticks = ticks{}
			events := h.net.Stats().Events
			before, cpu := h.Server.Stats(), processorTime()
			for b.Loop() {
				h.run(b, time.Second)
			}
			wall, virtual := b.Elapsed(), h.net.Now().Sub(from)
			cpu = processorTime() - cpu
			b.ReportMetric(virtual.Seconds()/wall.Seconds(), "×realtime")
			b.ReportMetric(virtual.Seconds()/cpu.Seconds(), "×cputime")
			b.ReportMetric(float64(cpu.Nanoseconds())/virtual.Seconds()/float64(60*players), "cpu-ns/client-tick")
			b.ReportMetric(float64(h.net.Stats().Events-events)/virtual.Seconds()/float64(60*players), "events/client-tick")
			b.ReportMetric(float64(h.ticks.took.Microseconds())/float64(h.ticks.ran), "µs/server-tick")
			after := h.Server.Stats()
			b.ReportMetric(float64(after.SnapshotBytes-before.SnapshotBytes)/float64(after.Snapshots-before.Snapshots), "B/snapshot")
		})
	}
}
