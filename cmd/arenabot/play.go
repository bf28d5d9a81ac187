package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/cmd/internal/demo"
	"github.com/reckon-engine/reckon/cmd/internal/watch"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
)

// A player is the bot and its connection.
type player struct {
	*client.Client[arena.Input]
	game     *arena.Game
	bot      *arena.Bot
	endpoint *netcode.Endpoint
	arrivals demo.Arrivals
	now      time.Time
	view     *engine.World // nil before the first snapshot
	thought  engine.Tick   // inputs made when the bot last thought
	input    arena.Input
}

// play connects and plays until ctx ends or the time is up.
func play(ctx context.Context, opt options, out io.Writer) (_ demo.Summary, err error) {
	watching, err := watch.Open(opt.files, "client")
	if err != nil {
		return demo.Summary{}, err
	}
	defer func() { err = errors.Join(err, watching.Close()) }()
	opt.tracer = watching.Tracer()
	p, err := newPlayer(opt)
	if err != nil {
		return demo.Summary{}, err
	}
	defer p.endpoint.Close()
	watching.SetLocal(p.endpoint.LocalAddr())
	start := time.Now()
	path, err := p.endpoint.Resolve(opt.connect)
	if err != nil {
		return demo.Summary{}, err
	}
	if err := p.Connect(start, path); err != nil {
		return demo.Summary{}, err
	}
	limit := time.Duration(opt.seconds) * time.Second
	status, playing := start.Add(time.Second), false
	for ctx.Err() == nil {
		p.now = time.Now()
		if limit > 0 && p.now.Sub(start) >= limit {
			break
		}
		p.update()
		if p.State() == client.Closed {
			return demo.Summary{}, p.Err()
		}
		if !playing && p.State() == client.Playing {
			playing, start = true, p.now // from which on seconds count
			status = start.Add(time.Second)
		}
		if !p.now.Before(status) {
			status = status.Add(time.Second)
			if opt.status {
				fmt.Fprintln(out, p.statusLine())
			}
		}
		if err := p.endpoint.Wait(soonest(p.NextDeadline(), status)); err != nil {
			return demo.Summary{}, err
		}
	}
	summary := p.summary(opt.seconds)
	return summary, p.leave(ctx)
}

func newPlayer(opt options) (*player, error) {
	game := arena.New()
	h := fnv.New64a()
	io.WriteString(h, opt.name)
	p := &player{game: game, bot: game.NewBot(h.Sum64())}
	var err error
	p.Client, err = client.New(client.Config[arena.Input]{
		Schema: game.Schema, Input: game.Input, Rules: game,
		Name: opt.name, ServerKey: opt.key, Plaintext: opt.plaintext, Tracer: opt.tracer,
		OnSnapshot: func(tick engine.Tick, _ uint64) { p.arrivals.Add(p.now, tick) },
	})
	if err != nil {
		return nil, err
	}
	p.endpoint, err = netcode.Listen(":0", p.Core(), netcode.EndpointOptions{})
	return p, err
}

// update is one turn of the loop: look, think once a tick, act.
func (p *player) update() {
	if made := engine.Tick(p.Stats().Inputs); p.view == nil || made != p.thought {
		p.thought = made
		if p.view = p.View(p.now); p.view != nil {
			p.input = p.bot.Think(p.view, p.Player())
		}
	}
	p.Update(p.now, p.input)
	p.endpoint.Flush(p.now)
}

// statusLine tells how the game and the network are doing.
func (p *player) statusLine() string {
	if p.State() != client.Playing {
		return fmt.Sprintf("arenabot: %v", p.State())
	}
	s := p.Stats()
	return fmt.Sprintf("arenabot: %d players | rtt %d ms, jitter %d ms | loss %.1f %% in, %.1f %% out | "+
		"lead %.1f ticks, delay %d ms | %.1f kB/s in, %.1f kB/s out | corrected %d of %d",
		p.players(), s.RTT.Milliseconds(), s.Jitter.Milliseconds(), 100*s.LossIn, 100*s.LossOut,
		s.TickLead, s.InterpolationDelay.Milliseconds(),
		s.BytesInPerSecond/1000, s.BytesOutPerSecond/1000, s.Corrections, s.Corrections+s.Confirmed)
}

func (p *player) players() int {
	if p.view == nil {
		return 0
	}
	return p.game.Players.Len(p.view)
}

func (p *player) summary(seconds int) demo.Summary {
	s := p.Stats()
	return demo.Summary{
		Players: p.players(), Ticks: s.Inputs, Snapshots: s.Snapshots,
		SnapshotsSent: p.arrivals.Sent(p.now), InputsAcked: s.InputsAcked, Seconds: seconds,
	}
}

// farewell is for how long the goodbye is repeated: the note may be lost.
const farewell = 300 * time.Millisecond

// leave says goodbye. That the run was interrupted is no error.
func (p *player) leave(ctx context.Context) error {
	if p.State() != client.Playing && ctx.Err() == nil {
		return errors.New("the server did not let us in: still " + p.State().String())
	}
	p.Close()
	end := time.Now().Add(farewell)
	p.endpoint.Flush(time.Now())
	return p.endpoint.WaitUntil(end)
}

// soonest returns the earlier of two times; a may be zero, which is never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
