package session

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

// move is the input of the vectors in docs/SESSION.md.
type move struct {
	X, Y int8   `net:"range=-1..1"`
	Aim  uint16 `net:"bits=12"`
	Fire bool
}

func newTestCodec(t testing.TB) *InputCodec[move] {
	t.Helper()
	s := engine.NewSchema("session", 1)
	plan := engine.SetInput[move](s)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return NewInputCodec(plan)
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seen returns a View.
func seen(from engine.Tick, span uint8, frac engine.Frac) interp.View {
	return interp.View{From: from, Span: span, Frac: frac * interp.FracStep}
}

// The vectors are those of docs/SESSION.md, appendix A.
var inputVectors = []struct {
	name string
	m    InputMessage[move]
	wire string
}{
	{"neutral, nothing seen", InputMessage[move]{Tick: 1, Inputs: []Input[move]{{}}}, "00 0100 02"},
	{"three inputs", InputMessage[move]{
		Epoch: 2, Tick: 1000, HasSnapshot: true, Snapshot: 993,
		Inputs: []Input[move]{
			{move{X: 1, Aim: 100}, seen(988, 1, 128)},
			{move{X: 1, Aim: 100}, seen(989, 1, 128)},
			{move{X: 1, Aim: 104, Fire: true}, seen(990, 1, 131)},
		},
	}, "92 e803 0e 4b8f9102009ab983"},
	{"across the wrap", InputMessage[move]{
		Epoch: 3, NeedFull: true, Tick: 2, HasSnapshot: true, Snapshot: 0xfffffffe,
		Inputs: []Input[move]{
			{move{Y: -1}, seen(0xfffffff8, 3, 0)},
			{move{Y: -1}, seen(0xfffffff8, 3, 85)},
		},
	}, "8f 0200 08 054a0800a41055"},
}

func TestInputWire(t *testing.T) {
	c := newTestCodec(t)
	for _, v := range inputVectors {
		got := c.Append(nil, &v.m)
		if want := unhex(t, v.wire); !bytes.Equal(got, want) {
			t.Errorf("%s: Append = %x, want %x", v.name, got, want)
		}
		var m InputMessage[move]
		if err := c.Consume(got, v.m.Tick+100, &m); err != nil || !reflect.DeepEqual(m, v.m) {
			t.Errorf("%s: Consume = %+v, %v, want %+v", v.name, m, err, v.m)
		}
		for n := range got {
			if err := c.Consume(got[:n], v.m.Tick, &m); err == nil {
				t.Errorf("%s: the first %d of %d bytes are accepted", v.name, n, len(got))
			}
		}
		if err := c.Consume(append(got, 0), v.m.Tick, &m); err == nil {
			t.Errorf("%s: a byte too many is accepted", v.name)
		}
	}
}

func TestHeaderWire(t *testing.T) {
	encoded := unhex(t, "e8030000 01") // a full snapshot of tick 1000, its header
	for _, v := range []struct {
		h    SnapshotHeader
		wire string
	}{
		{SnapshotHeader{}, "00"},
		{SnapshotHeader{Epoch: 1, HasInput: true, Input: 1007}, "05 0e"},
		{SnapshotHeader{Epoch: 2, HasInput: true, Input: 999, HasSlack: true, Slack: 24}, "0e 01 30"},
		{SnapshotHeader{HasSlack: true, Slack: -2048}, "08 ff1f"},
	} {
		want := append(unhex(t, v.wire), encoded...)
		got := append(AppendSnapshotHeader(nil, v.h, 1000), encoded...)
		if !bytes.Equal(got, want) {
			t.Errorf("AppendSnapshotHeader(%+v) = %x, want %x", v.h, got, want)
		}
		h, tick, rest, err := ConsumeSnapshotHeader(got)
		if err != nil || h != v.h || tick != 1000 || !bytes.Equal(rest, encoded) {
			t.Errorf("ConsumeSnapshotHeader(%x) = %+v, %d, %x, %v, want %+v", got, h, tick, rest, err, v.h)
		}
		for n := range got {
			if _, _, _, err := ConsumeSnapshotHeader(got[:n]); err == nil {
				t.Errorf("%+v: the first %d of %d bytes are accepted", v.h, n, len(got))
			}
		}
	}
}

func TestWelcomeWire(t *testing.T) {
	w := Welcome{Player: 3, MaxPlayers: 16, SnapshotEvery: 2, TickRate: 60, Tick: 70000}
	got := AppendWelcome(nil, w)
	if want := unhex(t, "00 03 10 02 3c00 70110100"); !bytes.Equal(got, want) {
		t.Errorf("AppendWelcome = %x, want %x", got, want)
	}
	if back, err := ConsumeWelcome(got); err != nil || back != w {
		t.Errorf("ConsumeWelcome = %+v, %v, want %+v", back, err, w)
	}
	for n := range got {
		if _, err := ConsumeWelcome(got[:n]); err == nil {
			t.Errorf("the first %d bytes are accepted", n)
		}
	}
	for _, bad := range []Welcome{
		{Player: 16, MaxPlayers: 16, SnapshotEvery: 1, TickRate: 60},
		{MaxPlayers: 16, SnapshotEvery: 0, TickRate: 60},
		{MaxPlayers: 16, SnapshotEvery: 33, TickRate: 60},
		{MaxPlayers: 16, SnapshotEvery: 1, TickRate: 0},
		{MaxPlayers: 16, SnapshotEvery: 1, TickRate: 1001},
	} {
		if _, err := ConsumeWelcome(AppendWelcome(nil, bad)); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestSlack(t *testing.T) {
	const interval = 16 * time.Millisecond
	for _, test := range []struct {
		d    time.Duration
		want Slack
	}{
		{0, 0},
		{interval, 16},
		{1999 * time.Microsecond, 1},
		{-1, -1},
		{-interval, -16},
		{time.Hour, maxSlack},
		{-time.Hour, -maxSlack},
	} {
		if got := SlackOf(test.d, interval); got != test.want {
			t.Errorf("SlackOf(%v) = %d, want %d", test.d, got, test.want)
		}
	}
	if got := Slack(-24).Duration(interval); got != -24*time.Millisecond {
		t.Errorf("Duration = %v, want -24ms", got)
	}
}

func TestCleanName(t *testing.T) {
	for _, test := range []struct{ raw, want string }{
		{"", ""},
		{"Ada", "Ada"},
		{"  Ada \t Lovelace\n", "Ada Lovelace"},
		{"Ada\x00\x1b[31m", "Ada[31m"},
		{"\xff\xfeAda\xc3", "Ada"},
		{"Ada\u202eevil", "Adaevil"},
		{"Šárka Žižková", "Šárka Žižková"},
		{strings.Repeat("ž", 20), strings.Repeat("ž", 12)},
		{strings.Repeat("a", 23) + "ž", strings.Repeat("a", 23)},
		{strings.Repeat("a", 23) + " b", strings.Repeat("a", 23)},
		{strings.Repeat(" ", 5000) + "a", ""},
	} {
		if got := CleanName([]byte(test.raw)); got != test.want {
			t.Errorf("CleanName(%q) = %q, want %q", test.raw, got, test.want)
		}
	}
}

// What is accepted is reproduced: the encoding is canonical.
func FuzzInputMessage(f *testing.F) {
	c := newTestCodec(f)
	for _, v := range inputVectors {
		f.Add(c.Append(nil, &v.m))
	}
	var m InputMessage[move]
	f.Fuzz(func(t *testing.T, data []byte) {
		if c.Consume(data, 1000, &m) != nil {
			return
		}
		if n := len(m.Inputs); n < 1 || n > MaxInputs {
			t.Fatalf("%d inputs", n)
		}
		for _, in := range m.Inputs {
			if !in.View.Valid() {
				t.Fatalf("view %+v is not valid", in.View)
			}
		}
		if again := c.Append(nil, &m); !bytes.Equal(again, data) {
			t.Fatalf("Consume(%x) re-encodes as %x", data, again)
		}
	})
}

func FuzzSnapshotHeader(f *testing.F) {
	f.Add(unhex(f, "0e 01 30 e8030000 01"))
	f.Add(unhex(f, "08 ff1f e8030000 00 01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, tick, rest, err := ConsumeSnapshotHeader(data)
		if err != nil {
			return
		}
		if again := append(AppendSnapshotHeader(nil, h, tick), rest...); !bytes.Equal(again, data) {
			t.Fatalf("ConsumeSnapshotHeader(%x) re-encodes as %x", data, again)
		}
		if _, _, _, err := snapshot.Peek(rest); err != nil {
			t.Fatalf("accepted, but the snapshot's own header is %v", err)
		}
	})
}

func FuzzOrdered(f *testing.F) {
	f.Add(unhex(f, "00 03 10 02 3c00 70110100"))
	f.Add([]byte("\x01hello"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, err := ConsumeWelcome(data); err == nil && !bytes.Equal(AppendWelcome(nil, w), data) {
			t.Fatalf("ConsumeWelcome(%x) re-encodes as %x", data, AppendWelcome(nil, w))
		}
		if m, err := ConsumeApplication(data); err == nil && !bytes.Equal(AppendApplication(nil, m), data) {
			t.Fatalf("ConsumeApplication(%x) re-encodes as %x", data, AppendApplication(nil, m))
		}
	})
}

func FuzzCleanName(f *testing.F) {
	f.Add([]byte("  Ada \t Lovelace\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		name := CleanName(raw)
		if len(name) > MaxName {
			t.Fatalf("CleanName(%q) has %d bytes", raw, len(name))
		}
		if again := CleanName([]byte(name)); again != name {
			t.Fatalf("CleanName(%q) = %q, cleaned once more %q", raw, name, again)
		}
	})
}

func BenchmarkInputMessage(b *testing.B) {
	c := newTestCodec(b)
	m := inputVectors[1].m
	var back InputMessage[move]
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = c.Append(buf[:0], &m)
		if err := c.Consume(buf, m.Tick, &back); err != nil {
			b.Fatal(err)
		}
	}
}
