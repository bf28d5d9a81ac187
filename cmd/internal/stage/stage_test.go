package stage_test

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/stage"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// wifi is each way of a home network on a bad evening: 40 ms round trip, 5 ms
// jitter, 2 % loss in bursts.
var wifi = link.Config{
	Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond,
	Burst: link.GilbertElliott{P: 0.0102, R: 0.5}, // 2 % in bursts of two
}

// hall is a match on a flat network.
type hall struct {
	*stage.Match
	net *vnet.Network
}

func open(tb testing.TB, cfg stage.Config, over link.Config) hall {
	tb.Helper()
	match, err := stage.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	net, err := vnet.New(vnet.Config{Seed: cfg.Seed, Link: over})
	if err != nil {
		tb.Fatal(err)
	}
	address := netip.MustParseAddrPort("10.0.0.1:7777")
	if err := net.Add(address, match.Server.Core(), match.Server); err != nil {
		tb.Fatal(err)
	}
	for i, p := range match.Players {
		own := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i + 1)}), 5000)
		if err := net.Add(own, p.Core(), p); err != nil {
			tb.Fatal(err)
		}
		if err := p.Connect(net.Now(), netcode.Path{Remote: address}); err != nil {
			tb.Fatal(err)
		}
	}
	return hall{match, net}
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

// Sixty-four players see the server's worlds to the last bit, and a seed
// decides every byte.
func TestMatch(t *testing.T) {
	play := func(seed uint64) uint64 {
		server, compared := map[engine.Tick]uint64{}, 0
		h := open(t, stage.Config{
			Players: 64, Seed: seed,
			OnSnapshot: func(tick engine.Tick, hash uint64) { server[tick] = hash },
			OnDecoded: func(player int, tick engine.Tick, hash uint64) {
				if want, ok := server[tick]; !ok || hash != want {
					t.Fatalf("player %d: tick %d has hash %x, want %x", player, tick, hash, want)
				}
				compared++
			},
		}, wifi)
		h.begin(t)
		h.run(t, 2*time.Second)
		if want := 64 * 100; compared < want {
			t.Errorf("%d snapshots compared, want at least %d", compared, want)
		}
		return h.net.Digest()
	}
	if a, b, other := play(1), play(1), play(2); a != b || a == other {
		t.Errorf("digests %016x, %016x and, of another seed, %016x", a, b, other)
	}
}

// BenchmarkMatch plays a virtual second an iteration, when everyone is in.
func BenchmarkMatch(b *testing.B) {
	for _, players := range []int{8, 16, 64} {
		b.Run(strconv.Itoa(players), func(b *testing.B) {
			h := open(b, stage.Config{Players: players, Seed: 1}, wifi)
			h.begin(b)
			h.run(b, 5*time.Second)
			b.ReportAllocs()
			from := h.net.Now()
			before, cpu := h.Server.Stats(), processorTime()
			for b.Loop() {
				h.run(b, time.Second)
			}
			wall, virtual := b.Elapsed(), h.net.Now().Sub(from)
			cpu = processorTime() - cpu
			b.ReportMetric(virtual.Seconds()/wall.Seconds(), "×realtime")
			b.ReportMetric(virtual.Seconds()/cpu.Seconds(), "×cputime")
			b.ReportMetric(float64(cpu.Nanoseconds())/virtual.Seconds()/float64(60*players), "cpu-ns/client-tick")
			after := h.Server.Stats()
			b.ReportMetric(float64(after.SnapshotBytes-before.SnapshotBytes)/float64(after.Snapshots-before.Snapshots), "B/snapshot")
		})
	}
}
