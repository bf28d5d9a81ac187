package netcode

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
)

// soakSeed replays one seed of TestSoakSeeds.
var soakSeed = flag.Int("soak.seed", -1, "run only this seed of TestSoakSeeds, and say what it does")

// TestSoakSeeds puts many short connections, handshakes included, through the
// worst link there is: 25 % loss, 25 % repeated, 1,000 ± 100 ms one way, a few
// datagrams damaged, with all modes, urgent messages, lifetimes, key changes,
// rebindings and changes of socket. See trial for what must hold.
func TestSoakSeeds(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("long and single-threaded: runs without -race")
	}
	if *soakSeed >= 0 {
		new(trial).run(t, uint64(*soakSeed))
		return
	}
	var all soakTotals
	var heap uint64
	seeds := long.Of(100, 10_000)
	for seed := range seeds {
		r := &trial{}
		r.run(t, uint64(seed)) // no t.Run: ten thousand lines of ok say nothing
		all.add(&r.totals)
		if seed == 20 || seed == seeds-1 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			if seed > 20 && m.HeapAlloc > heap+8<<20 {
				t.Errorf("the heap grew from %d to %d bytes", heap, m.HeapAlloc)
			}
			heap = m.HeapAlloc
		}
	}
	t.Logf("%d seeds, %v of virtual time: %d messages taken, %d refused by full windows; %d arrived, %d notices; %d key changes, %d rebindings, %d changes of socket, %d path changes; %d datagrams",
		seeds, all.virtual.Round(time.Second), all.sent, all.full, all.arrived, all.notices, all.rekeys, all.rebinds, all.moves, all.changes, all.datagrams)
	// What is rare must have happened, or the soak proves nothing about it.
	if all.full == 0 || all.rekeys == 0 || all.changes == 0 || all.expired == 0 || all.notUrgent == 0 {
		t.Errorf("something never happened: %+v", all)
	}
}

// soakTotals count what a trial did.
type soakTotals struct {
	sent, full, arrived, notices, datagrams int
	rekeys, rebinds, moves, changes         uint64
	expired, notUrgent                      uint64
	virtual                                 time.Duration
}

func (a *soakTotals) add(b *soakTotals) {
	a.sent, a.full, a.arrived, a.notices = a.sent+b.sent, a.full+b.full, a.arrived+b.arrived, a.notices+b.notices
	a.datagrams += b.datagrams
	a.rekeys, a.rebinds, a.moves, a.changes = a.rekeys+b.rekeys, a.rebinds+b.rebinds, a.moves+b.moves, a.changes+b.changes
	a.expired, a.notUrgent = a.expired+b.expired, a.notUrgent+b.notUrgent
	a.virtual += b.virtual
}

// A trial is one seed: two connections' ends, and what each way has carried.
// Reliable messages arrive exactly once, ordered ones in order; values end on
// the newest; sequenced messages never go back; every notice that is due comes
// once and is true; nobody is disconnected; what is held stays bounded.
type trial struct {
	*storm
	seed   uint64
	ways   roads
	lanes  [2]lane // what the client sends, what the server sends
	totals soakTotals
}

// A lane is one way of a trial. Message number n of channel ch is sent[ch][n].
type lane struct {
	sent    [6][]posted
	newest  [6]int   // that arrived, + 1
	current [300]int // of each key: its newest message, + 1
	held    [300]int // what the peer has of it
	awaited map[MessageID]ref
}

// posted is what is known of a message that was sent.
type posted struct {
	size             int
	key              uint16
	mortal           bool // it has a lifetime
	arrived, noticed bool
	delivered        bool
}

// ref names a message of a lane.
type ref struct{ channel, number int }

// fail stops, and says how to see it again.
func (r *trial) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("%s\nto replay: go test ./netcode -count=1 -v -run '^TestSoakSeeds$' -args -soak.seed=%d", fmt.Sprintf(format, args...), r.seed)
}

// log says what happens, when a single seed is replayed.
func (r *trial) log(format string, args ...any) {
	if *soakSeed >= 0 {
		r.t.Logf("%v: %s", r.now.Sub(time.Unix(0, 0)), fmt.Sprintf(format, args...))
	}
}

func (r *trial) run(t *testing.T, seed uint64) {
	r.seed = seed
	l := newLab(t, func(server, client *Config) {
		server.Channels = slices.Clone(fiveModes)
		if seed%4 == 3 {
			server.Channels[ReliableOrdered].WindowBytes = 4096 // so that it is full at times
			server.Channels[ReliableOrdered].MaxMessage = 4096
		}
		client.Channels = server.Channels
		server.HandshakeTimeout, client.HandshakeTimeout = time.Minute, time.Minute
		server.Random, client.Random = seeded(2*seed+1), seeded(2*seed+2)
		if seed%8 == 7 {
			server.Suite, client.Suite = SuiteAES256GCM, SuiteAES256GCM
		}
	})
	r.storm = newStorm(l, 10_000+seed)
	l.route = r.ways.route
	r.loss, r.dup, r.corrupted = 0.25, 0.25, 0.01
	r.delay, r.jitter = 900*time.Millisecond, 200*time.Millisecond
	for i := range r.lanes {
		r.lanes[i].awaited = map[MessageID]ref{}
	}
	opt := DialOptions{Hello: []byte("ada")}
	if seed%2 == 0 {
		opt.ServerKey = l.server.PublicKey()
	}
	l.dial(opt)
	r.play()
	r.settle()
	for _, c := range []*Conn{l.conn, l.accepted} {
		r.totals.rekeys += c.Stats().KeyPhase
		for i := range fiveModes {
			s := c.ChannelStats(i)
			r.totals.expired, r.totals.notUrgent = r.totals.expired+s.Expired, r.totals.notUrgent+s.NotUrgent
		}
	}
	r.totals.changes = l.accepted.Stats().PathChanges
	r.totals.virtual = l.now.Sub(time.Unix(0, 0))
	r.totals.datagrams = l.sent[0] + l.sent[1]
	if *soakSeed >= 0 {
		t.Logf("%+v\nclient %+v\nserver %+v", r.totals, l.conn.Stats(), l.accepted.Stats())
	}
}

// play sends for some seconds, each seed at its own pace.
func (r *trial) play() {
	interval := []int{16, 16, 33, 100}[r.random.IntN(4)] // milliseconds
	heavy := r.random.IntN(4) == 0
	end := 5000 + r.random.IntN(3000)
	for ms, open := 0, 0; open < end; ms += interval {
		for next := r.now.Add(time.Duration(interval) * time.Millisecond); r.now.Before(next); {
			r.skip(next)
			r.step()
		}
		r.check()
		if ms > 60_000 {
			r.fail("no connection within a minute")
		}
		if r.accepted == nil || r.conn.State() != StateOpen {
			continue
		}
		open += interval
		for i, c := range []*Conn{r.conn, r.accepted} {
			r.say(i, c, heavy)
			if r.random.IntN(2500) < interval {
				c.Rekey(r.now)
			}
		}
		switch r.random.IntN(15_000 / interval) {
		case 0, 1:
			socket := r.random.IntN(2)
			r.ways[socket]++
			r.totals.rebinds++
			r.log("socket %d has another port", socket)
		case 2:
			r.move(r.conn.MovePath)
		case 3:
			r.move(r.conn.TryPath)
		}
	}
}

// move gives the client its other socket.
func (r *trial) move(how func(time.Time, Path) error) {
	if how(r.now, Path{Remote: serverPath.Remote, Carrier: 1 - r.conn.Path().Carrier}) == nil {
		r.totals.moves++
		r.log("from socket %d to the other", r.conn.Path().Carrier)
	}
}

// say sends what one end has to say in a tick.
func (r *trial) say(way int, c *Conn, heavy bool) {
	rare := func(n int) bool { return r.random.IntN(n) == 0 }
	r.send(way, c, int(Unreliable), r.random.IntN(200), SendOptions{})
	r.send(way, c, int(UnreliableSequenced), 24, SendOptions{})
	if rare(20) {
		r.send(way, c, int(Unreliable), r.random.IntN(4000), SendOptions{Lifetime: time.Duration(1+r.random.IntN(50)) * time.Millisecond})
	}
	if rare(4) {
		size := r.random.IntN(60) * r.random.IntN(60)
		r.send(way, c, int(ReliableOrdered), size, SendOptions{Urgent: size <= 56 && rare(2), Notify: rare(2)})
	}
	if rare(3) {
		opt, size := SendOptions{Notify: rare(2)}, r.random.IntN(50)
		switch r.random.IntN(4) {
		case 0:
			opt.Lifetime = time.Duration(1+r.random.IntN(4000)) * time.Millisecond
		case 1:
			opt.Urgent = true
		case 2:
			size = r.random.IntN(3000)
		}
		r.send(way, c, int(ReliableUnordered), size, opt)
	}
	if rare(2) {
		opt := SendOptions{Key: uint16(r.random.IntN(300)), Notify: rare(2), Urgent: rare(8)}
		if rare(3) {
			opt.Key %= 4
		}
		if rare(10) {
			opt.Lifetime = time.Duration(1+r.random.IntN(3000)) * time.Millisecond
		}
		r.send(way, c, int(ReliableLatest), r.random.IntN(40), opt)
	}
	if heavy && rare(40) && len(r.lanes[way].sent[bulkChannel]) < 3 { // the link gives it 5 kB/s
		r.send(way, c, bulkChannel, r.random.IntN(20_000), SendOptions{})
	}
}

// send sends message number n of a channel: n, and bytes that follow from it.
func (r *trial) send(way int, c *Conn, channel, size int, opt SendOptions) {
	w := &r.lanes[way]
	n := len(w.sent[channel])
	m := content(channel, n, 8+size)
	id, err := c.SendWith(r.now, channel, m, opt)
	if err == ErrWindowFull {
		r.totals.full++
		return
	}
	if err != nil {
		r.fail("end %d, channel %d, %+v: %v", way, channel, opt, err)
	}
	r.totals.sent++
	w.sent[channel] = append(w.sent[channel], posted{size: len(m), key: opt.Key, mortal: opt.Lifetime > 0})
	if channel == int(ReliableLatest) {
		w.current[opt.Key] = n + 1
	}
	if opt.Notify || channel < int(ReliableOrdered) {
		w.awaited[id] = ref{channel, n}
	}
}

func content(channel, n, size int) []byte {
	m := binary.LittleEndian.AppendUint64(make([]byte, 0, size), uint64(n))
	for x := uint32(n*8 + channel); len(m) < size; {
		x = x*1664525 + 1013904223
		m = append(m, byte(x>>24))
	}
	return m
}

// check takes what has arrived at both ends, and only then the notices.
func (r *trial) check() {
	conns := []*Conn{r.conn, r.accepted}
	for i, c := range conns {
		if c == nil {
			continue
		}
		if c.State() == StateClosed {
			r.fail("end %d at %v: %v", i, r.now.Sub(time.Unix(0, 0)), c.Err())
		}
		for m, ok := c.NextMessage(); ok; m, ok = c.NextMessage() {
			r.take(1-i, &m)
		}
	}
	for i, c := range conns {
		if c == nil {
			continue
		}
		for n, ok := c.NextNotice(); ok; n, ok = c.NextNotice() {
			r.notice(i, n)
		}
	}
	r.sane()
	r.events = r.events[:0]
}

// take checks a message that way has carried.
func (r *trial) take(way int, m *Message) {
	w := &r.lanes[way]
	n, before := int(binary.LittleEndian.Uint64(m.Data)), w.newest[m.Channel]
	if n >= len(w.sent[m.Channel]) {
		r.fail("way %d, channel %d: message %d was never sent", way, m.Channel, n)
	}
	p := &w.sent[m.Channel][n]
	if p.arrived {
		r.fail("way %d, channel %d: message %d came twice", way, m.Channel, n)
	}
	if m.Key != p.key || !bytes.Equal(m.Data, content(m.Channel, n, p.size)) {
		r.fail("way %d, channel %d: message %d is not what was sent", way, m.Channel, n)
	}
	p.arrived = true
	r.totals.arrived++
	w.newest[m.Channel] = max(before, n+1)
	switch fiveModes[m.Channel].Mode {
	case UnreliableSequenced:
		if n < before {
			r.fail("way %d: input %d after %d", way, n, before-1)
		}
	case ReliableOrdered:
		if n != before {
			r.fail("way %d, channel %d: message %d, want %d", way, m.Channel, n, before)
		}
	case ReliableLatest:
		if n < w.held[m.Key] {
			r.fail("way %d: value %d of key %d after %d", way, n, m.Key, w.held[m.Key]-1)
		}
		w.held[m.Key] = n + 1
	}
}

// notice checks a notice of the end that sends on way.
func (r *trial) notice(way int, n Notice) {
	w := &r.lanes[way]
	at, ok := w.awaited[n.ID]
	if !ok || at.channel != n.Channel {
		r.fail("way %d: notice %+v of a message that has none, or twice", way, n)
	}
	delete(w.awaited, n.ID)
	r.totals.notices++
	p := &w.sent[at.channel][at.number]
	p.noticed, p.delivered = true, n.Delivered
	if !n.Delivered {
		if fiveModes[at.channel].Mode == ReliableOrdered || fiveModes[at.channel].Mode == ReliableUnordered && !p.mortal {
			r.fail("way %d, channel %d: message %d is noted as lost", way, at.channel, at.number)
		}
		return
	}
	switch fiveModes[at.channel].Mode {
	case ReliableOrdered: // handed over in its turn: settle looks
	case UnreliableSequenced:
		if w.newest[at.channel] <= at.number {
			r.fail("way %d: input %d is noted as delivered, the newest is %d", way, at.number, w.newest[at.channel]-1)
		}
	case ReliableLatest:
		if w.held[p.key] <= at.number {
			r.fail("way %d: value %d of key %d is noted as delivered, the peer has %d", way, at.number, p.key, w.held[p.key]-1)
		}
	default:
		if !p.arrived {
			r.fail("way %d, channel %d: message %d is noted as delivered and did not arrive", way, at.channel, at.number)
		}
	}
}

// settle waits until nothing is under way, and looks at what has arrived.
func (r *trial) settle() {
	for end := r.now.Add(5 * time.Minute); r.busy(); {
		if r.now.After(end) {
			r.fail("after five minutes something is still under way: awaited %v and %v; client %+v; server %+v",
				r.lanes[0].awaited, r.lanes[1].awaited, r.conn.Stats(), r.accepted.Stats())
		}
		r.skip(end)
		r.step()
		r.check()
	}
	for way := range r.lanes {
		w := &r.lanes[way]
		for _, channel := range []int{int(ReliableOrdered), int(ReliableUnordered), bulkChannel} {
			for n, p := range w.sent[channel] {
				if !p.arrived && (!p.mortal || p.delivered) {
					r.fail("way %d, channel %d: message %d of %d did not arrive", way, channel, n, len(w.sent[channel]))
				}
			}
		}
		for key, n := range w.current {
			if n != w.held[key] && !w.sent[ReliableLatest][n-1].mortal {
				r.fail("way %d: key %d ends on %d, want %d", way, key, w.held[key]-1, n-1)
			}
		}
	}
}

func (r *trial) busy() bool {
	for i, c := range []*Conn{r.conn, r.accepted} {
		for ch := range fiveModes {
			if fiveModes[ch].Mode.reliable() && !c.channels[ch].reliable.Idle() {
				return true
			}
		}
		if len(r.lanes[i].awaited) > 0 {
			return true
		}
	}
	return false
}
