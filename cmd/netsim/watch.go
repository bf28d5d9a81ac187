package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/control"
)

// A watchtower is from where a link is watched and changed while it runs: the
// REST interface and the live view. Its zero value is neither.
type watchtower struct {
	address, token string // of the REST interface
	live           bool

	listener net.Listener
	desk     *control.Desk
}

// register adds the flags.
func (w *watchtower) register(set *flag.FlagSet) {
	set.StringVar(&w.address, "control", "", "")
	set.StringVar(&w.token, "control-token", "", "")
	set.BoolVar(&w.live, "live", false, "")
}

// used reports whether anybody watches.
func (w *watchtower) used() bool { return w.address != "" || w.live }

// open opens the address of the REST interface, before anything starts.
func (w *watchtower) open() (err error) {
	switch {
	case w.live:
		if err := mayLive(); err != nil {
			return err
		}
	case w.token != "" && w.address == "":
		return errors.New("--control-token: want --control as well")
	}
	if w.address == "" {
		return nil
	}
	if w.listener, err = control.Listen(w.address, w.token); err != nil {
		return fmt.Errorf("--control: %w", err)
	}
	return nil
}

// close closes what open has opened, where nothing started.
func (w *watchtower) close() {
	if w.listener != nil {
		_ = w.listener.Close()
	}
}

// start begins to watch a network, until ctx is done. It returns what waits
// for the end.
func (w *watchtower) start(ctx context.Context, n control.Network, s *source, mode string, packets bool, epoch func() (time.Time, bool)) (wait func()) {
	o := control.Options{Mode: mode, Timeline: s.moments(), Epoch: epoch}
	if packets {
		o.HeaderBytes = udpOverhead
	}
	w.desk.Begin(n, o)
	done := make(chan struct{}, 2)
	go func() {
		w.desk.Run(ctx)
		done <- struct{}{}
	}()
	go func() {
		if w.listener != nil {
			if err := control.Serve(ctx, w.listener, control.NewHandler(w.desk, w.token)); err != nil {
				w.desk.Tell("error", "control: "+err.Error())
			}
		}
		done <- struct{}{}
	}()
	return func() {
		<-done
		<-done
	}
}

// moments are the changes of the scenario's timeline.
func (s *source) moments() []control.Moment {
	var list []control.Moment
	for i := range s.hosts {
		for _, c := range s.hosts[i].Changes {
			text := c.Text
			if len(s.hosts) > 1 {
				text = s.hosts[i].Name + ": " + text
			}
			list = append(list, control.Moment{At: c.At, Text: text})
		}
	}
	slices.SortStableFunc(list, func(a, b control.Moment) int { return cmp.Compare(a.At, b.At) })
	return list
}
