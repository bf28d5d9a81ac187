package server

import (
	"context"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// farewell is how long Run stays after the end, so that a lost word to the
// players that the server is stopping can be said again.
const farewell = 250 * time.Millisecond

// Run makes a server and runs it, as [Server.Run] does.
func Run[I any](ctx context.Context, address string, cfg Config[I]) error {
	s, err := New(cfg)
	if err != nil {
		return err
	}
	return s.Run(ctx, address)
}

// Run listens on a UDP address such as ":7777" and runs the game until ctx is
// done. Then it tells the players that the server is stopping, and returns
// nil. Any other end is an error.
//
// From its call on, the server belongs to the goroutine that runs it.
func (s *Server[I]) Run(ctx context.Context, address string) error {
	endpoint, err := netcode.Listen(address, s.core, netcode.EndpointOptions{})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	defer func() { _ = endpoint.Close() }() // nothing is left to say
	return s.Serve(ctx, endpoint)
}

// Serve is Run on an endpoint of the caller's, made for the server's Core. It
// does not close it.
func (s *Server[I]) Serve(ctx context.Context, endpoint *netcode.Endpoint) error {
	for ctx.Err() == nil {
		s.turn(time.Now())
		endpoint.Flush(time.Now())
		// Every batch of datagrams is taken in at once: the slack that
		// clients steer by is then true to the fraction of a tick, and acks
		// and handshakes do not wait for the next.
		if err := endpoint.Wait(s.NextTick()); err != nil {
			return fmt.Errorf("server: %w", err)
		}
	}
	now := time.Now()
	s.core.Shutdown(now, netcode.CloseShuttingDown, "")
	endpoint.Flush(now)
	if err := endpoint.WaitUntil(now.Add(farewell)); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// turn is Advance with a stopwatch.
func (s *Server[I]) turn(now time.Time) {
	before := s.stats.Ticks
	s.Advance(now)
	if s.stats.Ticks != before {
		s.stats.LastTick = time.Since(now)
		s.stats.MaxTick = max(s.stats.MaxTick, s.stats.LastTick)
	}
}
