package server_test

import (
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// A walk is the game of these tests: players push and are pushed.
type walk struct {
	schema  *engine.Schema
	input   engine.InputPlan[walkInput]
	players engine.Table[walker]

	names map[engine.PlayerID]string
	left  []engine.PlayerID

	// onStep, if not nil, is called on the server at the end of every tick.
	onStep func(w *engine.World, in *engine.Inputs[walkInput])
}

type walker struct {
	Owner engine.PlayerID `net:"owner"`
	X, Y  int32           `net:"range=0..1000000,lerp,snap=50000"`
	Speed int16           `net:"range=-1000..1000"`
	Shots uint16
}

type walkInput struct {
	Move int8 `net:"range=-1..1"`
	Fire bool
}

// mapMiddle is where everybody starts.
const mapMiddle = 500000

func newWalk(version uint32) *walk {
	g := &walk{schema: engine.NewSchema("walk", version), names: map[engine.PlayerID]string{}}
	g.players = engine.AddTable[walker](g.schema, "players", 32)
	g.input = engine.SetInput[walkInput](g.schema)
	return g
}

func (g *walk) Step(w *engine.World, in *engine.Inputs[walkInput]) {
	for _, p := range g.players.All(w) {
		input, ok := in.For(p.Owner)
		if !ok {
			continue
		}
		p.Speed += int16(input.Move) * 40
		p.Speed -= p.Speed / 8
		p.X += int32(p.Speed)
		p.Y += int32(input.Move)
		if input.Fire {
			p.Shots++
		}
	}
	if in.Authority() && g.onStep != nil {
		g.onStep(w, in)
	}
}

func (g *walk) Join(w *engine.World, p engine.PlayerID, name string) {
	_, row := g.players.SpawnAt(w, int(p))
	row.Owner, row.X, row.Y = p, mapMiddle, mapMiddle
	g.names[p] = name
}

func (g *walk) Leave(w *engine.World, p engine.PlayerID) {
	id, _ := g.players.Slot(w, int(p))
	g.players.Despawn(w, id)
	g.left = append(g.left, p)
}

// weather is what a direction of the network does.
type weather struct {
	delay, jitter time.Duration
	loss          float64
}

// A stage is a server, its clients and the network between them, in virtual
// time. It advances in steps of a millisecond.
type stage struct {
	t      testing.TB
	now    time.Time
	random *rand.Rand
	sky    weather
	game   *walk
	server *server.Server[walkInput]
	actors []*actor
	flying datagrams
	count  int
	deaf   bool // the server is not run
	seed   byte
}

// An actor is a client and whoever sits before it.
type actor struct {
	*client.Client[walkInput]
	path    netcode.Path // as the server sees it
	frame   time.Duration
	next    time.Time
	play    func(now time.Time) walkInput
	drawn   func(now time.Time, w *engine.World)
	asleep  bool
	lazy    bool          // turns only when NextDeadline says so
	skew    time.Duration // its clock is that much behind
	started time.Time
}

type datagram struct {
	at   time.Time
	n    int    // in the order sent, for ties
	to   *actor // nil: the server
	from netcode.Path
	data []byte
}

type datagrams []datagram

func (d datagrams) Len() int { return len(d) }
func (d datagrams) Less(i, j int) bool {
	if d[i].at.Equal(d[j].at) {
		return d[i].n < d[j].n
	}
	return d[i].at.Before(d[j].at)
}
func (d datagrams) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *datagrams) Push(x any)   { *d = append(*d, x.(datagram)) }
func (d *datagrams) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}

var serverPath = netcode.Path{Remote: netip.MustParseAddrPort("10.0.0.1:7777")}

// seeded is a deterministic source of keys.
func seeded(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func newStage(t testing.TB, sky weather, configure func(*server.Config[walkInput])) *stage {
	t.Helper()
	st := &stage{
		t: t, now: time.Unix(0, 0), sky: sky,
		random: rand.New(rand.NewPCG(1, 2)), game: newWalk(1),
	}
	cfg := server.Config[walkInput]{
		Schema: st.game.schema, Input: st.game.input, Game: st.game,
		Random: seeded(0), MaxPlayers: 4,
	}
	if configure != nil {
		configure(&cfg)
	}
	var err error
	if st.server, err = server.New(cfg); err != nil {
		t.Fatal(err)
	}
	return st
}

// enter adds a client that plays at 60 frames a second and begins to connect.
func (st *stage) enter(configure func(*client.Config[walkInput])) *actor {
	st.t.Helper()
	st.seed++
	game := newWalk(1)
	cfg := client.Config[walkInput]{
		Schema: game.schema, Input: game.input, Rules: game, Name: "tester",
		Random: seeded(st.seed),
	}
	if configure != nil {
		configure(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		st.t.Fatal(err)
	}
	a := &actor{
		Client: c, frame: time.Second / 60, next: st.now, started: st.now,
		path: netcode.Path{Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, st.seed}), 5000)},
	}
	if err := c.Connect(st.now, serverPath); err != nil {
		st.t.Fatal(err)
	}
	st.actors = append(st.actors, a)
	return a
}

// up and down carry datagrams away from a flush.
type up struct {
	st   *stage
	from *actor
}

func (u up) SendDatagram(_ netcode.Path, data []byte) { u.st.send(u.from.path, nil, data) }

type down struct{ st *stage }

func (d down) SendDatagram(path netcode.Path, data []byte) {
	for _, a := range d.st.actors {
		if a.path == path {
			d.st.send(serverPath, a, data)
		}
	}
}

func (st *stage) send(from netcode.Path, to *actor, data []byte) {
	if st.random.Float64() < st.sky.loss {
		return
	}
	st.count++
	delay := st.sky.delay + time.Duration(st.random.Float64()*float64(st.sky.jitter))
	heap.Push(&st.flying, datagram{st.now.Add(delay), st.count, to, from, append([]byte(nil), data...)})
}

// run lets d pass.
func (st *stage) run(d time.Duration) {
	for end := st.now.Add(d); st.now.Before(end); st.now = st.now.Add(time.Millisecond) {
		st.step()
	}
}

func (st *stage) step() {
	for len(st.flying) > 0 && !st.flying[0].at.After(st.now) {
		d := heap.Pop(&st.flying).(datagram)
		if d.to != nil {
			d.to.Core().Receive(d.at.Add(-d.to.skew), d.from, d.data)
		} else {
			st.server.Core().Receive(d.at, d.from, d.data)
		}
	}
	if !st.deaf {
		st.server.Advance(st.now)
		st.server.Core().Flush(st.now, down{st})
	}
	for _, a := range st.actors {
		if a.asleep {
			continue
		}
		now := st.now.Add(-a.skew)
		if a.lazy {
			a.next = a.NextDeadline().Add(a.skew)
		}
		if !st.now.Before(a.next) {
			a.next = a.next.Add(a.frame)
			a.turn(now)
			a.Core().Flush(now, up{st, a})
		} else if due := a.Core().NextDeadline(); !due.IsZero() && !due.After(now) {
			a.Core().Flush(now, up{st, a})
		}
	}
}

// turn is one frame.
func (a *actor) turn(now time.Time) {
	var input walkInput
	if a.play != nil {
		input = a.play(now)
	}
	a.Update(now, input)
	if w := a.View(now); w != nil && a.drawn != nil {
		a.drawn(now, w)
	}
}

// wander changes direction a few times a second.
func wander(now time.Time) walkInput {
	beat := now.UnixMilli() / 250
	return walkInput{Move: int8(beat*7%3) - 1, Fire: beat%5 == 0}
}

// mustPlay runs until a plays, for five seconds at most.
func (st *stage) mustPlay(a *actor) {
	st.t.Helper()
	for range 5000 {
		if a.State() == client.Playing {
			return
		}
		st.run(time.Millisecond)
	}
	st.t.Fatalf("after 5 s the client is %v, err %v, want playing", a.State(), a.Err())
}

// own returns the row of a's player in a world.
func (a *actor) own(g *walk, w *engine.World) *walker {
	_, row := g.players.Slot(w, int(a.Player()))
	return row
}
