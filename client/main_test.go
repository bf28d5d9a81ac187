package client_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// address is where the server of the example is.
var address string

// Join and Leave are what the server of the example has beyond its client.
func (g Game) Join(w *engine.World, p engine.PlayerID, _ string) {
	_, player := g.Players.SpawnAt(w, int(p))
	player.Owner = p
}

// Leave takes the player's row away.
func (g Game) Leave(w *engine.World, p engine.PlayerID) { w.DropOwned(p) }

// TestMain runs that server, over UDP on the loopback interface.
func TestMain(m *testing.M) {
	schema := engine.NewSchema("walk", 1)
	game := Game{engine.AddTable[Player](schema, "players", 16)}
	s, err := server.New(server.Config[Input]{Schema: schema, Game: game})
	if err != nil {
		fail(err)
	}
	endpoint, err := netcode.Listen("127.0.0.1:0", s.Core(), netcode.EndpointOptions{})
	if err != nil {
		fail(err)
	}
	address = endpoint.LocalAddr().String()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, endpoint) }()
	code := m.Run()
	stop()
	if err := <-done; err != nil {
		fail(err)
	}
	os.Exit(code)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// The examples are what a newcomer reads first: whole games, in forty lines
// each, not counting lines that are only comments.
func TestExamplesAreShort(t *testing.T) {
	for _, name := range []string{"example_test.go", "../server/example_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range bytes.Lines(text) {
			if !strings.HasPrefix(strings.TrimSpace(string(line)), "//") {
				n++
			}
		}
		if n > 40 {
			t.Errorf("%s has %d lines, want at most 40", name, n)
		}
	}
}
