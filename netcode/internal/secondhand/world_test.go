package secondhand

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/flynn/noise"

	"github.com/reckon-engine/reckon/netcode"
)

// A weather is what the link does to datagrams, each way.
type weather struct {
	delay, jitter time.Duration
	loss, double  float64
	mtu           int     // larger datagrams vanish
	mark          float64 // share of datagrams that routers mark
	damage        float64 // share of datagrams of which a bit flips
}

// A world is a server of netcode's and clients of ours, in virtual time.
type world struct {
	t       *testing.T
	now     time.Time
	server  *netcode.Core
	conn    *netcode.Conn // newest that the server announced
	prior   *netcode.Conn
	early   []byte
	hello   []byte
	clients []*client
	weather weather
	random  *rand.Rand
	flying  []flight
	deaf    bool              // the application does not read
	taken   []netcode.Message // what the server received
	marked  uint64            // datagrams to the server that routers marked
	err     error             // of EventClosed
}

// A flight is a datagram on its way.
type flight struct {
	at       time.Time
	toServer bool
	path     netip.AddrPort // the client's address
	data     []byte
	mark     uint8
}

// theGame is declared for both ends, in their own words.
var theGame = game{name: "second", build: 3, schema: 99, channels: []channel{
	{mode: unreliable, maxMessage: 16384},
	{mode: sequenced, maxMessage: 16384},
	{mode: ordered, maxMessage: 262144, window: 524288},
	{mode: unordered, maxMessage: 262144, window: 524288},
	{mode: latest, maxMessage: 1096, maxKeys: 256},
}}

func serverConfig() netcode.Config {
	return netcode.Config{
		Game: netcode.Identity{Name: "second", Build: 3, Schema: 99},
		Channels: []netcode.Channel{
			{Name: "unreliable"},
			{Name: "sequenced", Mode: netcode.UnreliableSequenced},
			{Name: "ordered", Mode: netcode.ReliableOrdered},
			{Name: "unordered", Mode: netcode.ReliableUnordered},
			{Name: "latest", Mode: netcode.ReliableLatest},
		},
		MaxConns: 8,
		Random:   newEntropy(200),
	}
}

func newWorld(t *testing.T, config netcode.Config, w weather) *world {
	t.Helper()
	server, err := netcode.NewCore(config)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, server: server, weather: w,
		now:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		random: rand.New(rand.NewPCG(1, 2)),
	}
}

// address returns one for a client to be at.
func address(host byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), 5000)
}

// connect adds a client.
func (w *world) connect(o options, at netip.AddrPort) *client {
	if o.static.Private == nil {
		key, err := noise.DH25519.GenerateKeypair(newEntropy(o.seed + 100))
		if err != nil {
			w.t.Fatal(err)
		}
		o.static = key
	}
	if o.game.name == "" {
		o.game = theGame
	}
	if o.mode == modeIK && o.serverKey == nil {
		key := w.server.PublicKey()
		o.serverKey = key[:]
	}
	c := newClient(o, at, w.now)
	c.out = func(from netip.AddrPort, data []byte) { w.post(flight{toServer: true, path: from, data: data}) }
	w.clients = append(w.clients, c)
	return c
}

// SendDatagram takes the server's.
func (w *world) SendDatagram(path netcode.Path, data []byte) {
	w.post(flight{path: path.Remote, data: data})
}

func (w *world) post(f flight) {
	f.data = bytes.Clone(f.data)
	if w.weather.mtu > 0 && len(f.data) > w.weather.mtu {
		return
	}
	for range 2 {
		if w.random.Float64() >= w.weather.loss {
			f.at = w.now.Add(w.weather.delay + time.Duration(w.random.Float64()*float64(w.weather.jitter)))
			f.mark = 0
			if w.random.Float64() < w.weather.mark {
				f.mark = 3
			}
			g := f
			if w.random.Float64() < w.weather.damage {
				g.data = bytes.Clone(f.data)
				g.data[w.random.IntN(len(g.data))] ^= 1 << w.random.IntN(8)
			}
			w.flying = append(w.flying, g)
		}
		if w.random.Float64() >= w.weather.double {
			return
		}
	}
}

// run lets time pass, in steps of a millisecond.
func (w *world) run(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(time.Millisecond) {
		w.step()
	}
}

// until lets time pass until something is so.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	for end := w.now.Add(60 * time.Second); !so(); w.now = w.now.Add(time.Millisecond) {
		w.step()
		if w.now.After(end) {
			w.t.Fatalf("a minute passed without: %s", what)
		}
	}
}

func (w *world) step() {
	var due []flight
	w.flying = slices.DeleteFunc(w.flying, func(f flight) bool {
		if f.at.After(w.now) {
			return false
		}
		due = append(due, f)
		return true
	})
	slices.SortStableFunc(due, func(a, b flight) int { return a.at.Compare(b.at) })
	for _, f := range due {
		if f.toServer {
			if f.mark == 3 {
				w.marked++
			}
			w.server.ReceiveMarked(w.now, netcode.Path{Remote: f.path}, f.data, f.mark)
			continue
		}
		for _, c := range w.clients {
			if f.path == c.local || f.path == c.trying || f.path == c.former {
				c.receive(w.now, f.path, f.data)
			}
		}
	}
	w.events()
	w.server.Flush(w.now, w)
	for _, c := range w.clients {
		c.flush(w.now)
		if c.violation != nil {
			w.t.Fatalf("at %v: %v", w.now.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), c.violation)
		}
	}
}

func (w *world) events() {
	for e, ok := w.server.NextEvent(); ok; e, ok = w.server.NextEvent() {
		switch e.Kind {
		case netcode.EventConnected:
			w.conn, w.prior = e.Conn, e.Prior
			w.hello, w.early = bytes.Clone(e.Hello), bytes.Clone(e.Early)
		case netcode.EventClosed:
			w.err = e.Err
		}
	}
	if w.conn == nil || w.deaf {
		return
	}
	for m, ok := w.conn.NextMessage(); ok; m, ok = w.conn.NextMessage() {
		m.Data = bytes.Clone(m.Data)
		w.taken = append(w.taken, m)
	}
}

// send sends a message from the server.
func (w *world) send(channel int, data []byte, opt netcode.SendOptions) {
	w.t.Helper()
	if _, err := w.conn.SendWith(w.now, channel, data, opt); err != nil {
		w.t.Fatalf("channel %d: %v", channel, err)
	}
}

// text is the i-th message of a size, different from all others.
func text(i, size int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%07d ", i), size/8+1)[:max(size, 8)]
}
