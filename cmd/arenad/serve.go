package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/cmd/internal/watch"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// farewell is for how long a stopping server repeats its goodbye: the note is
// a datagram like any other and may be lost.
const farewell = 500 * time.Millisecond

// serve runs a server until ctx ends or its time is up.
func serve(ctx context.Context, opt options, stdout, stderr io.Writer) (err error) {
	watching, err := watch.Open(opt.files, "server")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, watching.Close()) }()
	opt.tracer = watching.Tracer()
	h, err := newHost(opt, stdout)
	if err != nil {
		return err
	}
	endpoint, err := netcode.Listen(opt.listen, h.server.Core(), netcode.EndpointOptions{})
	if err != nil {
		return err
	}
	defer endpoint.Close()
	watching.SetLocal(endpoint.LocalAddr())
	if opt.plaintext {
		fmt.Fprintf(stderr, "arenad: warning: no encryption, anyone on the way can read and forge\n")
	}
	fmt.Fprintf(stdout, "arenad: listening on %v key %s\n", endpoint.LocalAddr(), h.key())

	var end time.Time
	if opt.seconds > 0 {
		end = time.Now().Add(time.Duration(opt.seconds) * time.Second)
	}
	status := newStatus(time.Now())
	for ctx.Err() == nil {
		now := time.Now()
		if !end.IsZero() && !now.Before(end) {
			break
		}
		h.server.Advance(now)
		h.tell()
		endpoint.Flush(now)
		if opt.status && status.due(now) {
			fmt.Fprintln(stdout, status.line(now, h.server.Stats(), h.Game, h.server.World()))
		}
		if err := endpoint.Wait(h.server.NextTick()); err != nil {
			return err
		}
	}
	return h.stop(endpoint)
}

// stop tells the players that the server is going, and waits a little so that
// they hear it.
func (h *host) stop(endpoint *netcode.Endpoint) error {
	stats := h.server.Stats()
	now := time.Now()
	h.server.Core().Shutdown(now, netcode.CloseShuttingDown, "")
	endpoint.Flush(now)
	for end := now.Add(farewell); stats.Players > stats.Bots && now.Before(end); now = time.Now() {
		if err := endpoint.Wait(now.Add(farewell / 10)); err != nil {
			return err
		}
		endpoint.Flush(time.Now())
	}
	h.log("stopped after %d ticks", stats.Ticks)
	return nil
}

// seedOf returns the seed of the rules: the one given, or a random one.
func seedOf(opt options) uint32 {
	if opt.seed != 0 {
		return uint32(opt.seed)
	}
	var b [4]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint32(b[:])
}

// newHost makes the game and its server, with its bots.
func newHost(opt options, out io.Writer) (*host, error) {
	var pair netcode.KeyPair
	h := &host{Game: arena.New(), name: opt.name, out: out, keyless: opt.plaintext}
	if opt.quiet {
		h.out = io.Discard
	}
	if opt.keyFile != "" {
		var created bool
		var err error
		if pair, created, err = loadKey(opt.keyFile); err != nil {
			return nil, err
		}
		if created {
			h.log("made a new key in %s", opt.keyFile)
		}
	}
	h.RoundTicks = int32(opt.round * arena.TickRate / time.Second)
	h.Seed = seedOf(opt)
	h.OnKill = h.killed
	var err error
	h.server, err = server.New(server.Config[arena.Input]{
		Schema: h.Schema, Input: h.Input, Game: h,
		TickRate: arena.TickRate, MaxPlayers: opt.maxPlayers,
		Key: pair, Plaintext: opt.plaintext, Neutral: arena.Neutral, Tracer: opt.tracer,
	})
	if err != nil {
		return nil, err
	}
	return h, h.addBots(opt.bots)
}
