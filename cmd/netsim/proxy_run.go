package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/control"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/result"
)

// A proxyRun is a proxy with all that watches it.
type proxyRun struct {
	proxyOptions
	stdout, stderr io.Writer

	proxy   *proxy.Proxy
	judge   *linkJudge
	capture *captureFile
	began   time.Time
}

// run carries datagrams until ctx is done or the duration is over, and writes
// the summary.
func (r *proxyRun) run(ctx context.Context) (code int, err error) {
	if err := r.open(); err != nil {
		return exitError, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.duration > 0 {
		ctx, cancel = context.WithTimeout(ctx, r.duration)
		defer cancel()
	}
	r.began = time.Now()
	wait := func() {}
	if r.used() {
		wait = r.start(ctx, control.OfProxy(r.proxy), &r.source, "proxy", false, r.proxy.Epoch)
	}
	fmt.Fprintf(r.stdout, "netsim: proxy ready on %v\n", r.proxy.Addr())
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		if !r.quiet && !r.live {
			reportEverySecond(ctx, r.proxy, r.began, r.stderr)
		}
	}()
	if r.live {
		_, err = liveWhile(ctx, r.desk, func(ctx context.Context) (int, error) { return exitOK, r.proxy.Run(ctx) })
	} else {
		err = r.proxy.Run(ctx)
	}
	cancel()
	<-reported
	wait()
	if err = errors.Join(err, r.capture.Close(r.stderr)); err != nil {
		return exitError, err
	}
	measured := r.measured()
	if err := writeSummary(r.stdout, r.proxy.Stats(), time.Since(r.began), measured, &r.source, r.json); err != nil {
		return exitError, fmt.Errorf("summary: %w", err)
	}
	if !passed(measured) {
		return exitError, nil
	}
	return exitOK, nil
}

// open makes the proxy and what watches it.
func (r *proxyRun) open() (err error) {
	var observers []func(proxy.Datagram)
	if r.judge = newLinkJudge(&r.source); r.judge != nil {
		observers = append(observers, r.judge.observeProxy)
	}
	if err := r.watchtower.open(); err != nil {
		return err
	}
	if r.used() {
		r.desk = &control.Desk{}
		observers = append(observers, r.desk.Meter.ObserveProxy)
	}
	if r.capture, err = createCapture(r.pcapng); err != nil {
		r.watchtower.close()
		return err
	}
	if r.capture != nil {
		address, err := net.ResolveUDPAddr("udp", r.Target)
		if err != nil {
			return errors.Join(fmt.Errorf("--to: %w", err), r.capture.Close(r.stderr))
		}
		target := address.AddrPort()
		observers = append(observers, r.capture.observeProxy(
			func() netip.AddrPort { return target }, func() netip.AddrPort { return r.proxy.Addr() }))
	}
	if len(observers) > 0 {
		r.Observe = func(d proxy.Datagram) {
			for _, observe := range observers {
				observe(d)
			}
		}
	}
	if r.proxy, err = proxy.New(r.Config); err != nil {
		r.watchtower.close()
		return errors.Join(err, r.capture.Close(r.stderr))
	}
	return nil
}

// measured returns what was measured of a scenario's links; nil if there is
// none.
func (r *proxyRun) measured() *result.Run {
	if r.judge == nil {
		return nil
	}
	var counters [][2]link.Counters
	for i := range r.hosts {
		up, down := r.proxy.HostCounters(i)
		counters = append(counters, [2]link.Counters{up, down})
	}
	epoch, begun := r.proxy.Epoch()
	if !begun {
		epoch = time.Now()
	}
	return r.judge.judge(result.Proxy, time.Since(epoch), counters)
}
