package nat

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

func TestPortAllocation(t *testing.T) {
	at := func(address netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(address, port) }
	a, b := inside.Addr(), other.Addr()
	for _, test := range []struct {
		name string
		cfg  Config
		from []netip.AddrPort
		want []uint16 // 0: refused
	}{
		{"preserving", Config{}, []netip.AddrPort{at(a, 5000), at(b, 5000), at(b, 5001), at(a, 80), at(b, 80)}, []uint16{5000, 1024, 5001, 80, 1}},
		{"sequential", Config{Ports: Sequential}, []netip.AddrPort{at(a, 5000), at(b, 5000), at(b, 53), at(a, 9)}, []uint16{1024, 1025, 1, 2}},
		{"parity", Config{Ports: Sequential, KeepParity: true}, []netip.AddrPort{at(a, 5001), at(a, 5003), at(a, 5000), at(a, 7)}, []uint16{1025, 1027, 1028, 1}},
		{"a range", Config{FirstPort: 5000, LastPort: 5002}, []netip.AddrPort{at(a, 5001), at(b, 5001), at(a, 80), at(b, 9)}, []uint16{5001, 5000, 5002, 0}},
		{"parity gives way", Config{FirstPort: 5000, LastPort: 5002, KeepParity: true}, []netip.AddrPort{at(a, 11), at(b, 13)}, []uint16{5001, 5002}},
	} {
		test.cfg.Kind = Translate
		n := mustNew(t, test.cfg)
		for i, from := range test.from {
			got, v := n.Outbound(0, from, remotes[0])
			if test.want[i] == 0 {
				if v != NoPort {
					t.Errorf("%s: %v gets %v, %v, want NoPort", test.name, from, got, v)
				}
			} else if v != Passed || got != at(external, test.want[i]) {
				t.Errorf("%s: %v gets %v, %v, want port %d", test.name, from, got, v, test.want[i])
			}
		}
	}
}

func TestPooling(t *testing.T) {
	addresses := []netip.Addr{external, external.Next()}
	for pooling, want := range map[Pooling][]int{Paired: {0, 0, 1, 1, 0}, Arbitrary: {0, 1, 0, 1, 0}} {
		n := mustNew(t, Config{Kind: Translate, Pooling: pooling}, addresses...)
		for i, from := range []netip.AddrPort{
			netip.AddrPortFrom(inside.Addr(), 5000), netip.AddrPortFrom(inside.Addr(), 5001),
			netip.AddrPortFrom(other.Addr(), 5000), netip.AddrPortFrom(other.Addr(), 5001),
			netip.AddrPortFrom(inside.Addr(), 5002),
		} {
			if got := out(t, n, 0, from, remotes[0]); got.Addr() != addresses[want[i]] {
				t.Errorf("%v: mapping %d is %v, want it at %v", pooling, i, got, addresses[want[i]])
			}
		}
	}
}

// A slow NAT that is easy to believe in: a list of what was sent when.
type oracle struct {
	cfg  Config
	sent []sending
}

type sending struct {
	at                      int64
	inside, remote, outside netip.AddrPort
}

// outside returns the external endpoint of a live mapping.
func (o *oracle) outside(now int64, from, to netip.AddrPort) (netip.AddrPort, bool) {
	for _, s := range o.sent {
		if s.inside == from && reduce(o.cfg.Mapping, s.remote) == reduce(o.cfg.Mapping, to) && o.alive(now, s.outside) {
			return s.outside, true
		}
	}
	return netip.AddrPort{}, false
}

func (o *oracle) alive(now int64, outside netip.AddrPort) bool {
	for _, s := range o.sent {
		if s.outside == outside && now < s.at+int64(o.cfg.Lifetime) {
			return true
		}
	}
	return false
}

func (o *oracle) enter(now int64, from, to netip.AddrPort) (netip.AddrPort, Verdict) {
	if !o.alive(now, to) {
		return to, NoMapping
	}
	for _, s := range o.sent {
		if s.outside == to && (o.cfg.Filtering == EndpointIndependent ||
			reduce(o.cfg.Filtering, s.remote) == reduce(o.cfg.Filtering, from) && now < s.at+int64(o.cfg.Lifetime)) {
			return s.inside, Passed
		}
	}
	return to, Filtered
}

// forget drops what was sent by mappings that are no more, as their external
// endpoints may be somebody else's soon.
func (o *oracle) forget(now int64) {
	kept := o.sent[:0]
	for _, s := range o.sent {
		if o.alive(now, s.outside) {
			kept = append(kept, s)
		}
	}
	o.sent = kept
}

// Every pair against the oracle, with few ports, so that they are all used and
// used again, and never by two.
func TestAgainstAnOracle(t *testing.T) {
	for mapping := range dependenceEnd {
		for filtering := range dependenceEnd {
			for allocation := range allocationEnd {
				cfg := Config{
					Kind: Translate, Mapping: mapping, Filtering: filtering, Ports: allocation,
					FirstPort: 2000, LastPort: 2011, Lifetime: 20 * time.Second,
				}
				compare(t, cfg, uint64(mapping)*9+uint64(filtering)*3+uint64(allocation))
			}
		}
	}
}

func compare(t *testing.T, cfg Config, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	n, o := mustNew(t, cfg), &oracle{cfg: cfg}
	now, refused := int64(0), 0
	for step := range 4000 {
		now += random.Int64N(int64(2 * time.Second))
		o.forget(now)
		remote := remotes[random.IntN(len(remotes))]
		if random.IntN(2) == 0 {
			from := netip.AddrPortFrom(inside.Addr(), uint16(1998+random.IntN(8)))
			got, v := n.Outbound(now, from, remote)
			want, known := o.outside(now, from, remote)
			switch {
			case v == NoPort && !known && n.Len() == 12:
				refused++
				continue
			case v != Passed || known && got != want:
				t.Fatalf("%+v, step %d: %v to %v from %v, %v; want %v, %t", cfg, step, from, remote, got, v, want, known)
			case !known && o.alive(now, got):
				t.Fatalf("%+v, step %d: %v has two mappings", cfg, step, got)
			}
			o.sent = append(o.sent, sending{now, from, remote, got})
			continue
		}
		to := netip.AddrPortFrom(external, uint16(2000+random.IntN(12)))
		got, v := n.Inbound(now, remote, to)
		if want, verdict := o.enter(now, remote, to); got != want || v != verdict {
			t.Fatalf("%+v, step %d: %v to %v is for %v, %v; want %v, %v", cfg, step, remote, to, got, v, want, verdict)
		}
	}
	c := n.Counters()
	if c.Expired == 0 || c.Inbound == 0 || c.NoMapping == 0 || (cfg.Filtering != EndpointIndependent) != (c.Filtered > 0) {
		t.Errorf("%+v: something never happened: %+v", cfg, c)
	}
	if cfg.Mapping == AddressAndPortDependent && refused == 0 {
		t.Errorf("%+v: the ports were never all used", cfg)
	}
	if len(n.Mappings(now)) != n.Len() || len(n.byInside) != n.Len() || len(n.byOutside) != n.Len() {
		t.Errorf("%+v: %d mappings, Len %d, %d inside, %d outside", cfg, len(n.Mappings(now)), n.Len(), len(n.byInside), len(n.byOutside))
	}
}
