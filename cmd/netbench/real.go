package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/proxy"
)

// measureReal is netbench latency in real time: two endpoints on loopback and
// the emulator between them.
func (o *latencyOptions) measureReal(ctx context.Context) (*latencyFigures, error) {
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	talk := messages(messageBytes, o.seconds)
	p, err := newPair(o.mode, talk, talk, o.seed, time.Now())
	if err != nil {
		return nil, err
	}
	server, err := netcode.Listen("127.0.0.1:0", p.server.core, netcode.EndpointOptions{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	emulator, err := proxy.New(proxy.Config{
		Listen: "127.0.0.1:0", Target: server.LocalAddr().String(), Up: cfg, Down: cfg, Seed: o.seed,
	})
	if err != nil {
		return nil, err
	}
	defer emulator.Close()
	client, err := netcode.Listen("127.0.0.1:0", p.client.core, netcode.EndpointOptions{})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	path, err := client.Resolve(emulator.Addr().String())
	if err != nil {
		return nil, err
	}
	if _, err := p.client.core.Dial(time.Now(), path, netcode.DialOptions{ServerKey: p.server.core.PublicKey()}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout+o.seconds+o.drain())
	defer cancel()
	if err := p.talk(ctx, o.drain(), emulator, client, server); err != nil {
		return nil, err
	}
	if err := p.check(o.mode); err != nil {
		return nil, err
	}
	f := o.figures(p, nil)
	// 99 of 100 uniform delays are below this.
	f.LinkP99 = milliseconds(o.rtt/2 + o.jitter*98/100)
	f.LinkLate = milliseconds(emulator.Stats().Lateness.P99)
	return f, nil
}

// talk runs both ends, each in its goroutine as a game would be, until both
// have heard everything, or nothing new for so long as patience, or ctx ends.
func (p pair) talk(ctx context.Context, patience time.Duration, emulator *proxy.Proxy, client, server *netcode.Endpoint) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wait sync.WaitGroup
		busy atomic.Int32
		errs [3]error
	)
	busy.Store(2)
	for i, side := range []struct {
		end      *end
		endpoint *netcode.Endpoint
		expects  uint64
	}{{p.client, client, p.server.script.count}, {p.server, server, p.client.script.count}} {
		wait.Go(func() {
			errs[i] = side.end.play(ctx, side.endpoint, side.expects, patience, &busy)
			cancel()
		})
	}
	wait.Go(func() { errs[2] = emulator.Run(ctx) })
	wait.Wait()
	return errors.Join(errs[:]...)
}

// play is the loop of one end. It goes on after it has heard all that it
// expects, for the other's sake, until busy is zero.
func (e *end) play(ctx context.Context, endpoint *netcode.Endpoint, expects uint64, patience time.Duration, busy *atomic.Int32) error {
	const look = 100 * time.Millisecond // how often an idle end looks at ctx
	heardAll, heard, heardAt := false, 0, time.Now()
	for ctx.Err() == nil && busy.Load() > 0 && e.closed == nil {
		now := time.Now()
		e.Advance(now)
		endpoint.Flush(now)
		if len(e.times) > heard {
			heard, heardAt = len(e.times), now
		}
		if !heardAll && (uint64(heard) == expects || heard > 0 && now.Sub(heardAt) > patience) {
			heardAll = true
			busy.Add(-1)
		}
		until := now.Add(look)
		if !e.next.IsZero() && e.next.Before(until) {
			until = e.next
		}
		if err := endpoint.Wait(until); err != nil {
			return err
		}
	}
	return nil
}
