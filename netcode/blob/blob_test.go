package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/blob"
)

const chFiles = 1

// A pair is two ends of a connection in virtual time, 20 ms apart, with loss.
type pair struct {
	t      testing.TB
	now    time.Time
	random *rand.Rand
	loss   float64
	cores  [2]*netcode.Core
	conns  [2]*netcode.Conn
	muxes  [2]*blob.Mux
	flying []flight
}

type flight struct {
	at   time.Time
	to   int
	data []byte
}

var paths = [2]netcode.Path{
	{Remote: netip.MustParseAddrPort("10.0.0.2:5000")}, // the client, for the server
	{Remote: netip.MustParseAddrPort("10.0.0.1:7777")},
}

type sender struct {
	p    *pair
	from int
}

func (s sender) SendDatagram(_ netcode.Path, d []byte) {
	if s.p.random.Float64() >= s.p.loss {
		s.p.flying = append(s.p.flying, flight{s.p.now.Add(20 * time.Millisecond), 1 - s.from, bytes.Clone(d)})
	}
}

func newPair(t testing.TB, opts [2]blob.Options) *pair {
	t.Helper()
	p := &pair{t: t, now: time.Unix(0, 0), random: rand.New(rand.NewPCG(1, 2))}
	for i := range p.cores {
		cfg := netcode.Config{
			Game: netcode.Identity{Name: "test", Build: 1},
			Channels: []netcode.Channel{
				{Name: "state", Mode: netcode.Unreliable},
				{Name: "files", Mode: netcode.ReliableOrdered, MaxMessage: 64 << 10, WindowBytes: 1 << 20, Priority: 7},
			},
			Random: rand.NewChaCha8([32]byte{byte(i)}), MaxConns: 1 - i,
		}
		var err error
		if p.cores[i], err = netcode.NewCore(cfg); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if p.conns[1], err = p.cores[1].Dial(p.now, paths[1], netcode.DialOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if p.step(); p.conns[0] != nil && p.conns[1].State() == netcode.StateOpen {
			break
		}
	}
	for i := range p.muxes {
		opts[i].Channel = chFiles
		if p.muxes[i], err = blob.New(p.conns[i], opts[i]); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// step lets a millisecond pass.
func (p *pair) step() {
	rest := p.flying[:0]
	for _, f := range p.flying {
		if f.at.After(p.now) {
			rest = append(rest, f)
			continue
		}
		p.cores[f.to].Receive(p.now, paths[f.to], f.data)
	}
	p.flying = rest
	for i, core := range p.cores {
		for e, ok := core.NextEvent(); ok; e, ok = core.NextEvent() {
			if e.Kind == netcode.EventConnected && i == 0 {
				p.conns[0] = e.Conn
			}
		}
		if m := p.muxes[i]; m != nil {
			for _, data, ok := p.conns[i].Receive(); ok; _, data, ok = p.conns[i].Receive() {
				if err := m.Receive(data); err != nil {
					p.t.Fatal(err)
				}
			}
			if err := m.Update(p.now); err != nil {
				p.t.Fatal(err)
			}
		}
		core.Flush(p.now, sender{p, i})
	}
	p.now = p.now.Add(time.Millisecond)
}

func (p *pair) until(what string, limit time.Duration, done func() bool) {
	p.t.Helper()
	for end := p.now.Add(limit); !done(); p.step() {
		if p.now.After(end) {
			p.t.Fatalf("%v passed without: %s", limit, what)
		}
	}
}

// noise returns n bytes that do not compress.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	random := rand.New(rand.NewPCG(seed, 9))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// keep accepts everything into buffers by name.
func keep(into map[string]*bytes.Buffer) func(*blob.Transfer) (io.Writer, error) {
	return func(t *blob.Transfer) (io.Writer, error) {
		into[t.Name()] = new(bytes.Buffer)
		return into[t.Name()], nil
	}
}

// TestSend: blobs of every awkward size, of known size and not, both ways at
// once, over a lossy link, arrive as they are, with progress that only grows.
func TestSend(t *testing.T) {
	got := [2]map[string]*bytes.Buffer{{}, {}}
	p := newPair(t, [2]blob.Options{{Accept: keep(got[0])}, {Accept: keep(got[1])}})
	p.loss = 0.05
	var all []*blob.Transfer
	want := map[string][]byte{}
	for i, size := range []int{0, 1, 16 << 10, 16<<10 + 1, 300_000, 2_000_000} {
		from := i % 2
		name := fmt.Sprint("file ", i)
		want[name] = noise(uint64(i), size)
		known := int64(size)
		if i%3 == 2 {
			known = blob.Unknown
		}
		transfer, err := p.muxes[from].Send(name, iotest.HalfReader(bytes.NewReader(want[name])), known)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, transfer)
	}
	progress := make([]int64, len(all))
	p.until("all are there", 60*time.Second, func() bool {
		done := true
		for i, transfer := range all {
			if transfer.Bytes() < progress[i] {
				t.Fatalf("%s went back from %d to %d", transfer.Name(), progress[i], transfer.Bytes())
			}
			progress[i] = transfer.Bytes()
			done = done && transfer.Done()
		}
		return done
	})
	for i, transfer := range all {
		name := transfer.Name()
		if err := transfer.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b := got[1-i%2][name]
		if b == nil || !bytes.Equal(b.Bytes(), want[name]) || transfer.Bytes() != int64(len(want[name])) {
			t.Errorf("%s arrived otherwise", name)
		}
	}
	for _, m := range p.muxes {
		if n := len(m.Transfers()); n != 0 {
			t.Errorf("%d transfers are left", n)
		}
	}
}

// TestTakingTurns: a small blob does not wait for a large one.
func TestTakingTurns(t *testing.T) {
	got := map[string]*bytes.Buffer{}
	p := newPair(t, [2]blob.Options{{Accept: keep(got)}, {}})
	large, err := p.muxes[1].Send("large", bytes.NewReader(noise(1, 20<<20)), 20<<20)
	if err != nil {
		t.Fatal(err)
	}
	p.until("the large one is under way", 10*time.Second, func() bool { return large.Bytes() > 1<<20 })
	small, err := p.muxes[1].Send("small", bytes.NewReader(noise(2, 100_000)), 100_000)
	if err != nil {
		t.Fatal(err)
	}
	p.until("the small one is there", 10*time.Second, small.Done)
	if large.Done() {
		t.Error("the small one waited for the large one")
	}
}

func TestCancel(t *testing.T) {
	for _, by := range []string{"sender", "receiver"} {
		got := map[string]*bytes.Buffer{}
		var in *blob.Transfer
		ended := 0
		p := newPair(t, [2]blob.Options{
			{Done: func(*blob.Transfer) { ended++ }, Accept: func(o *blob.Transfer) (io.Writer, error) {
				in = o
				return keep(got)(o)
			}},
			{Done: func(*blob.Transfer) { ended++ }},
		})
		out, err := p.muxes[1].Send("x", bytes.NewReader(noise(1, 5<<20)), 5<<20)
		if err != nil {
			t.Fatal(err)
		}
		p.until("it is under way", 10*time.Second, func() bool { return out.Bytes() > 100_000 })
		one, other := out, in
		if by == "receiver" {
			one, other = in, out
		}
		one.Cancel("changed my mind")
		one.Cancel("twice")
		p.until("the other end hears of it", time.Second, other.Done)
		var peer *blob.PeerError
		if !errors.Is(one.Err(), blob.ErrCanceled) || !errors.As(other.Err(), &peer) || peer.Text != "changed my mind" {
			t.Errorf("%s: %v; %v", by, one.Err(), other.Err())
		}
		for range 500 {
			p.step()
		}
		if ended != 2 || len(p.muxes[0].Transfers())+len(p.muxes[1].Transfers()) != 0 {
			t.Errorf("%s: %d ends", by, ended)
		}
	}
}

// TestPause: a receiver that has no room stops the sender, and nothing is lost.
func TestPause(t *testing.T) {
	got := map[string]*bytes.Buffer{}
	var in *blob.Transfer
	p := newPair(t, [2]blob.Options{{Window: 256 << 10, Accept: func(o *blob.Transfer) (io.Writer, error) {
		in = o
		return keep(got)(o)
	}}, {}})
	data := noise(3, 3<<20)
	out, err := p.muxes[1].Send("x", bytes.NewReader(data), blob.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	p.until("it is under way", 10*time.Second, func() bool { return in != nil && in.Bytes() > 300_000 })
	in.Pause()
	at := in.Bytes()
	for range 3000 {
		p.step()
	}
	if more := in.Bytes() - at; more > 256<<10 {
		t.Errorf("%d bytes came in a pause", more)
	}
	held := in.Bytes()
	for range 1000 {
		p.step()
	}
	if in.Bytes() != held {
		t.Error("the pause does not hold")
	}
	in.Resume()
	p.until("the rest is there", 30*time.Second, out.Done)
	if !bytes.Equal(got["x"].Bytes(), data) {
		t.Error("it arrived otherwise")
	}
}

type failing struct{ after int }

func (f *failing) Write(b []byte) (int, error) {
	if f.after -= len(b); f.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name     string
		accept   func(*blob.Transfer) (io.Writer, error)
		reader   io.Reader
		size     int64
		mine     string // the sender's error has this
		complete bool
	}{
		{"nothing is accepted", nil, strings.NewReader("x"), 1, "nothing is accepted here", false},
		{"not accepted", func(*blob.Transfer) (io.Writer, error) { return nil, errors.New("too big for me") }, strings.NewReader("x"), 1, "too big for me", false},
		{"disk full", func(*blob.Transfer) (io.Writer, error) { return &failing{50_000}, nil }, bytes.NewReader(make([]byte, 200_000)), 200_000, "cannot write", false},
		{"unreadable", keep(map[string]*bytes.Buffer{}), iotest.ErrReader(broken), 10, "broken", false},
		{"shrunk", keep(map[string]*bytes.Buffer{}), strings.NewReader("short"), 10, "unexpected EOF", false},
		{"grown", keep(map[string]*bytes.Buffer{}), strings.NewReader("much longer"), 4, "more than the size", false},
		{"one byte at a time", keep(map[string]*bytes.Buffer{}), iotest.OneByteReader(strings.NewReader("slow")), 4, "", true},
	} {
		p := newPair(t, [2]blob.Options{{Accept: test.accept}, {}})
		out, err := p.muxes[1].Send("x", test.reader, test.size)
		if err != nil {
			t.Fatal(err)
		}
		p.until(test.name+": it ends", 10*time.Second, out.Done)
		switch {
		case test.complete:
			if out.Err() != nil {
				t.Errorf("%s: %v", test.name, out.Err())
			}
		case out.Err() == nil || !strings.Contains(out.Err().Error(), test.mine):
			t.Errorf("%s: %v, want %q", test.name, out.Err(), test.mine)
		}
	}
}

func TestLimits(t *testing.T) {
	p := newPair(t, [2]blob.Options{{MaxTransfers: 1, Accept: keep(map[string]*bytes.Buffer{})}, {MaxTransfers: 2}})
	var out []*blob.Transfer
	for range 2 {
		o, err := p.muxes[1].Send("x", bytes.NewReader(make([]byte, 1<<20)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	if _, err := p.muxes[1].Send("x", nil, 1); !errors.Is(err, blob.ErrTooMany) {
		t.Errorf("the third of two: %v", err)
	}
	p.until("the second is refused", time.Second, out[1].Done)
	if err := out[1].Err(); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("the second of one: %v", err)
	}
	p.muxes[1].Close()
	if !errors.Is(out[0].Err(), blob.ErrClosed) {
		t.Errorf("after Close: %v", out[0].Err())
	}
	for _, test := range []struct {
		opt  blob.Options
		want string
	}{
		{blob.Options{Channel: chFiles, Chunk: -1}, "Options.Chunk"},
		{blob.Options{Channel: chFiles, Chunk: 64 << 10}, "Options.Chunk"},
		{blob.Options{Channel: chFiles, Window: 5}, "Options.Window"},
		{blob.Options{Channel: chFiles, MaxTransfers: -1}, "Options.MaxTransfers"},
	} {
		if _, err := blob.New(p.conns[0], test.opt); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New: %v, want %s", err, test.want)
		}
	}
	if _, err := p.muxes[0].Send(strings.Repeat("n", 256), nil, 0); err == nil {
		t.Error("a name of 256 bytes")
	}
	if _, err := p.muxes[0].Send("n", nil, -2); err == nil {
		t.Error("a size of -2")
	}
}

// A loop is a Conn whose messages come back to the test.
type loop struct{ sent [][]byte }

func (l *loop) Send(_ time.Time, _ int, m []byte) (netcode.MessageID, error) {
	l.sent = append(l.sent, bytes.Clone(m))
	return 0, nil
}
func (l *loop) Writable(int) int        { return 64 << 10 }
func (l *loop) Acknowledged(int) uint64 { return 0 }

// FuzzReceive: messages of a hostile peer, one after another, cost no more than
// what was accepted.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{3, 0, 1, 4, 5, 1, 1, 'a', 'b', 'c', 3, 2, 1, 3})
	f.Add([]byte{4, 0, 1, 0, 'x', 2, 4, 1, 2, 5, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		written := 0
		conn := &loop{}
		m, err := blob.New(conn, blob.Options{Channel: chFiles, Window: 64 << 10, MaxTransfers: 3, Accept: func(*blob.Transfer) (io.Writer, error) {
			return writerFunc(func(b []byte) { written += len(b) }), nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Send("mine", strings.NewReader("some data"), blob.Unknown); err != nil {
			t.Fatal(err)
		}
		for len(in) > 0 {
			n := min(int(in[0]), len(in)-1)
			_ = m.Receive(in[1 : 1+n])
			in = in[1+n:]
			if err := m.Update(time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
			if n := len(m.Transfers()); n > 4 {
				t.Fatalf("%d transfers", n)
			}
		}
	})
}

type writerFunc func([]byte)

func (w writerFunc) Write(b []byte) (int, error) { w(b); return len(b), nil }
