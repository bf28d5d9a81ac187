package vnet

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

const (
	channelState = iota
	channelChat
)

// seeded returns a deterministic source of randomness for a Core.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

func mustCore(t *testing.T, seed uint64, maxConns int) *netcode.Core {
	t.Helper()
	core, err := netcode.NewCore(netcode.Config{
		Game: netcode.Identity{Name: "vnet test", Build: 1},
		Channels: []netcode.Channel{
			{Name: "state", Mode: netcode.Unreliable},
			{Name: "chat", Mode: netcode.ReliableOrdered},
		},
		Suite:    netcode.SuiteChaCha20Poly1305, // the same bytes on every machine
		MaxConns: maxConns,
		Random:   seeded(seed),
	})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// A peer is the loop of one end: it sends a numbered unreliable message every
// tick and a numbered reliable one every tenth, and checks what it receives.
type peer struct {
	t    *testing.T
	core *netcode.Core
	conn *netcode.Conn

	tick              time.Time
	ticks, stopAt     uint64
	chatSent, chatGot uint64
	stateSent         uint64
	stateGot          uint64
	told, toldArrived uint64 // notices
	closed            error
}

const tickInterval = time.Second / 60

func (p *peer) Advance(now time.Time) {
	for e, ok := p.core.NextEvent(); ok; e, ok = p.core.NextEvent() {
		switch e.Kind {
		case netcode.EventConnected:
			p.conn, p.tick = e.Conn, now
		case netcode.EventClosed:
			p.closed, p.tick = e.Err, time.Time{}
		}
	}
	if p.conn == nil {
		return
	}
	p.take()
	for !p.tick.IsZero() && !p.tick.After(now) {
		p.play(now)
	}
}

// take checks what has arrived.
func (p *peer) take() {
	for {
		channel, message, ok := p.conn.Receive()
		if !ok {
			break
		}
		number := binary.LittleEndian.Uint64(message)
		if channel == channelChat {
			if number != p.chatGot {
				p.t.Errorf("reliable message %d after %d of them", number, p.chatGot)
			}
			p.chatGot++
		} else {
			p.stateGot++
		}
	}
	for notice, ok := p.conn.NextNotice(); ok; notice, ok = p.conn.NextNotice() {
		p.told++
		if notice.Delivered {
			p.toldArrived++
		}
	}
}

// play is one tick.
func (p *peer) play(now time.Time) {
	p.tick = p.tick.Add(tickInterval)
	if p.ticks++; p.ticks > p.stopAt {
		p.tick = time.Time{}
		return
	}
	var message [100]byte
	binary.LittleEndian.PutUint64(message[:], p.stateSent)
	if _, err := p.conn.Send(now, channelState, message[:]); err != nil {
		p.t.Errorf("state: %v", err)
	}
	p.stateSent++
	if p.ticks%10 == 0 {
		binary.LittleEndian.PutUint64(message[:], p.chatSent)
		if _, err := p.conn.Send(now, channelChat, message[:30]); err != nil {
			p.t.Errorf("chat: %v", err)
		}
		p.chatSent++
	}
}

func (p *peer) NextDeadline() time.Time { return p.tick }

// match runs two cores over a bad link: a handshake, 20 seconds of messages
// both ways, and a close.
func match(t *testing.T, seed uint64) (n *Network, client, server *peer) {
	t.Helper()
	burst, err := link.Bursts(0.05, 2)
	if err != nil {
		t.Fatal(err)
	}
	n = mustNew(t, Config{Seed: seed, Link: link.Config{
		Delay: 60 * time.Millisecond, Jitter: 30 * time.Millisecond, Unordered: true, Burst: burst,
		Duplicate: 0.02, Reorder: 0.02, ReorderDelay: 40 * time.Millisecond, Rate: 1_000_000, MTU: 1500, Overhead: 28,
	}})
	server = &peer{t: t, core: mustCore(t, 1, 4), stopAt: 1200}
	client = &peer{t: t, core: mustCore(t, 2, 0), stopAt: 1200}
	mustAdd(t, n, alice, client.core, client)
	mustAdd(t, n, bob, server.core, server)
	if _, err := client.core.Dial(n.Now(), netcode.Path{Remote: bob}, netcode.DialOptions{ServerKey: server.core.PublicKey()}); err != nil {
		t.Fatal(err)
	}
	mustRun(t, n, 30*time.Second)
	if client.conn == nil || server.conn == nil {
		t.Fatalf("seed %d: not connected after 30 s", seed)
	}
	client.conn.Close(n.Now(), netcode.CloseNormal, "done")
	mustRun(t, n, 45*time.Second)
	return n, client, server
}

func TestCoresOverABadLink(t *testing.T) {
	for seed := range uint64(3) {
		n, client, server := match(t, seed)
		for name, pair := range map[string][2]*peer{"up": {client, server}, "down": {server, client}} {
			from, to := pair[0], pair[1]
			if from.chatSent != 120 || to.chatGot != from.chatSent {
				t.Errorf("seed %d %s: %d of %d reliable messages", seed, name, to.chatGot, from.chatSent)
			}
			if lost := from.stateSent - to.stateGot; from.stateSent != 1200 || lost < 20 || lost > 150 {
				t.Errorf("seed %d %s: %d of %d unreliable messages, want about 5 %% lost", seed, name, to.stateGot, from.stateSent)
			}
			if from.told != from.stateSent || from.toldArrived > to.stateGot {
				t.Errorf("seed %d %s: notices for %d of %d, %d delivered of %d received",
					seed, name, from.told, from.stateSent, from.toldArrived, to.stateGot)
			}
		}
		var why *netcode.CloseError
		if !errors.As(server.closed, &why) || why.Reason != netcode.CloseNormal || !why.Remote || why.Text != "done" {
			t.Errorf("seed %d: the server's connection ended with %v, want the client's close", seed, server.closed)
		}
		t.Logf("seed %d: digest %#x, up %+v", seed, n.Digest(), n.Counters(alice, bob))
	}
}

func TestCoresSameSeedSameDigest(t *testing.T) {
	first, _, _ := match(t, 7)
	again, _, _ := match(t, 7)
	if first.Digest() != again.Digest() || first.Stats() != again.Stats() {
		t.Errorf("digests %#x and %#x, stats %+v and %+v", first.Digest(), again.Digest(), first.Stats(), again.Stats())
	}
	other, _, _ := match(t, 8)
	if first.Digest() == other.Digest() {
		t.Errorf("seeds 7 and 8 give the same digest %#x", first.Digest())
	}
}

// A client at home, on the move, and at a server with a bad line: its NATs
// rebind every 5 s, its address outside changes every 40 s, and every 30 s it
// changes between Wi-Fi and mobile. It notices nothing.
func throughNATs(t *testing.T, seed uint64, home, mobile nat.Config, d time.Duration) (n *Internet, client, server *peer) {
	t.Helper()
	n = NewInternet(InternetConfig{Seed: seed})
	access := link.Config{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.01, Rate: 5_000_000, Overhead: 28}
	wifi := mustRouter(t, n, "home", RouterConfig{
		Attachment: Attachment{Up: access, Down: access}, IPv4: home, RebindEvery: 5 * time.Second, RenumberEvery: 40 * time.Second,
	})
	carrier := mustRouter(t, n, "carrier", RouterConfig{Attachment: Attachment{Up: access, Down: access}, IPv4: mobile, RebindEvery: 5 * time.Second})
	phone := mustMachine(t, n, "phone", Attachment{Parent: wifi})
	if _, err := phone.AddInterface("phone mobile", Attachment{Parent: carrier}); err != nil {
		t.Fatal(err)
	}
	ticks := uint64(d / tickInterval)
	server = &peer{t: t, core: mustCore(t, 1, 4), stopAt: ticks}
	client = &peer{t: t, core: mustCore(t, 2, 0), stopAt: ticks}
	atServer := mustBind(t, mustMachine(t, n, "server", Attachment{}), 7777, server.core, server)
	mustBind(t, phone, 0, client.core, client)
	var move func(time.Time)
	move = func(now time.Time) {
		at := phone.Interfaces()[0]
		at.SetUp(!at.IsUp())
		n.At(now.Add(30*time.Second), move)
	}
	n.At(start.Add(30*time.Second), move)
	if _, err := client.core.Dial(n.Now(), netcode.Path{Remote: atServer.Addr4()}, netcode.DialOptions{ServerKey: server.core.PublicKey()}); err != nil {
		t.Fatal(err)
	}
	runFor(t, n, d+3*time.Second) // and a while for what is still on its way
	return n, client, server
}

func TestRebindingDisconnectsNobody(t *testing.T) {
	if race.Enabled {
		t.Skip("single-threaded: runs without -race")
	}
	for _, pair := range [][2]nat.Config{
		{nat.Linux(), nat.Symmetric()},
		{nat.Symmetric(), nat.Symmetric()},
		{nat.RFC4787(), nat.FullCone()},
	} {
		n, client, server := throughNATs(t, 4, pair[0], pair[1], 100*time.Second)
		if client.conn == nil || server.conn == nil || client.closed != nil || server.closed != nil {
			t.Fatalf("%+v: client closed by %v, server by %v", pair, client.closed, server.closed)
		}
		if client.chatSent != 600 || server.chatGot != client.chatSent || client.chatGot != server.chatSent {
			t.Errorf("reliable messages: %d of %d up, %d of %d down", server.chatGot, client.chatSent, client.chatGot, server.chatSent)
		}
		if client.stateSent-server.stateGot > 400 || server.stateSent-client.stateGot > 900 {
			t.Errorf("unreliable messages: %d of %d up, %d of %d down", server.stateGot, client.stateSent, client.stateGot, server.stateSent)
		}
		atHome, _ := n.Router("home").NATCounters()
		onTheMove, _ := n.Router("carrier").NATCounters()
		if atHome.Rebounds < 20 || onTheMove.Rebounds < 20 || atHome.Created < 10 || onTheMove.Created < 4 {
			t.Errorf("home %+v, carrier %+v", atHome, onTheMove)
		}
		t.Logf("up %d of %d, down %d of %d, home %+v", server.stateGot, client.stateSent, client.stateGot, server.stateSent, atHome)
	}
}

// TestSoakRebinding is the same for long: 7,200 rebindings in 10 hours, and one
// connection.
func TestSoakRebinding(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("long and single-threaded: runs without -race and -short")
	}
	d := time.Duration(long.Of(10, 600)) * time.Minute
	n, client, server := throughNATs(t, 11, nat.Symmetric(), nat.Linux(), d)
	atHome, _ := n.Router("home").NATCounters()
	if client.closed != nil || server.closed != nil || server.chatGot != uint64(d/tickInterval)/10 || client.chatGot != server.chatGot {
		t.Errorf("closed by %v and %v; %d reliable messages up, %d down", client.closed, server.closed, server.chatGot, client.chatGot)
	}
	if want := uint64(d / (5 * time.Second)); atHome.Rebounds < want {
		t.Errorf("%d rebindings, want %d", atHome.Rebounds, want)
	}
	t.Logf("%v: %d rebindings at home, %d of %d unreliable messages up, %d of %d down; digest %016x",
		d, atHome.Rebounds, server.stateGot, client.stateSent, client.stateGot, server.stateSent, n.Digest())
}

func TestInternetSameSeedSameDigest(t *testing.T) {
	first, _, _ := throughNATs(t, 1, nat.Linux(), nat.Symmetric(), 20*time.Second)
	again, _, _ := throughNATs(t, 1, nat.Linux(), nat.Symmetric(), 20*time.Second)
	other, _, _ := throughNATs(t, 2, nat.Linux(), nat.Symmetric(), 20*time.Second)
	if first.Digest() != again.Digest() || first.Stats() != again.Stats() || first.Digest() == other.Digest() {
		t.Errorf("digests %#x, again %#x, other seed %#x", first.Digest(), again.Digest(), other.Digest())
	}
}
