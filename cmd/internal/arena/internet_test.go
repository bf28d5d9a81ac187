package arena_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A world is a match across an internet: a NAT of another kind before each
// player, all of which forget their mappings every 5 s, and one player who
// goes from Wi-Fi to mobile and back every 20 s.
type world struct {
	net *vnet.Internet
	err error // the first
}

func (w *world) router(name string, parent *vnet.Router, box nat.Config) *vnet.Router {
	access := link.Config{
		Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.01, Rate: 10_000_000, Overhead: 28,
	}
	r, err := w.net.AddRouter(name, vnet.RouterConfig{
		Attachment: vnet.Attachment{Parent: parent, Up: access, Down: access},
		IPv4:       box, RebindEvery: 5 * time.Second,
	})
	w.note(err)
	return r
}

func (w *world) note(err error) {
	if w.err == nil {
		w.err = err
	}
}

// place puts the server on a line of its own, and each player at home.
func (w *world) place(i int, host vnet.Host, loop vnet.Loop) (netip.AddrPort, error) {
	if i < 0 {
		server, err := w.net.AddMachine("server", vnet.Attachment{})
		w.note(err)
		s, err := server.Bind(7777, host, loop)
		w.note(err)
		return s.Addr4(), w.err
	}
	boxes := []nat.Config{
		{},
		nat.Linux(), nat.Symmetric(), nat.RFC4787(),
		{Kind: nat.OneToOne},
		{Kind: nat.Firewall, Filtering: nat.AddressAndPortDependent},
	}
	home := w.router(fmt.Sprint("home ", i), nil, boxes[i%len(boxes)])
	if i%2 == 1 { // the odd ones have a second NAT before the first
		home = w.router(fmt.Sprint("flat ", i), home, nat.Symmetric())
	}
	m, err := w.net.AddMachine(fmt.Sprint("player ", i), vnet.Attachment{Parent: home})
	w.note(err)
	if i == 0 {
		w.roam(m)
	}
	s, err := m.Bind(0, host, loop)
	w.note(err)
	return s.Addr4(), w.err
}

// roam gives a machine a second interface, and changes between the two.
func (w *world) roam(m *vnet.Machine) {
	_, err := m.AddInterface("mobile", vnet.Attachment{Parent: w.router("carrier", nil, nat.Symmetric())})
	w.note(err)
	wifi := m.Interfaces()[0]
	var move func(time.Time)
	move = func(now time.Time) {
		wifi.SetUp(!wifi.IsUp())
		w.net.At(now.Add(20*time.Second), move)
	}
	w.net.At(w.net.Now().Add(20*time.Second), move)
}

func newWorldTrial(t *testing.T, seed uint64, players int) (*trial, *world) {
	t.Helper()
	w := &world{net: vnet.NewInternet(vnet.InternetConfig{Seed: seed})}
	return newTrialIn(t, seed, players, w.net, w.place, transport{suite: netcode.SuiteChaCha20Poly1305}), w
}

// TestSoakInternet plays on while NATs rebind and a player roams: nobody is
// thrown out, and no message is lost, doubled or out of order.
func TestSoakInternet(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("long and single-threaded: runs without -race and -short")
	}
	start := time.Now()
	tr, w := newWorldTrial(t, 1, 8)
	tr.play(time.Duration(long.Of(60, 600)) * time.Second)
	tr.report(time.Since(start))
	for i := range tr.players {
		if i%6 == 0 || i%6 == 4 {
			continue // no mappings
		}
		v4, _ := w.net.Router(fmt.Sprint("home ", i)).NATCounters()
		if v4.Rebounds < 12 || v4.Created < 12 {
			t.Errorf("player %d: the NAT was rebound %d times, and made %d mappings", i, v4.Rebounds, v4.Created)
		}
	}
}

// TestInternetSameSeedSameBytes plays a match across the internet twice.
func TestInternetSameSeedSameBytes(t *testing.T) {
	play := func(seed uint64) uint64 {
		tr, _ := newWorldTrial(t, seed, 3)
		tr.play(25 * time.Second)
		return tr.net.Digest()
	}
	if a, b, other := play(5), play(5), play(6); a != b || a == other {
		t.Errorf("digests %016x, %016x and, of another seed, %016x", a, b, other)
	}
}
