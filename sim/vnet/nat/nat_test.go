package nat

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	inside   = netip.MustParseAddrPort("10.0.0.1:5000")
	other    = netip.MustParseAddrPort("10.0.0.2:5000")
	external = netip.MustParseAddr("198.18.0.1")

	// A remote endpoint, another port of it, another address with the same
	// port, and another address and port.
	remotes = []netip.AddrPort{
		netip.MustParseAddrPort("203.0.113.1:1000"),
		netip.MustParseAddrPort("203.0.113.1:2000"),
		netip.MustParseAddrPort("203.0.113.2:1000"),
		netip.MustParseAddrPort("203.0.113.2:2000"),
	}
)

func mustNew(t testing.TB, cfg Config, addresses ...netip.Addr) *NAT {
	t.Helper()
	if cfg.Kind == Translate && len(addresses) == 0 {
		addresses = []netip.Addr{external}
	}
	n, err := New(cfg, 1, addresses...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func out(t testing.TB, n *NAT, at time.Duration, from, to netip.AddrPort) netip.AddrPort {
	t.Helper()
	outside, v := n.Outbound(int64(at), from, to)
	if v != Passed {
		t.Fatalf("%v: %v to %v: %v", at, from, to, v)
	}
	return outside
}

// RFC 4787, section 4.1, for two datagrams of one internal endpoint: whether
// they come from the same external one. Section 5, for a datagram from another
// remote endpoint than the one that was sent to: whether it passes.
func TestEveryMappingWithEveryFiltering(t *testing.T) {
	// By dependence, and by how the second remote endpoint differs from the
	// first: not, by port, by address, by both.
	same := [dependenceEnd][4]bool{
		EndpointIndependent:     {true, true, true, true},
		AddressDependent:        {true, true, false, false},
		AddressAndPortDependent: {true, false, false, false},
	}
	for mapping := range dependenceEnd {
		for filtering := range dependenceEnd {
			for _, ports := range []Allocation{Preserving, Sequential, Random} {
				cfg := Config{Kind: Translate, Mapping: mapping, Filtering: filtering, Ports: ports}
				for i, remote := range remotes {
					n := mustNew(t, cfg)
					first := out(t, n, 0, inside, remotes[0])
					back, v := n.Inbound(0, remote, first)
					if passed := v == Passed && back == inside; passed != same[filtering][i] {
						t.Errorf("%v, %v: from %v after sending to %v: %v", mapping, filtering, remote, remotes[0], v)
					}
					if !same[filtering][i] && v != Filtered {
						t.Errorf("%v, %v: verdict %v, want Filtered", mapping, filtering, v)
					}
					second := out(t, n, 0, inside, remote)
					if (second == first) != same[mapping][i] {
						t.Errorf("%v, %v: %v for %v and %v for %v", mapping, filtering, first, remotes[0], second, remote)
					}
					if _, v := n.Inbound(0, remote, second); v != Passed {
						t.Errorf("%v, %v: whom we sent to is answered with %v", mapping, filtering, v)
					}
				}
			}
		}
	}
}

func TestNobodyGetsInUninvited(t *testing.T) {
	n := mustNew(t, FullCone())
	if _, v := n.Inbound(0, remotes[0], netip.AddrPortFrom(external, 5000)); v != NoMapping {
		t.Errorf("verdict %v, want NoMapping", v)
	}
	if got := n.Counters(); got.NoMapping != 1 || got.Refused() != 1 || got.Inbound != 0 {
		t.Errorf("counters %+v", got)
	}
}

// What prolongs a mapping's life, and to the nanosecond how long it is.
func TestLifetimes(t *testing.T) {
	const life, first = 100 * time.Second, 30 * time.Second
	for _, test := range []struct {
		name    string
		cfg     Config
		in      time.Duration // when something comes in; 0: never
		out     time.Duration // when something goes out again; 0: never
		expires time.Duration
	}{
		{"default", Config{}, 0, 0, DefaultLifetime},
		{"outbound refreshes", Config{Lifetime: life}, 0, 40 * time.Second, 140 * time.Second},
		{"inbound does not", Config{Lifetime: life}, 50 * time.Second, 0, life},
		{"unless asked to", Config{Lifetime: life, RefreshInbound: true}, 50 * time.Second, 0, 150 * time.Second},
		{"unanswered", Config{Lifetime: life, FirstLifetime: first}, 0, 20 * time.Second, 50 * time.Second},
		{"answered", Config{Lifetime: life, FirstLifetime: first}, 10 * time.Second, 20 * time.Second, 120 * time.Second},
		{"answered, not yet used again", Config{Lifetime: life, FirstLifetime: first}, 10 * time.Second, 0, first},
		{"Linux unanswered", Linux(), 0, 0, 30 * time.Second},
		{"Linux answered", Linux(), 29 * time.Second, 0, 149 * time.Second},
	} {
		test.cfg.Kind = Translate
		for _, filtering := range []Dependence{EndpointIndependent, AddressAndPortDependent} {
			test.cfg.Filtering = filtering
			for late := range time.Duration(2) {
				n := mustNew(t, test.cfg)
				outside := out(t, n, 0, inside, remotes[0])
				if test.in != 0 {
					if _, v := n.Inbound(int64(test.in), remotes[0], outside); v != Passed {
						t.Fatalf("%s: %v", test.name, v)
					}
				}
				if test.out != 0 {
					out(t, n, test.out, inside, remotes[0])
				}
				want := []Verdict{Passed, NoMapping}[late]
				if _, got := n.Inbound(int64(test.expires)-1+int64(late), remotes[0], outside); got != want {
					t.Errorf("%s, %v: %v at %v less %d ns, want %v", test.name, filtering, got, test.expires, 1-late, want)
				}
			}
		}
	}
}

// A permit has a life of its own: a mapping that is kept alive by one peer
// does not stay open for another.
func TestPermitsExpire(t *testing.T) {
	n := mustNew(t, Config{Kind: Translate, Filtering: AddressDependent, Lifetime: time.Minute})
	outside := out(t, n, 0, inside, remotes[0])
	out(t, n, 59*time.Second, inside, remotes[2])
	if _, v := n.Inbound(int64(60*time.Second), remotes[0], outside); v != Filtered {
		t.Errorf("a minute after sending there: %v, want Filtered", v)
	}
	if _, v := n.Inbound(int64(60*time.Second), remotes[3], outside); v != Passed {
		t.Errorf("a second after sending there: %v, want Passed", v)
	}
}

// What is filtered prolongs nothing: else a stranger could hold a port open.
func TestFilteredDoesNotRefresh(t *testing.T) {
	n := mustNew(t, Config{Kind: Translate, Filtering: AddressDependent, Lifetime: time.Minute, RefreshInbound: true})
	outside := out(t, n, 0, inside, remotes[0])
	n.Inbound(int64(59*time.Second), remotes[2], outside)
	if _, v := n.Inbound(int64(60*time.Second), remotes[0], outside); v != NoMapping {
		t.Errorf("%v, want NoMapping", v)
	}
}

func TestHairpin(t *testing.T) {
	for _, test := range []struct {
		hairpin   Hairpin
		filtering Dependence
		invited   bool // the receiver has sent to the sender's mapping
		want      Verdict
	}{
		{HairpinOff, EndpointIndependent, true, NoHairpin},
		{HairpinExternal, EndpointIndependent, false, Passed},
		{HairpinExternal, AddressDependent, false, Filtered},
		{HairpinExternal, AddressAndPortDependent, true, Passed},
		{HairpinInternal, EndpointIndependent, false, Passed},
		{HairpinInternal, AddressAndPortDependent, true, Passed},
	} {
		n := mustNew(t, Config{Kind: Translate, Filtering: test.filtering, Hairpin: test.hairpin})
		a, b := out(t, n, 0, inside, remotes[0]), out(t, n, 0, other, remotes[0])
		if test.invited {
			n.Hairpin(0, other, a)
		}
		from, to, v := n.Hairpin(0, inside, b)
		if v != test.want {
			t.Errorf("%v, %v: %v, want %v", test.hairpin, test.filtering, v, test.want)
		}
		source := a
		if test.hairpin == HairpinInternal {
			source = inside
		}
		if v == Passed && (from != source || to != other) {
			t.Errorf("%v: from %v to %v, want from %v to %v", test.hairpin, from, to, source, other)
		}
	}
}

func TestRebind(t *testing.T) {
	for _, ports := range []Allocation{Preserving, Sequential, Random} {
		n := mustNew(t, Config{Kind: Translate, Ports: ports, KeepParity: true})
		seen := map[netip.AddrPort]bool{}
		for range 100 {
			outside := out(t, n, 0, inside, remotes[0])
			if seen[outside] {
				t.Errorf("%v: %v is back after a rebinding", ports, outside)
			}
			seen[outside] = true
			n.Rebind(0)
			if _, v := n.Inbound(0, remotes[0], outside); v != NoMapping {
				t.Errorf("%v: the old port answers with %v", ports, v)
			}
		}
		if got := n.Counters(); got.Rebounds != 100 || got.Forgot != 100 || n.Len() != 0 {
			t.Errorf("%v: %+v", ports, got)
		}
	}
}

func TestRenumber(t *testing.T) {
	n := mustNew(t, Config{Kind: Translate})
	old := out(t, n, 0, inside, remotes[0])
	if n.Renumber(0) == nil || n.Renumber(0, external, external.Next()) == nil {
		t.Error("another number of addresses was accepted")
	}
	if err := n.Renumber(0, external.Next()); err != nil {
		t.Fatal(err)
	}
	if got := out(t, n, 0, inside, remotes[0]); got.Addr() != external.Next() || got.Port() == old.Port() {
		t.Errorf("after %v: %v", old, got)
	}
}

func TestOneToOne(t *testing.T) {
	n := mustNew(t, Config{Kind: OneToOne, Hairpin: HairpinExternal})
	if err := errors.Join(n.Assign(inside.Addr(), external), n.Assign(other.Addr(), external.Next())); err != nil {
		t.Fatal(err)
	}
	if n.Assign(inside.Addr(), external.Next().Next()) == nil || n.Assign(netip.MustParseAddr("10.0.0.3"), external) == nil {
		t.Error("an address was assigned twice")
	}
	if got := out(t, n, 0, inside, remotes[0]); got != netip.AddrPortFrom(external, inside.Port()) {
		t.Errorf("outside: %v", got)
	}
	// Nobody needs to have sent anything, at no time.
	b := netip.AddrPortFrom(external.Next(), 9)
	if to, v := n.Inbound(int64(time.Hour), remotes[0], b); v != Passed || to != netip.AddrPortFrom(other.Addr(), 9) {
		t.Errorf("inbound: %v, %v", to, v)
	}
	if from, to, v := n.Hairpin(0, inside, b); v != Passed || from.Addr() != external || to.Addr() != other.Addr() {
		t.Errorf("hairpin: from %v to %v, %v", from, to, v)
	}
	if outside, ok := n.Unassign(other.Addr()); !ok || outside != external.Next() {
		t.Errorf("Unassign = %v, %t", outside, ok)
	}
	if _, v := n.Inbound(0, remotes[0], b); v != NoMapping {
		t.Errorf("nobody has the address: %v", v)
	}
}

func TestFirewall(t *testing.T) {
	six := netip.MustParseAddrPort("[2001:db8::1]:5000")
	far := []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::2]:1000"), netip.MustParseAddrPort("[2001:db8::2]:2000")}
	n := mustNew(t, Config{Kind: Firewall, Filtering: AddressAndPortDependent, Lifetime: 2 * time.Minute})
	if _, v := n.Inbound(0, far[0], six); v != NoMapping {
		t.Errorf("unasked: %v", v)
	}
	if got := out(t, n, 0, six, far[0]); got != six {
		t.Errorf("a firewall translated to %v", got)
	}
	for i, want := range []Verdict{Passed, Filtered} {
		if to, v := n.Inbound(0, far[i], six); v != want || to != six {
			t.Errorf("from %v: %v for %v, want %v", far[i], v, to, want)
		}
	}
	if _, v := n.Inbound(int64(2*time.Minute), far[0], six); v != NoMapping {
		t.Errorf("too late: %v", v)
	}
	blocked := mustNew(t, Config{Kind: Blocked})
	if _, v := blocked.Outbound(0, six, far[0]); v != UDPBlocked {
		t.Errorf("blocked: %v", v)
	}
}

func TestTheTableIsBounded(t *testing.T) {
	n := mustNew(t, Config{Kind: Translate, Filtering: AddressDependent, MaxMappings: 10, Lifetime: time.Minute})
	for i := range 1000 {
		from := netip.AddrPortFrom(inside.Addr(), uint16(2000+i))
		want := Passed
		if i >= 10 {
			want = TableFull
		}
		if _, v := n.Outbound(0, from, remotes[0]); v != want {
			t.Fatalf("mapping %d: %v, want %v", i, v, want)
		}
	}
	// One of those in the table talks to the whole world.
	for i := range 10_000 {
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}), 1)
		out(t, n, 1, netip.AddrPortFrom(inside.Addr(), 2000), to)
	}
	if n.Len() != 10 || n.permitAges.count != 10*permitsPerMapping || len(n.byPermit) != n.permitAges.count {
		t.Errorf("%d mappings, %d permits", n.Len(), n.permitAges.count)
	}
	if _, v := n.Outbound(int64(time.Minute), netip.AddrPortFrom(inside.Addr(), 9), remotes[0]); v != Passed {
		t.Errorf("after a minute: %v", v)
	}
}

func TestMistakesAreErrors(t *testing.T) {
	for field, cfg := range map[string]Config{
		"Kind": {Kind: kindEnd}, "Mapping": {Mapping: dependenceEnd}, "Filtering": {Filtering: dependenceEnd},
		"Ports": {Ports: allocationEnd}, "Hairpin": {Hairpin: hairpinEnd}, "Pooling": {Pooling: poolingEnd},
		"Lifetime": {Lifetime: time.Millisecond}, "FirstLifetime": {FirstLifetime: 48 * time.Hour},
		"MaxMappings": {MaxMappings: -1}, "FirstPort": {LastPort: 5}, "LastPort": {FirstPort: 6, LastPort: 5},
	} {
		var wrong *FieldError
		if _, err := New(cfg, 1); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("New(%+v) = %v, want an error about %s", cfg, err, field)
		}
	}
	if _, err := New(Config{Kind: Translate}, 1); err == nil {
		t.Error("a NAT without an address was accepted")
	}
	if _, err := New(Config{Kind: Firewall}, 1, external); err == nil {
		t.Error("a firewall with an address was accepted")
	}
	if err := mustNew(t, Config{}).Assign(inside.Addr(), external); err == nil {
		t.Error("Assign worked on a NAT that is not one to one")
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	n := mustNew(t, Config{Kind: Translate, Mapping: AddressAndPortDependent, Filtering: AddressAndPortDependent, Lifetime: time.Minute})
	now := int64(0)
	step := func() {
		now += int64(time.Second) / 2 // some expire all the time
		for i := range uint16(40) {
			to := netip.AddrPortFrom(remotes[0].Addr(), 1000+(i+uint16(now>>30))%400)
			outside, v := n.Outbound(now, inside, to)
			if v != Passed {
				t.Fatal(v)
			}
			if _, v := n.Inbound(now, to, outside); v != Passed {
				t.Fatal(v)
			}
		}
	}
	for range 5000 {
		step()
	}
	if allocs := testing.AllocsPerRun(500, step); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
	if n.Counters().Expired == 0 {
		t.Error("nothing expired")
	}
}

func BenchmarkNAT(b *testing.B) {
	for _, peers := range []int{1, 1000} {
		b.Run(fmt.Sprintf("peers=%d", peers), func(b *testing.B) {
			n := mustNew(b, Linux())
			i, now := 0, int64(0)
			b.ReportAllocs()
			for b.Loop() {
				now += 1000
				i = (i + 1) % peers
				from := netip.AddrPortFrom(inside.Addr(), uint16(1024+i))
				outside, _ := n.Outbound(now, from, remotes[0])
				n.Inbound(now, remotes[0], outside)
			}
		})
	}
}
