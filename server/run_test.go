package server_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// Over UDP, from the first datagram to the server's last word.
func TestServe(t *testing.T) {
	game := newWalk(1)
	s, err := server.New(server.Config[walkInput]{Schema: game.schema, Input: game.input, Game: game})
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := netcode.Listen("127.0.0.1:0", s.Core(), netcode.EndpointOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = endpoint.Close() }()
	address, key := endpoint.LocalAddr().String(), s.PublicKey()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, endpoint) }()

	rules := newWalk(1)
	c, err := client.Dial(address, client.Config[walkInput]{
		Schema: rules.schema, Input: rules.input, Rules: rules, ServerKey: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(end); {
		c.Update(time.Now(), walkInput{Move: 1})
		if c.View(time.Now()); c.Stats().Confirmed >= 30 {
			stop()
		}
		err = c.Wait(time.Now().Add(time.Second / 60))
	}
	if want := (&netcode.CloseError{Reason: netcode.CloseShuttingDown}); !errors.Is(err, want) {
		t.Errorf("in the end the client says %v, want %v", err, want)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	stats := s.Stats()
	t.Logf("%+v", stats)
	if stats.LastTick <= 0 || stats.MaxTick < stats.LastTick {
		t.Errorf("last tick %v, longest %v, want both measured", stats.LastTick, stats.MaxTick)
	}
}

// A wrong key is found out.
func TestDialWrongKey(t *testing.T) {
	st := newStage(t, weather{delay: 10 * ms}, nil)
	a := st.enter(func(c *client.Config[walkInput]) {
		other, err := netcode.GenerateKeyPair(seeded(77))
		if err != nil {
			t.Fatal(err)
		}
		c.ServerKey = other.Public
	})
	st.run(15 * time.Second)
	if a.State() != client.Closed {
		t.Errorf("with the wrong server key the client is %v, want closed", a.State())
	}
	t.Log(a.Err())
}

func TestDialErrors(t *testing.T) {
	game := newWalk(1)
	cfg := client.Config[walkInput]{Schema: game.schema, Input: game.input, Rules: game}
	c, err := client.Dial("no port", cfg)
	if err == nil || c.State() != client.Closed || c.Err() == nil {
		t.Errorf("Dial = %v, state %v, Err %v, want an error and closed", err, c.State(), c.Err())
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := server.Run(context.Background(), "no port", server.Config[walkInput]{Schema: game.schema, Input: game.input, Game: game}); err == nil {
		t.Error("Run on no port = nil, want an error")
	}
}
