package server

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
)

// Errors of a Server's methods.
var (
	// ErrFull means that every seat is taken.
	ErrFull = errors.New("server: every seat is taken")

	// ErrNoPlayer means that nobody sits there, or a bot, who has no
	// connection.
	ErrNoPlayer = errors.New("server: no such player")
)

// A Server runs one match: a world, its rules and the players in it.
//
// It belongs to one goroutine, which all its callbacks run on; Run's, once
// that was called.
type Server[I any] struct {
	cfg      Config[I]
	interval time.Duration
	core     *netcode.Core
	now      time.Time // of the Advance under way

	world    *engine.World
	history  *snapshot.Ring // of every tick; baselines and what is rewound to
	inputs   *engine.Inputs[I]
	neutral  I
	schedule schedule

	seats   []*seat[I] // by PlayerID; nil is empty
	codec   *snapshot.Codec
	reader  *session.InputCodec[I]
	message session.InputMessage[I] // scratch
	sheets  sheets
	out     []byte // scratch
	stats   Stats
}

// New returns a server at tick 0 with nobody in it, or an error that says
// what is wrong with cfg.
func New[I any](cfg Config[I]) (*Server[I], error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	core, err := netcode.NewCore(netcode.Config{
		Game: netcode.Identity{
			Name: cfg.Schema.Name(), Build: cfg.Schema.Version(), Schema: cfg.Schema.Fingerprint(),
		},
		Channels:  channels(),
		Key:       cfg.Key,
		MaxConns:  cfg.MaxPlayers + spareConns,
		Plaintext: cfg.Plaintext,
		Suite:     cfg.Suite,
		Random:    cfg.Random,
		Timeout:   cfg.Timeout,

		TicketLifetime: cfg.ticketLifetime(),
		Tracer:         cfg.Tracer,
		Admit:          cfg.admit(),
	})
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := &Server[I]{
		cfg: cfg, interval: cfg.interval(), core: core,
		world:    cfg.Schema.NewWorld(),
		history:  snapshot.NewRing(cfg.Schema, snapshot.DefaultRing),
		inputs:   engine.NewInputs[I](cfg.MaxPlayers),
		schedule: schedule{interval: cfg.interval()},
		seats:    make([]*seat[I], cfg.MaxPlayers),
		codec:    snapshot.NewCodec(cfg.Schema),
		reader:   session.NewInputCodec(cfg.Input),
	}
	cfg.Input.Quantise(&s.neutral)
	s.inputs.SetAuthority(true)
	s.inputs.SetSeen(s.seen)
	return s, nil
}

// Core returns the server's connections, to be driven by whoever calls
// Advance.
func (s *Server[I]) Core() *netcode.Core { return s.core }

// PublicKey returns the key that clients may expect the server to have.
func (s *Server[I]) PublicKey() [32]byte { return s.core.PublicKey() }

// World returns the world, which may be set up before the first Advance, and
// looked at between two.
func (s *Server[I]) World() *engine.World { return s.world }

// Tick returns the newest tick that was run.
func (s *Server[I]) Tick() engine.Tick { return s.world.Tick() }

// NextTick returns when the next tick is due. Before the first Advance it is
// the zero time: at once.
func (s *Server[I]) NextTick() time.Time {
	if s.schedule.start.IsZero() {
		return time.Time{}
	}
	return s.schedule.next()
}

// Advance takes in what the Core received, runs the ticks that are due at now
// and queues what has to be sent. The caller then flushes the Core.
//
// It may be called more often than ticks are due, and should be after every
// batch of datagrams: the sooner an input is seen, the truer is the slack that
// its client hears of.
func (s *Server[I]) Advance(now time.Time) {
	s.now = now
	due := s.schedule.due(now)
	s.drain()
	for range due {
		s.step()
	}
}

// step runs one tick.
func (s *Server[I]) step() {
	tick := s.world.Tick() + 1
	s.schedule.ran++
	s.gather(tick)
	s.world.SetTick(tick)
	s.cfg.Game.Step(s.world, s.inputs)
	s.world.Quantise()
	s.history.Slot(tick).Capture(s.world)
	s.stats.Ticks++
	if tick%engine.Tick(s.cfg.SnapshotEvery) == 0 {
		s.sendSnapshots(tick)
	}
	if s.cfg.OnTick != nil {
		s.cfg.OnTick(tick)
	}
}

// gather collects one input of every player.
func (s *Server[I]) gather(tick engine.Tick) {
	repeat := int(max(s.cfg.RepeatInput, 0) / s.interval)
	s.inputs.Clear()
	for _, seat := range s.seats {
		switch {
		case seat == nil:
		case seat.brain != nil:
			input := seat.brain(s.world, seat.player)
			s.cfg.Input.Quantise(&input)
			s.inputs.Set(seat.player, input)
		default:
			taken := seat.queue.take(tick, repeat, s.neutralAfter(seat.queue.last.Input))
			seat.view = taken.View
			s.inputs.Set(seat.player, taken.Input)
		}
	}
}

// neutralAfter returns the input of a player who is not heard any more.
func (s *Server[I]) neutralAfter(last I) I {
	if s.cfg.Neutral == nil {
		return s.neutral
	}
	input := s.cfg.Neutral(last)
	s.cfg.Input.Quantise(&input)
	return input
}

// seen returns what player p saw when it made the input of this tick, but
// nothing further back than MaxRewind. It is lag compensation's one question.
func (s *Server[I]) seen(p engine.PlayerID) (from, to *engine.World, frac engine.Frac) {
	if s.cfg.MaxRewind < 0 || int(p) >= len(s.seats) || s.seats[p] == nil {
		return nil, nil, 0
	}
	view := s.seats[p].view
	if !view.Shown() {
		return nil, nil, 0
	}
	newest := s.world.Tick() - 1 // the last one complete: this one is being stepped
	oldest := newest - engine.Tick(s.cfg.MaxRewind/s.interval)
	switch {
	case view.From.Before(oldest):
		view = interp.View{From: oldest, Span: 1}
	case newest.Sub(view.To()) < 0: // nobody sees the future
		view = interp.View{From: newest}
	}
	a, b := s.history.At(view.From), s.history.At(view.To())
	if a == nil || b == nil {
		return nil, nil, 0
	}
	return a.World(), b.World(), view.Frac
}
