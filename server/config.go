package server

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/token"
)

// A Game is a game's rules and what happens when players come and go. All is
// called from within Advance, between two ticks or in one.
type Game[I any] interface {
	engine.Rules[I]

	// Join gives player p its place in the world. The name is printable
	// UTF-8 of at most 24 bytes; it may be empty, and that of another player.
	Join(w *engine.World, p engine.PlayerID, name string)

	// Leave takes player p out of the world. Rows that it owns stay unless
	// Leave removes them.
	Leave(w *engine.World, p engine.PlayerID)
}

// A Config configures a [Server]. Schema and Game are needed; every other
// field's zero value is its default.
type Config[I any] struct {
	Schema *engine.Schema
	Game   Game[I]

	// Input is what [engine.SetInput] returned. If zero, New calls it.
	Input engine.InputPlan[I]

	// TickRate is the number of ticks a second, 1 to 1000. If zero, 60.
	TickRate int

	// SnapshotEvery is the number of ticks from one snapshot to the next, 1
	// to 32. If zero, 1.
	SnapshotEvery int

	// MaxPlayers is the number of seats, bots included, 1 to 255. If zero,
	// 16.
	MaxPlayers int

	// MaxRewind is how far back [engine.Inputs.Seen] reaches. If zero, 250 ms
	// (Netcode for Entities advises 250 to 500 ms); if negative, there is no
	// lag compensation. At most 120 ticks.
	MaxRewind time.Duration

	// RepeatInput is for how long a missing input is replaced by the player's
	// last one; after that, by the neutral one. If zero, 100 ms; if negative,
	// not at all.
	RepeatInput time.Duration

	// Neutral returns the neutral input of a player whose last one is given:
	// a player who looks where it looked and does nothing, say. If nil, it is
	// the input's zero value.
	Neutral func(last I) I

	// Key is the server's long-lived identity. If zero, a fresh one is made.
	Key netcode.KeyPair

	// Plaintext turns encryption off; clients must do the same.
	Plaintext bool

	// Suite restricts the cipher. Simulations fix it, so that a run gives the
	// same bytes on every machine; everyone else leaves it SuiteAuto.
	Suite netcode.Suite

	// Random is the source of keys, cookies and connection IDs; nil means
	// crypto/rand.
	Random io.Reader

	// Tracer watches the protocol; see package netcode/trace. Nil is nobody.
	Tracer netcode.Tracer

	// HoldSlot is for how long the seat of a player whose connection timed
	// out is held: it comes back into it with all that it owns, and Join and
	// Leave are not called. Meanwhile its input is the neutral one. If zero, 10
	// seconds; if negative, the seat is free at once. Held seats are taken.
	HoldSlot time.Duration

	// Timeout is how long a silent player keeps its connection. If zero, the
	// default of package netcode.
	Timeout time.Duration

	// Tokens, if not nil, lets in only players with a good connect token: see
	// package token. [Server.Claims] tells what a player's token said.
	// Plaintext mode proves no keys, so that tokens need encryption.
	//
	// A player who comes back with a ticket shows no token; the one it came
	// with must still be good. If it has expired, the player is asked for
	// another (client.Config.Token). So tokens that live as long as a match
	// let players come back at once, and short ones need fresh ones then.
	Tokens *token.Verifier

	// Admit, if not nil, is asked about every player with a proven key (zero
	// in plaintext mode), a good token if Tokens asks for one, and a clean
	// name. An error turns the player away: see netcode.Config.Admit. It is
	// asked again about players who come back, whose Applicant.Prior is not
	// nil: do not call the Server.
	Admit func(a netcode.Applicant, name string) error

	// OnMessage, if not nil, is called with every application message. It
	// is valid during the call.
	OnMessage func(p engine.PlayerID, message []byte)

	// OnTick, if not nil, is called after every tick: the place to look at
	// the world, to send messages and to kick while Run runs.
	OnTick func(tick engine.Tick)

	// OnSnapshot, if not nil, is called with every tick that is sent and the
	// hash of its world. For tests; hashing costs time.
	OnSnapshot func(tick engine.Tick, hash uint64)
}

// Defaults of a Config.
const (
	defaultTickRate    = 60
	defaultMaxPlayers  = 16
	defaultMaxRewind   = 250 * time.Millisecond
	defaultRepeatInput = 100 * time.Millisecond
	defaultHoldSlot    = 10 * time.Second
	limitHoldSlot      = time.Hour
	limitMaxPlayers    = 255
)

// maxRewindTicks keeps what is rewound to, and one tick more on either side,
// within the ring of snapshots.
const maxRewindTicks = snapshot.DefaultRing - 8

// withDefaults returns c with defaults filled in, or an error that names the
// field and the limit.
func (c Config[I]) withDefaults() (Config[I], error) {
	switch {
	case c.Schema == nil:
		return c, errors.New("server: Config.Schema is nil")
	case c.Game == nil:
		return c, errors.New("server: Config.Game is nil")
	}
	if c.Input == (engine.InputPlan[I]{}) {
		c.Input = engine.SetInput[I](c.Schema)
	}
	if err := c.Schema.Err(); err != nil {
		return c, fmt.Errorf("server: Config.Schema: %w", err)
	}
	setDefault(&c.TickRate, defaultTickRate)
	setDefault(&c.SnapshotEvery, 1)
	setDefault(&c.MaxPlayers, defaultMaxPlayers)
	setDefault(&c.MaxRewind, defaultMaxRewind)
	setDefault(&c.RepeatInput, defaultRepeatInput)
	setDefault(&c.HoldSlot, defaultHoldSlot)
	if c.Tokens != nil && c.Plaintext {
		return c, errors.New("server: Config.Tokens needs encryption, and Config.Plaintext turns it off")
	}
	for _, limit := range []struct {
		name           string
		got, low, high int
	}{
		{"TickRate", c.TickRate, 1, session.MaxTickRate},
		{"SnapshotEvery", c.SnapshotEvery, 1, session.MaxSnapshotEvery},
		{"MaxPlayers", c.MaxPlayers, 1, limitMaxPlayers},
	} {
		if limit.got < limit.low || limit.got > limit.high {
			return c, fmt.Errorf("server: Config.%s is %d, want %d to %d", limit.name, limit.got, limit.low, limit.high)
		}
	}
	if c.HoldSlot > limitHoldSlot {
		return c, fmt.Errorf("server: Config.HoldSlot is %v, want at most %v", c.HoldSlot, limitHoldSlot)
	}
	if limit := maxRewindTicks * c.interval(); c.MaxRewind > limit {
		return c, fmt.Errorf("server: Config.MaxRewind is %v, want at most %v, %d ticks", c.MaxRewind, limit, maxRewindTicks)
	}
	return c, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// ticketLifetime returns for how long a ticket is of use.
func (c *Config[I]) ticketLifetime() time.Duration {
	if c.HoldSlot < 0 {
		return -1
	}
	return (c.HoldSlot + time.Second - 1).Truncate(time.Second)
}

// interval returns the length of a tick.
func (c *Config[I]) interval() time.Duration {
	return time.Second / time.Duration(c.TickRate)
}

// channels declares those of package session.
func channels() []netcode.Channel {
	return []netcode.Channel{
		session.ChannelSnapshot: {Name: "snapshot", Mode: netcode.Unreliable, MaxMessage: session.MaxSnapshot},
		session.ChannelInput:    {Name: "input", Mode: netcode.UnreliableSequenced, MaxMessage: session.MaxInput},
		session.ChannelOrdered:  {Name: "ordered", Mode: netcode.ReliableOrdered, MaxMessage: session.MaxApplication + 1},
	}
}
