package arena_test

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// terrible is each way of a link of 200 ms RTT, 50 ms jitter, 10 % loss, 5 %
// duplicates and 5 % reordering.
var terrible = link.Config{
	Delay: 100 * time.Millisecond, Jitter: 50 * time.Millisecond,
	Loss: 0.10, Duplicate: 0.05, Reorder: 0.05, ReorderDelay: 50 * time.Millisecond,
}

// A trial is a whole match in virtual time: the real server, real clients
// played by bots, and a link each way between them.
type trial struct {
	t       *testing.T
	net     network
	add     place
	over    transport
	server  *server.Server[arena.Input]
	players []*player
	hashes  map[engine.Tick]uint64
	first   engine.Tick // from which snapshots are compared
	toAll   uint64      // messages broadcast
	closing bool        // no more messages are sent
	nextAll time.Time
}

// A network is a vnet of either kind.
type network interface {
	Now() time.Time
	Run(until time.Time) error
	Digest() uint64
	Stats() vnet.Stats
}

// A place is how a host gets into the network: player i, or the server, which
// is number -1. It returns the address where others find it.
type place func(i int, host vnet.Host, loop vnet.Loop) (netip.AddrPort, error)

// A player is a client, and what it saw.
type player struct {
	*client.Client[arena.Input]
	trial    *trial
	bot      *arena.Bot
	input    arena.Input
	thinkAt  time.Time
	speakAt  time.Time
	said     uint64 // messages sent
	heard    uint64 // messages of the server received
	answered uint64 // messages the server received
	compared map[engine.Tick]bool
}

const (
	thinkEvery = time.Second / 60
	speakEvery = 400 * time.Millisecond
)

func seeded(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

func newTrial(t *testing.T, seed uint64, players int, cfg link.Config) *trial {
	t.Helper()
	return newTrialOn(t, seed, players, cfg, transport{suite: netcode.SuiteChaCha20Poly1305})
}

// A transport says how a trial's packets are protected and who watches the
// server's.
type transport struct {
	suite     netcode.Suite
	plaintext bool
	tracer    netcode.Tracer
}

func newTrialOn(t *testing.T, seed uint64, players int, cfg link.Config, over transport) *trial {
	t.Helper()
	net, err := vnet.New(vnet.Config{Seed: seed, Link: cfg})
	if err != nil {
		t.Fatal(err)
	}
	return newTrialIn(t, seed, players, net, func(i int, host vnet.Host, loop vnet.Loop) (netip.AddrPort, error) {
		address := netip.MustParseAddrPort("10.0.0.1:7777")
		if i >= 0 {
			address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i + 1)}), 5000)
		}
		return address, net.Add(address, host, loop)
	}, over)
}

func newTrialIn(t *testing.T, seed uint64, players int, net network, add place, over transport) *trial {
	t.Helper()
	tr := &trial{t: t, net: net, add: add, over: over, hashes: map[engine.Tick]uint64{}}
	game := arena.New()
	var err error
	tr.server, err = server.New(server.Config[arena.Input]{
		Schema: game.Schema, Input: game.Input, Game: game, MaxPlayers: players,
		Random: seeded(seed), Suite: over.suite, Plaintext: over.plaintext, Tracer: over.tracer,
		OnSnapshot: func(tick engine.Tick, hash uint64) { tr.hashes[tick] = hash },
		OnMessage:  tr.received,
	})
	if err != nil {
		t.Fatal(err)
	}
	loop := vnet.LoopFuncs{AdvanceFunc: tr.advance, NextFunc: tr.server.NextTick}
	address, err := tr.add(-1, tr.server.Core(), loop)
	if err != nil {
		t.Fatal(err)
	}
	for i := range players {
		tr.enter(i, seed, address)
	}
	return tr
}

func (tr *trial) enter(i int, seed uint64, address netip.AddrPort) {
	game := arena.New()
	p := &player{trial: tr, bot: game.NewBot(seed<<8 + uint64(i)), compared: map[engine.Tick]bool{}}
	var err error
	p.Client, err = client.New(client.Config[arena.Input]{
		Schema: game.Schema, Input: game.Input, Rules: game, Name: arena.BotName(i),
		Random: seeded(seed<<8 + 1 + uint64(i)), Suite: tr.over.suite, Plaintext: tr.over.plaintext,
		OnSnapshot: p.snapshot, OnMessage: p.message,
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	loop := vnet.LoopFuncs{AdvanceFunc: p.advance, NextFunc: p.NextDeadline}
	if _, err := tr.add(i, p.Core(), loop); err != nil {
		tr.t.Fatal(err)
	}
	if err := p.Connect(tr.net.Now(), netcode.Path{Remote: address}); err != nil {
		tr.t.Fatal(err)
	}
	tr.players = append(tr.players, p)
}

// advance is the server's loop. Once a second it says something to everyone.
func (tr *trial) advance(now time.Time) {
	tr.server.Advance(now)
	if tr.first != 0 && !tr.closing && !now.Before(tr.nextAll) {
		tr.nextAll = now.Add(time.Second)
		tr.server.Broadcast(binary.LittleEndian.AppendUint64(nil, tr.toAll))
		tr.toAll++
	}
}

// received checks that a player's messages reach the server once, in order.
func (tr *trial) received(id engine.PlayerID, message []byte) {
	for _, p := range tr.players {
		if p.Player() == id {
			if got := binary.LittleEndian.Uint64(message); got != p.answered {
				tr.t.Errorf("player %d: message %d reached the server after %d", id, got, p.answered)
			}
			p.answered++
		}
	}
}

// advance is a client's loop: a bot looks at the view and plays.
func (p *player) advance(now time.Time) {
	if view := p.View(now); view != nil && !now.Before(p.thinkAt) {
		p.thinkAt = now.Add(thinkEvery)
		p.input = p.bot.Think(view, p.Player())
	}
	p.Update(now, p.input)
	if p.trial.first != 0 && !p.trial.closing && !now.Before(p.speakAt) {
		p.speakAt = now.Add(speakEvery)
		if err := p.Send(binary.LittleEndian.AppendUint64(nil, p.said)); err != nil {
			p.trial.t.Errorf("player %d: %v", p.Player(), err)
		}
		p.said++
	}
}

func (p *player) message(m []byte) {
	if got := binary.LittleEndian.Uint64(m); got != p.heard {
		p.trial.t.Errorf("player %d: the server's message %d arrived after %d", p.Player(), got, p.heard)
	}
	p.heard++
}

// snapshot compares what was decoded with what the server had.
func (p *player) snapshot(tick engine.Tick, hash uint64) {
	if want, ok := p.trial.hashes[tick]; !ok || hash != want {
		p.trial.t.Fatalf("player %d: tick %d has hash %x, the server's is %x (%v)", p.Player(), tick, hash, want, ok)
	}
	p.compared[tick] = true
}

func (tr *trial) run(d time.Duration) {
	tr.t.Helper()
	if err := tr.net.Run(tr.net.Now().Add(d)); err != nil {
		tr.t.Fatal(err)
	}
}

// play lets everyone in, plays for d, lets the last messages arrive, and
// checks that nothing was lost on the way.
func (tr *trial) play(d time.Duration) {
	tr.t.Helper()
	for range 100 {
		if tr.run(100 * time.Millisecond); tr.playing() {
			break
		}
	}
	if !tr.playing() {
		tr.t.Fatal("after ten seconds not everyone plays")
	}
	tr.first = tr.server.Tick() + 1
	for _, p := range tr.players {
		clear(p.compared)
	}
	tr.run(d)
	last := tr.server.Tick()
	tr.closing = true
	tr.run(5 * time.Second)
	total := int(last.Sub(tr.first)) + 1
	if want := int(d * 60 / time.Second); total < want-1 {
		tr.t.Errorf("the server ran %d ticks in %v, want %d", total, d, want)
	}
	for i, p := range tr.players {
		if p.State() != client.Playing {
			tr.t.Errorf("player %d is %v: %v", i, p.State(), p.Err())
		}
		if p.answered != p.said || p.heard != tr.toAll {
			tr.t.Errorf("player %d: %d of %d messages up, %d of %d down", i, p.answered, p.said, p.heard, tr.toAll)
		}
		if share := tr.share(p, last); share < 0.8 {
			tr.t.Errorf("player %d: compared %.1f %% of ticks, want 80 %%", i, 100*share)
		}
	}
}

func (tr *trial) playing() bool {
	for _, p := range tr.players {
		if p.State() != client.Playing {
			return false
		}
	}
	return true
}

// share is the part of the ticks from first to last that p compared.
func (tr *trial) share(p *player, last engine.Tick) float64 {
	n := 0
	for tick := tr.first; !last.Before(tick); tick++ {
		if p.compared[tick] {
			n++
		}
	}
	return float64(n) / float64(last.Sub(tr.first)+1)
}

// report logs what the link did to the players.
func (tr *trial) report(wall time.Duration) {
	last := tr.server.Tick() - 5*60
	virtual := tr.net.Now().Sub(time.Unix(0, 0))
	tr.t.Logf("%v virtual in %v: %.0f × real time; digest %016x; %d datagrams",
		virtual, wall.Round(time.Millisecond), virtual.Seconds()/wall.Seconds(), tr.net.Digest(), tr.net.Stats().Arrived)
	messages, snapshots := uint64(0), 0
	for _, p := range tr.players {
		messages += p.answered + p.heard
		snapshots += len(p.compared)
	}
	tr.t.Logf("%d reliable messages once and in order, %d snapshots as the server had them", messages, snapshots)
	for i, p := range tr.players {
		s := p.Stats()
		tr.t.Logf("player %d: compared %.1f %%, RTT %v, corrections %d of %d, starved %d of %d, undecodable %d, resynchronised %d, in %.0f B/s, out %.0f B/s",
			i, 100*tr.share(p, last), s.RTT.Round(time.Millisecond), s.Corrections, s.Corrections+s.Confirmed,
			s.Starved, s.Frames, s.Undecodable, s.Resynchronised, s.BytesInPerSecond, s.BytesOutPerSecond)
	}
}

// TestSoakTerribleLink is the promise of the README: eight players for ten
// minutes over a terrible link, and nobody is thrown out, no message is lost,
// doubled or out of order, and every snapshot is what the server had.
func TestSoakTerribleLink(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("long and single-threaded: runs without -race and -short")
	}
	start := time.Now()
	tr := newTrial(t, 1, 8, terrible)
	tr.play(10 * time.Minute)
	tr.report(time.Since(start))
}

// TestSameSeedSameBytes plays half a minute twice.
func TestSameSeedSameBytes(t *testing.T) {
	play := func(seed uint64) uint64 {
		tr := newTrial(t, seed, 4, terrible)
		tr.play(30 * time.Second)
		return tr.net.Digest()
	}
	if a, b, other := play(5), play(5), play(6); a != b || a == other {
		t.Errorf("digests %016x, %016x and, of another seed, %016x", a, b, other)
	}
}
