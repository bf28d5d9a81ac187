package link

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQueueOrdersLikeASort(t *testing.T) {
	type entry struct {
		at    int64
		order uint64
	}
	random := rand.New(rand.NewPCG(1, 2))
	var q Queue
	var held []entry
	order := uint64(0)
	for step := range 20_000 {
		if random.IntN(100) < 52-4*(step/10_000) {
			order++
			e := entry{int64(random.IntN(50)), order}
			held = append(held, e)
			q.Push(e.at, e.order, e.order*3, e.order*5, binary.BigEndian.AppendUint64(nil, e.order))
			continue
		}
		slices.SortFunc(held, func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order))
		})
		at, order, some := q.Next()
		datagram, tag, ok := q.Pop()
		if ok != (len(held) > 0) || some != ok {
			t.Fatalf("Pop = %t, Next = %t, with %d held", ok, some, len(held))
		}
		if !ok {
			continue
		}
		want := held[0]
		held = held[1:]
		if at != want.at || order != want.order || tag != want.order*3 || q.Label() != want.order*5 || binary.BigEndian.Uint64(datagram) != want.order {
			t.Fatalf("popped %d/%d tag %d %x, want %+v", at, order, tag, datagram, want)
		}
		if q.Len() != len(held) || q.Bytes() != 8*len(held) {
			t.Fatalf("Len, Bytes = %d, %d, want %d, %d", q.Len(), q.Bytes(), len(held), 8*len(held))
		}
	}
}

func TestQueueForgetsGiants(t *testing.T) {
	var q Queue
	q.Push(1, 1, 0, 0, make([]byte, 60_000))
	if _, _, ok := q.Pop(); !ok {
		t.Fatal("nothing to pop")
	}
	q.Pop()
	if n := cap(q.slots[0].datagram); n != 0 {
		t.Errorf("a buffer of %d bytes is kept", n)
	}
}

func mustPipe(t testing.TB, cfg Config, limits PipeLimits) *Pipe {
	t.Helper()
	p, err := NewPipe(cfg, 1, limits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPipeDeliversWhenDue(t *testing.T) {
	p := mustPipe(t, Config{Delay: 10 * time.Millisecond}, PipeLimits{})
	if !p.NextDelivery().IsZero() {
		t.Error("an empty pipe has a delivery")
	}
	if _, ok := p.Pop(epoch); ok {
		t.Error("an empty pipe delivers")
	}
	datagram := []byte("first")
	p.Push(epoch, datagram)
	copy(datagram, "XXXXX") // the pipe has a copy
	p.Push(epoch.Add(time.Millisecond), []byte("second"))

	due := epoch.Add(10 * time.Millisecond)
	if got := p.NextDelivery(); !got.Equal(due) {
		t.Errorf("NextDelivery() = %v, want %v", got, due)
	}
	if got, ok := p.Pop(due.Add(-1)); ok {
		t.Errorf("delivered %q a nanosecond early", got)
	}
	if got, ok := p.Pop(due); !ok || string(got) != "first" {
		t.Errorf("Pop = %q, %t", got, ok)
	}
	if got, ok := p.Pop(due.Add(time.Hour)); !ok || string(got) != "second" {
		t.Errorf("Pop = %q, %t", got, ok)
	}
	if p.Len() != 0 || !p.NextDelivery().IsZero() {
		t.Error("something is left")
	}
}

func TestPipeDeliversCopies(t *testing.T) {
	p := mustPipe(t, Config{Duplicate: 1}, PipeLimits{})
	fate := p.PushLabelled(epoch, 7, []byte("twice"))
	for range 2 {
		if got, ok := p.Pop(epoch); !ok || string(got) != "twice" || p.Label() != 7 {
			t.Fatalf("Pop = %q, %t", got, ok)
		}
	}
	if _, ok := p.Pop(epoch); ok || !fate.Duplicated || p.Counters().Duplicated != 1 {
		t.Errorf("fate %+v, counters %+v, and a third: %t", fate, p.Counters(), ok)
	}
}

func TestPipeLimits(t *testing.T) {
	cfg := Config{Delay: time.Second, Duplicate: 1}
	for _, limits := range []PipeLimits{{Datagrams: 3}, {Bytes: 350}} {
		p := mustPipe(t, cfg, limits)
		var got []Fate
		for range 3 {
			got = append(got, p.Push(epoch, make([]byte, 100)))
		}
		if !got[0].Duplicated || got[1].Cause != Delivered || got[1].Duplicated || got[2].Cause != DroppedLimit {
			t.Errorf("%+v: fates %+v", limits, got)
		}
		want := Counters{
			Sent: 3, SentBytes: 300, Delivered: 2, DeliveredBytes: 200, DroppedLimit: 1, Duplicated: 1,
		}
		if c := p.Counters(); c != want {
			t.Errorf("%+v: counters %+v, want %+v", limits, c, want)
		}
	}
}

// Every datagram that is said to arrive does, at the time it is said to, and
// the counters add up.
func TestPipeKeepsItsWord(t *testing.T) {
	cfg := rough()
	cfg.Unordered = true
	p := mustPipe(t, cfg, PipeLimits{})
	type arrival struct {
		at    int64
		index uint64
	}
	var want, got []arrival
	late, newest := uint64(0), uint64(0)
	now := epoch
	drain := func() {
		for due := p.NextDelivery(); !due.IsZero() && !due.After(now); due = p.NextDelivery() {
			datagram, _ := p.Pop(due)
			got = append(got, arrival{int64(due.Sub(epoch)), binary.BigEndian.Uint64(datagram)})
		}
	}
	for i := range uint64(20_000) {
		now = now.Add(7 * time.Millisecond)
		drain()
		fate := p.Push(now, binary.BigEndian.AppendUint64(nil, i))
		at := now.Sub(epoch)
		if fate.Cause == Delivered {
			want = append(want, arrival{int64(at + fate.Delay), i})
		}
		if fate.Duplicated {
			want = append(want, arrival{int64(at + fate.CopyDelay), i})
		}
	}
	now = now.Add(time.Hour)
	drain()
	slices.SortStableFunc(want, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	if !slices.Equal(got, want) {
		t.Fatalf("%d arrivals, want %d; or their order differs", len(got), len(want))
	}
	first := make(map[uint64]bool)
	for _, a := range got {
		if !first[a.index] && a.index < newest {
			late++
		}
		first[a.index] = true
		newest = max(newest, a.index)
	}
	c := p.Counters()
	if c.Sent != c.Delivered+c.LostRandom+c.LostBurst+c.DroppedQueue+c.DroppedMTU+c.DroppedLimit {
		t.Errorf("counters do not add up: %+v", c)
	}
	if c.Reordered < late*9/10 || c.Reordered > late*11/10 || late == 0 {
		t.Errorf("Reordered = %d, want about %d", c.Reordered, late)
	}
}

func TestPipeDoesNotAllocate(t *testing.T) {
	p := mustPipe(t, rough(), PipeLimits{Bytes: 1 << 20})
	datagram := bytes.Repeat([]byte{1}, 1200)
	now := epoch
	step := func() {
		now = now.Add(9 * time.Millisecond)
		p.Push(now, datagram)
		for _, ok := p.Pop(now); ok; _, ok = p.Pop(now) {
		}
	}
	for range 5000 {
		step()
	}
	if n := testing.AllocsPerRun(5000, step); n != 0 {
		t.Errorf("a datagram allocates %v times, want 0", n)
	}
}

func BenchmarkPipe(b *testing.B) {
	p := mustPipe(b, rough(), PipeLimits{})
	datagram := make([]byte, 200)
	now := epoch
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(3 * time.Millisecond)
		p.Push(now, datagram)
		for _, ok := p.Pop(now); ok; _, ok = p.Pop(now) {
		}
	}
}
