package client

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
)

// A Config configures a [Client]. Schema and Rules are needed, and must be
// those of the server; every other field's zero value is its default.
type Config[I any] struct {
	Schema *engine.Schema
	Rules  engine.Rules[I]

	// Input is what [engine.SetInput] returned. If zero, New calls it.
	Input engine.InputPlan[I]

	// Name is what others see: the server makes it printable and cuts it to
	// 24 bytes.
	Name string

	// ServerKey is the key that the server must prove to have. If zero, any
	// server will do, and nothing protects against one in the middle.
	ServerKey [32]byte

	// Key identifies the player to the server. If zero, a fresh one is made,
	// and the player is a stranger each time.
	Key netcode.KeyPair

	// Token is the connect token for servers that want one, bound to Key:
	// see package token. It is asked for whenever a connection begins, so
	// that a fresh one can be fetched beforehand; nil is none.
	Token func() []byte

	// Plaintext turns encryption off; the server must do the same.
	Plaintext bool

	// Suite restricts the cipher. Simulations fix it, so that a run gives the
	// same bytes on every machine; everyone else leaves it SuiteAuto.
	Suite netcode.Suite

	// Random is the source of keys; nil means crypto/rand.
	Random io.Reader

	// Tracer watches the protocol; see package netcode/trace. Nil is nobody.
	Tracer netcode.Tracer

	// InterpolationDelay fixes how far behind the earliest arrivals others are
	// shown. If zero, it is as short as the network allows at the moment, which
	// a fixed one can only be by luck: it is for games whose rules need one
	// delay for all, and for finding out what a network demands. Up to 1 s.
	InterpolationDelay time.Duration

	// Pool, if not nil, is shared by clients of one process that play in the
	// same match, so that each snapshot is decoded once and held once. It is
	// for simulations and for machines full of bots, and changes nothing else.
	// It must be of the very same Schema.
	Pool *snapshot.Pool

	// StayAway keeps the client from coming back by itself when its
	// connection has timed out. Else it tries to, into the seat that the server
	// holds for it, for as long as its ticket lives, and is Connecting
	// meanwhile.
	StayAway bool

	// Timeout is how long the server may be silent. If zero, the default of
	// package netcode.
	Timeout time.Duration

	// OnMessage, if not nil, is called within Update with every application
	// message. It is valid during the call.
	OnMessage func(message []byte)

	// OnSnapshot, if not nil, is called within Update with the tick of every
	// snapshot and the hash of its world. For tests; hashing costs time.
	OnSnapshot func(tick engine.Tick, hash uint64)
}

// withDefaults returns c with defaults filled in, or an error that names the
// field.
func (c Config[I]) withDefaults() (Config[I], error) {
	switch {
	case c.Schema == nil:
		return c, errors.New("client: Config.Schema is nil")
	case c.Rules == nil:
		return c, errors.New("client: Config.Rules is nil")
	case c.InterpolationDelay < 0 || c.InterpolationDelay > time.Second:
		return c, fmt.Errorf("client: Config.InterpolationDelay is %v, want 0s to 1s", c.InterpolationDelay)
	}
	if c.Input == (engine.InputPlan[I]{}) {
		c.Input = engine.SetInput[I](c.Schema)
	}
	if err := c.Schema.Err(); err != nil {
		return c, fmt.Errorf("client: Config.Schema: %w", err)
	}
	return c, nil
}

// channels declares those of package session.
func channels() []netcode.Channel {
	return []netcode.Channel{
		session.ChannelSnapshot: {Name: "snapshot", Mode: netcode.Unreliable, MaxMessage: session.MaxSnapshot},
		session.ChannelInput:    {Name: "input", Mode: netcode.UnreliableSequenced, MaxMessage: session.MaxInput},
		session.ChannelOrdered:  {Name: "ordered", Mode: netcode.ReliableOrdered, MaxMessage: session.MaxApplication + 1},
	}
}
