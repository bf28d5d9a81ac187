package peer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/peer"
)

const (
	chState = iota
	chChat
)

func config() peer.Config {
	return peer.Config{Linger: -1, Config: netcode.Config{
		Game: netcode.Identity{Name: "test", Build: 1},
		Channels: []netcode.Channel{
			{Name: "state", Mode: netcode.Unreliable},
			{Name: "chat", Mode: netcode.ReliableOrdered, MaxMessage: 64 << 10, WindowBytes: 128 << 10},
		},
	}}
}

func listen(t *testing.T, change func(*peer.Config)) *peer.Listener {
	t.Helper()
	cfg := config()
	cfg.MaxConns = 64
	if change != nil {
		change(&cfg)
	}
	l, err := peer.Listen("127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func dial(t *testing.T, l *peer.Listener, hello string) *peer.Conn {
	t.Helper()
	c, err := peer.Dial(t.Context(), l.Addr().String(), config(), netcode.DialOptions{
		ServerKey: l.PublicKey(), Hello: []byte(hello),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// echo sends everything back that comes on any connection.
func echo(t *testing.T, l *peer.Listener) {
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	group.Go(func() {
		for {
			c, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			group.Go(func() {
				for {
					m, err := c.Receive(context.Background())
					if err != nil {
						return
					}
					if c.Send(context.Background(), m.Channel, m.Data) != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { _ = l.Close() })
}

func TestEcho(t *testing.T) {
	l := listen(t, nil)
	echo(t, l)
	var group sync.WaitGroup
	for i := range 8 {
		c := dial(t, l, fmt.Sprint("player ", i))
		for sender := range 2 {
			group.Go(func() {
				for n := range 100 {
					if err := c.Send(t.Context(), chChat, fmt.Appendf(nil, "%d.%d", sender, n)); err != nil {
						t.Errorf("Send: %v", err)
						return
					}
				}
			})
		}
		group.Go(func() {
			next := [2]int{}
			for range 200 {
				m, err := c.Receive(t.Context())
				if err != nil {
					t.Errorf("Receive: %v", err)
					return
				}
				var sender, n int
				if _, err := fmt.Sscanf(string(m.Data), "%d.%d", &sender, &n); err != nil || m.Channel != chChat || n != next[sender] {
					t.Errorf("got %q on channel %d, want %d of sender %d", m.Data, m.Channel, next[sender], sender)
					return
				}
				next[sender]++
			}
		})
	}
	group.Wait()
}

// TestBackPressure: a sender waits for a receiver who does not read, and
// nothing is lost; TrySend says that the window is full.
func TestBackPressure(t *testing.T) {
	l := listen(t, nil)
	c := dial(t, l, "")
	served, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const total = 200
	block := bytes.Repeat([]byte{7}, 60<<10)
	sent := make(chan error, 1)
	go func() {
		for range total {
			if err := c.Send(t.Context(), chChat, block); err != nil {
				sent <- err
				return
			}
		}
		sent <- c.Drain(t.Context())
	}()
	for i := range total {
		if m, err := served.Receive(t.Context()); err != nil || !bytes.Equal(m.Data, block) {
			t.Fatalf("message %d: %d bytes, %v", i, len(m.Data), err)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	full := false
	for range 10 {
		full = full || errors.Is(c.TrySend(chChat, block), netcode.ErrWindowFull)
	}
	if !full {
		t.Error("ten blocks fit in a window of two")
	}
	ctx, cancel := context.WithCancel(t.Context())
	blocked := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		for {
			if err := c.Send(ctx, chChat, block); err != nil {
				blocked <- err
				return
			}
			select {
			case <-stop:
			default:
			}
		}
	}()
	cancel()
	if err := <-blocked; !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v", err)
	}
}

func TestCloseIsHeard(t *testing.T) {
	l := listen(t, func(c *peer.Config) { c.Linger = 0 })
	c := dial(t, l, "ada")
	served, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(served.Hello()) != "ada" {
		t.Errorf("Hello is %q", served.Hello())
	}
	if err := served.Send(t.Context(), chChat, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	if err := served.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := served.CloseWith(netcode.CloseKicked, "language"); err != nil {
		t.Fatal(err)
	}
	if err := served.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing twice: %v", err)
	}
	<-c.Done()
	if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != "bye" {
		t.Errorf("what came before the end: %q, %v", m.Data, err)
	}
	if _, err := c.Receive(t.Context()); !errors.Is(err, &netcode.CloseError{Reason: netcode.CloseKicked}) {
		t.Errorf("Receive: %v", err)
	}
	if err := c.Send(t.Context(), chChat, nil); !errors.Is(err, &netcode.CloseError{Reason: netcode.CloseKicked}) {
		t.Errorf("Send: %v", err)
	}
	if !errors.Is(c.Err(), &netcode.CloseError{Reason: netcode.CloseKicked}) {
		t.Errorf("Err: %v", c.Err())
	}
}

// TestListenerClose: everybody who waits is told.
func TestListenerClose(t *testing.T) {
	l := listen(t, nil)
	c := dial(t, l, "")
	served, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 3)
	go func() { _, err := l.Accept(context.Background()); ended <- err }()
	go func() { _, err := served.Receive(context.Background()); ended <- err }()
	go func() { _, err := c.Receive(context.Background()); ended <- err }()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := <-ended; err == nil {
			t.Error("a wait ended without an error")
		}
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing twice: %v", err)
	}
}

func TestDialErrors(t *testing.T) {
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0") // takes and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := peer.Dial(ctx, nobody.LocalAddr().String(), config(), netcode.DialOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an address where nobody answers: %v", err)
	}
	if _, err := peer.Dial(t.Context(), "127.0.0.1", config(), netcode.DialOptions{}); err == nil {
		t.Error("an address without a port")
	}
	if _, err := peer.Dial(t.Context(), "127.0.0.1:1", peer.Config{}, netcode.DialOptions{}); err == nil {
		t.Error("no configuration")
	}
	if _, err := peer.Listen("127.0.0.1:0", config()); err == nil {
		t.Error("a listener without MaxConns")
	}
	l := listen(t, nil)
	_, err = peer.Dial(t.Context(), l.Addr().String(), config(), netcode.DialOptions{ServerKey: [32]byte{9}})
	if !errors.Is(err, &netcode.CloseError{Reason: netcode.CloseWrongKey}) {
		t.Errorf("another server's key: %v", err)
	}
}

func TestAcceptContext(t *testing.T) {
	l := listen(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Accept(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Accept: %v", err)
	}
	c := dial(t, l, "")
	if _, err := c.Receive(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive: %v", err)
	}
	if _, ok := c.TryReceive(); ok {
		t.Error("a message from nobody")
	}
	if s := l.Stats(); s.Handshakes != 1 {
		t.Errorf("%d handshakes", s.Handshakes)
	}
	if c.PeerKey() != l.PublicKey() || c.Path().Remote != l.Addr() {
		t.Error("not the peer that was dialled")
	}
}

// TestNobodyAccepts: connections that come and go are not kept for ever.
func TestNobodyAccepts(t *testing.T) {
	l := listen(t, func(c *peer.Config) { c.HandshakeRate = -1 })
	for range 600 {
		c, err := peer.Dial(t.Context(), l.Addr().String(), config(), netcode.DialOptions{ServerKey: l.PublicKey()})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // those that wait are given out all the same
	accepted := 0
	for ; ; accepted++ {
		if _, err := l.Accept(ctx); err != nil {
			break
		}
	}
	if accepted > 400 {
		t.Errorf("%d connections that are gone were kept", accepted)
	}
}
