// Package play is a game in progress as the window has it: the client, what
// the keys mean, the autopilot of --demo, and what is counted. It draws
// nothing and needs no display.
package play

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/arena/internal/options"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/cmd/internal/demo"
	"github.com/reckon-engine/reckon/engine"
)

// A Session is one visit to a server. It belongs to one goroutine.
type Session struct {
	Game    *arena.Game
	Client  *client.Client[arena.Input]
	History scene.History
	Notices Notices

	opt      options.Options
	controls controls
	bot      *arena.Bot
	botTick  engine.Tick
	botInput arena.Input
	arrivals demo.Arrivals
	now      time.Time
	before   client.Stats
	players  int // of the newest world
}

// New returns a session that is not connected yet.
func New(opt options.Options) (*Session, error) {
	s := &Session{Game: arena.New(), opt: opt}
	cfg := client.Config[arena.Input]{
		Schema: s.Game.Schema, Input: s.Game.Input, Rules: s.Game,
		Name: opt.Name, ServerKey: opt.Key, Plaintext: opt.Plaintext,
		OnMessage: s.message,
	}
	if opt.Demo {
		s.bot = s.Game.NewBot(uint64(time.Now().UnixNano()))
		cfg.OnSnapshot = func(tick engine.Tick, _ uint64) { s.arrivals.Add(s.now, tick) }
	}
	var err error
	s.Client, err = client.New(cfg)
	return s, err
}

// Dial begins to connect.
func (s *Session) Dial() error { return s.Client.Dial(s.opt.Connect) }

// Server returns where the session goes, as the player wrote it.
func (s *Session) Server() string { return s.opt.Connect }

// Update moves the session on to now with what the player holds.
func (s *Session) Update(now time.Time, held Held) {
	s.now = now
	s.Notices.now = now
	input := s.controls.input(held)
	if s.bot != nil {
		input = s.think()
	}
	s.Client.Update(now, input)
	stats := s.Client.Stats()
	if stats.Inputs != s.before.Inputs {
		s.controls.used()
	}
	if w := s.Client.Predicted(); w != nil {
		s.players = s.Game.Players.Len(w)
	}
	s.sample(stats)
}

// maxThoughts bounds how often the autopilot is asked in one frame.
const maxThoughts = 8

// think asks the autopilot once for every tick since the last frame, so that
// it turns as fast on a slow display.
func (s *Session) think() arena.Input {
	w := s.Client.Predicted()
	if w == nil || s.Client.State() != client.Playing {
		return arena.Input{}
	}
	for range min(max(w.Tick().Sub(s.botTick), 0), maxThoughts) {
		s.botInput = s.bot.Think(w, s.Client.Player())
	}
	s.botTick = w.Tick()
	return s.botInput
}

// sample notes what this Update saw of the network.
func (s *Session) sample(stats client.Stats) {
	if s.Client.State() == client.Playing {
		s.History.Add(s.now, scene.Sample{
			Arrived:   int(stats.Snapshots - s.before.Snapshots),
			Corrected: int(stats.Corrections - min(s.before.Corrections, stats.Corrections)),
			Starved:   stats.Starved > s.before.Starved,
			RTT:       stats.RTT,
			Delay:     stats.InterpolationDelay,
			Loss:      max(stats.LossIn, stats.LossOut),
		})
	}
	s.before = stats
}

// Me returns the player's own row in a world; nil when he is not in it.
func (s *Session) Me(w *engine.World) *arena.Player {
	_, p := s.Game.Players.Slot(w, int(s.Client.Player()))
	return p
}

// Summary tells how the session went so far.
func (s *Session) Summary() demo.Summary {
	stats := s.Client.Stats()
	return demo.Summary{
		Players: s.players, Ticks: stats.Inputs, Snapshots: stats.Snapshots,
		SnapshotsSent: s.arrivals.Sent(s.now), InputsAcked: stats.InputsAcked, Seconds: s.opt.Seconds,
	}
}

// StatusLine describes the game in a line, for --status.
func (s *Session) StatusLine() string {
	w := s.Client.Predicted()
	state := s.Client.State()
	if state != client.Playing || w == nil {
		return fmt.Sprintf("arena: %v to %s", state, s.opt.Connect)
	}
	stats := s.Client.Stats()
	line := fmt.Sprintf("arena: %v tick=%d players=%d snapshots=%d inputs_acked=%d corrections=%d rtt=%.1fms",
		state, w.Tick(), s.players, stats.Snapshots, stats.InputsAcked, stats.Corrections, stats.RTT.Seconds()*1000)
	if p := s.Me(w); p != nil {
		line += fmt.Sprintf(" alive=%v x=%d y=%d aim=%d health=%d shots=%d rockets=%d frags=%d deaths=%d",
			p.Alive, p.X, p.Y, p.Aim, p.Health, p.RifleShots, p.RocketShots, p.Frags, p.Deaths)
	}
	return line
}

// message takes in an application message: a notice from the server.
func (s *Session) message(message []byte) {
	kind, text, err := arena.ReadNotice(message)
	if err == nil && kind == arena.NoticeInfo {
		s.Notices.add(text)
	}
}
