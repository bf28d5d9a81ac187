package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/rpc"
)

// A pair is two Peers whose messages wait in between.
type pair struct {
	t      testing.TB
	now    time.Time
	a, b   *rpc.Peer
	mu     sync.Mutex // for the messages
	toA    [][]byte
	toB    [][]byte
	broken error // what Send returns
}

func newPair(t testing.TB) *pair {
	p := &pair{t: t, now: time.Unix(0, 0)}
	p.a = rpc.New(rpc.Options{Send: p.sender(&p.toB), MaxCalls: 4})
	p.b = rpc.New(rpc.Options{Send: p.sender(&p.toA), MaxCalls: 3})
	return p
}

func (p *pair) sender(to *[][]byte) func([]byte) error {
	return func(m []byte) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.broken != nil {
			return p.broken
		}
		*to = append(*to, bytes.Clone(m))
		return nil
	}
}

// carry delivers what waits, both ways, until nothing does.
func (p *pair) carry() {
	for {
		p.mu.Lock()
		toA, toB := p.toA, p.toB
		p.toA, p.toB = nil, nil
		p.mu.Unlock()
		if len(toA)+len(toB) == 0 {
			return
		}
		for _, m := range toB {
			if err := p.b.Receive(p.now, m); err != nil {
				p.t.Fatal(err)
			}
		}
		for _, m := range toA {
			if err := p.a.Receive(p.now, m); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

type sum struct{ A, B int }

func result[R any](t *testing.T, c *rpc.Pending[R]) (R, error) {
	t.Helper()
	r, done, err := c.Result()
	if !done {
		t.Fatal("no result")
	}
	return r, err
}

func TestCall(t *testing.T) {
	p := newPair(t)
	rpc.Handle(p.b, "add", func(s sum) (int, error) { return s.A + s.B, nil })
	rpc.Handle(p.b, "div", func(s sum) (int, error) {
		if s.B == 0 {
			return 0, errors.New("division by zero")
		}
		return s.A / s.B, nil
	})
	add, err := rpc.Start[int](p.a, p.now, "add", sum{2, 3}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	div, err := rpc.Start[int](p.a, p.now, "div", sum{2, 0}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, done, _ := add.Result(); done {
		t.Fatal("a result before the answer")
	}
	p.carry()
	if got, err := result(t, add); got != 5 || err != nil {
		t.Errorf("add: %d, %v", got, err)
	}
	var remote *rpc.RemoteError
	if _, err := result(t, div); !errors.As(err, &remote) || remote.Text != "division by zero" || remote.Method != "div" {
		t.Errorf("div: %v", err)
	}
	none, err := rpc.Start[int](p.a, p.now, "nothing", 1, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	p.carry()
	if _, err := result(t, none); !errors.As(err, &remote) || remote.Text != "no such method" {
		t.Errorf("nothing: %v", err)
	}
	wrong, err := rpc.Start[int](p.a, p.now, "add", "words", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	p.carry()
	if _, err := result(t, wrong); !errors.As(err, &remote) {
		t.Errorf("words: %v", err)
	}
	if s := p.b.Stats(); s.Served != 3 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
}

// TestDeadline: both ends forget a call whose time has passed.
func TestDeadline(t *testing.T) {
	p := newPair(t)
	var kept *rpc.Reply[int]
	rpc.HandleAsync(p.b, "slow", func(_ int, r *rpc.Reply[int]) { kept = r })
	call, err := rpc.Start[int](p.a, p.now, "slow", 1, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	p.carry()
	if got := p.a.NextDeadline(); !got.Equal(p.now.Add(500 * time.Millisecond)) {
		t.Errorf("NextDeadline is %v", got)
	}
	if got := kept.Deadline(); !got.Equal(p.now.Add(500 * time.Millisecond)) {
		t.Errorf("the handler's deadline is %v", got)
	}
	p.now = p.now.Add(499 * time.Millisecond)
	p.a.Update(p.now)
	if _, done, _ := call.Result(); done || kept.Canceled() {
		t.Fatal("ended before its deadline")
	}
	p.now = p.now.Add(time.Millisecond)
	p.a.Update(p.now)
	p.b.Update(p.now)
	if _, err := result(t, call); !errors.Is(err, rpc.ErrDeadline) {
		t.Errorf("%v", err)
	}
	if !kept.Canceled() || kept.Done(7, nil) {
		t.Error("the handler does not know that nobody waits")
	}
	if got := p.a.NextDeadline(); !got.IsZero() {
		t.Errorf("NextDeadline is %v with no call", got)
	}
}

func TestCancel(t *testing.T) {
	p := newPair(t)
	var kept *rpc.Reply[int]
	rpc.HandleAsync(p.b, "slow", func(_ int, r *rpc.Reply[int]) { kept = r })
	call, err := rpc.Start[int](p.a, p.now, "slow", 1, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	p.carry()
	call.Cancel()
	call.Cancel()
	if _, err := result(t, call); !errors.Is(err, rpc.ErrCanceled) {
		t.Errorf("%v", err)
	}
	p.carry()
	if !kept.Canceled() {
		t.Error("the handler does not hear of it")
	}
}

// TestLimits: neither end holds more than it said, and a full connection or a
// closed one is an error at once.
func TestLimits(t *testing.T) {
	p := newPair(t)
	rpc.HandleAsync(p.b, "hold", func(int, *rpc.Reply[int]) {})
	var calls []*rpc.Pending[int]
	for range 4 {
		c, err := rpc.Start[int](p.a, p.now, "hold", 1, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	if _, err := rpc.Start[int](p.a, p.now, "hold", 1, time.Minute); !errors.Is(err, rpc.ErrTooMany) {
		t.Errorf("the fifth of four: %v", err)
	}
	p.carry()
	var remote *rpc.RemoteError
	if _, err := result(t, calls[3]); !errors.As(err, &remote) || remote.Text != "too many calls at once" {
		t.Errorf("the fourth of three: %v", err)
	}
	p.broken = errors.New("full")
	if _, err := rpc.Start[int](p.a, p.now, "hold", 1, time.Minute); !errors.Is(err, p.broken) {
		t.Errorf("on a full connection: %v", err)
	}
	if _, err := rpc.Start[int](p.a, p.now, strings.Repeat("m", 65), 1, time.Minute); err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Errorf("a long method: %v", err)
	}
	if _, err := rpc.Start[int](p.a, p.now, "hold", func() {}, time.Minute); err == nil {
		t.Error("a function as request")
	}
	p.a.Close()
	if _, err := result(t, calls[0]); !errors.Is(err, rpc.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := rpc.Start[int](p.a, p.now, "hold", 1, time.Minute); !errors.Is(err, rpc.ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
}

// TestLateAnswer: an answer that crosses a cancellation is counted, no more.
func TestLateAnswer(t *testing.T) {
	p := newPair(t)
	rpc.Handle(p.b, "echo", func(n int) (int, error) { return n, nil })
	call, err := rpc.Start[int](p.a, p.now, "echo", 1, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	toB := p.toB
	p.toB = nil
	if err := p.b.Receive(p.now, toB[0]); err != nil {
		t.Fatal(err)
	}
	call.Cancel()
	p.carry()
	if s := p.a.Stats(); s.Late != 1 {
		t.Errorf("%+v", s)
	}
}

// TestBothWays: a handler calls back within its own call.
func TestBothWays(t *testing.T) {
	p := newPair(t)
	rpc.Handle(p.a, "name", func(struct{}) (string, error) { return "ada", nil })
	rpc.HandleAsync(p.b, "greet", func(_ struct{}, r *rpc.Reply[string]) {
		call, err := rpc.Start[string](p.b, p.now, "name", struct{}{}, time.Second)
		if err != nil {
			r.Done("", err)
			return
		}
		go func() {
			<-call.Done()
			name, _, err := call.Result()
			r.Done("hello "+name, err)
		}()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan string)
	go func() {
		s, err := rpc.Call[string](ctx, p.a, p.now, "greet", struct{}{})
		got <- fmt.Sprint(s, err)
	}()
	for {
		select {
		case s := <-got:
			if s != "hello ada<nil>" {
				t.Error(s)
			}
			return
		default:
		}
		p.carry()
	}
}

func TestCallContext(t *testing.T) {
	var mu sync.Mutex
	sent := 0
	p := rpc.New(rpc.Options{Send: func([]byte) error { mu.Lock(); defer mu.Unlock(); sent++; return nil }})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rpc.Call[int](ctx, p, time.Unix(0, 0), "x", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if sent != 2 {
		t.Errorf("%d messages, want a request and a cancellation", sent)
	}
}

func FuzzReceive(f *testing.F) {
	p := newPair(f)
	rpc.Handle(p.b, "add", func(s sum) (int, error) { return s.A + s.B, nil })
	if _, err := rpc.Start[int](p.a, p.now, "add", sum{1, 2}, time.Second); err != nil {
		f.Fatal(err)
	}
	f.Add(p.toB[0])
	p.carry()
	f.Add([]byte{1, 1, '3'})
	f.Add([]byte{2, 1, 'n', 'o'})
	f.Add([]byte{3, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		p := newPair(t)
		rpc.Handle(p.b, "add", func(s sum) (int, error) { return s.A + s.B, nil })
		rpc.HandleAsync(p.b, "hold", func(int, *rpc.Reply[int]) {})
		call, err := rpc.Start[int](p.b, p.now, "x", 1, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			_ = p.b.Receive(p.now, in)
		}
		p.now = p.now.Add(time.Hour * 24 * 365)
		p.b.Update(p.now)
		if _, done, _ := call.Result(); !done {
			t.Fatal("the call never ends")
		}
		if len(p.toA) > 6 {
			t.Fatalf("%d answers to five messages", len(p.toA)-1)
		}
	})
}
