package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/vnet"
)

const wireHelp = `Usage: netbench wire [flags]

Counts what a packet costs beyond the application's own bytes: UDP payload less
messages; tag, connection ID, acknowledgements and framing are all in it. 64
bytes go up and 256 down, unreliable, 60 times a second each, in virtual time
over a clean link.

  --rtt TIME    round trip (50ms)
  --seconds N   how long it is counted, after 2 s of settling (10)
  --seed N      how the two ends' ticks lie to each other (1)
  --json        one flat object instead of a table

Figures: overhead_up_bytes and overhead_down_bytes are means over all packets
of the steady state, one message in each. overhead_up_w1_bytes and
overhead_down_w1_bytes are the same with a reliable message of 100 bytes a
second each way besides.
`

// W1: the traffic of a fast game, which the rivals' figures are of.
const (
	upBytes       = 64
	downBytes     = 256
	reliableBytes = 100
	reliableEvery = time.Second
)

// wireOptions are the flags of netbench wire.
type wireOptions struct {
	line
	seconds time.Duration
	seed    uint64
}

func wireCommand() command {
	return command{
		name: "wire", summary: "what a packet costs beyond the application's own bytes", help: wireHelp,
		parse: func(set *flag.FlagSet, args []string) (measurement, error) {
			o := wireOptions{line: line{rtt: 50 * time.Millisecond}, seconds: 10 * time.Second}
			durationVar(set, &o.rtt, "rtt", 0, time.Second)
			secondsVar(set, &o.seconds, "seconds", 1, 86400)
			set.Uint64Var(&o.seed, "seed", 1, "")
			err := parseFlags(set, args)
			return func(context.Context, io.Writer) (figures, error) { return o.measure() }, err
		},
	}
}

// wireFigures are what netbench wire found.
type wireFigures struct {
	Up     float64 `json:"overhead_up_bytes"`
	Down   float64 `json:"overhead_down_bytes"`
	UpW1   float64 `json:"overhead_up_w1_bytes"`
	DownW1 float64 `json:"overhead_down_w1_bytes"`
}

func (f *wireFigures) rows() []row {
	bytes := func(x float64) string { return fmt.Sprintf("%.2f bytes", x) }
	return []row{
		{"application's own", fmt.Sprintf("%d up, %d down", upBytes, downBytes), "the floor, and 28 more of UDP and IPv4"},
		{"up", bytes(f.Up), "beyond it in each packet, one message a packet"},
		{"down", bytes(f.Down), ""},
		{"up, W1", bytes(f.UpW1), "with a reliable message of 100 bytes a second"},
		{"down, W1", bytes(f.DownW1), ""},
	}
}

func (o *wireOptions) measure() (*wireFigures, error) {
	var f wireFigures
	for _, run := range []struct {
		reliable bool
		up, down *float64
	}{{false, &f.Up, &f.Down}, {true, &f.UpW1, &f.DownW1}} {
		up, down, err := o.count(run.reliable)
		if err != nil {
			return nil, err
		}
		*run.up, *run.down = rounded(up, 2), rounded(down, 2)
	}
	return &f, nil
}

// A tally is of the packets of one direction.
type tally struct{ packets, bytes float64 }

// count runs it once.
func (o *wireOptions) count(reliable bool) (up, down float64, err error) {
	const settle = 2 * time.Second
	cfg, err := o.config()
	if err != nil {
		return 0, 0, err
	}
	tallies := map[netip.AddrPort]*tally{clientAddress: {}, serverAddress: {}}
	var begin, end time.Time
	n, err := vnet.New(vnet.Config{Seed: o.seed, Link: cfg, Observer: func(e vnet.Event) {
		if e.Kind == vnet.Sent && !begin.IsZero() && !e.Time.Before(begin) && e.Time.Before(end) {
			t := tallies[e.From]
			t.packets++
			t.bytes += float64(len(e.Datagram))
		}
	}})
	if err != nil {
		return 0, 0, err
	}
	talk := o.seconds + settle + time.Second
	scripts := [2]script{messages(upBytes, talk), messages(downBytes, talk)}
	if reliable {
		scripts[0].reliableEvery, scripts[1].reliableEvery = reliableEvery, reliableEvery
	}
	p, err := newPair(netcode.Unreliable, scripts[0], scripts[1], o.seed, virtualEpoch())
	if err != nil {
		return 0, 0, err
	}
	if err := dialVirtual(n, p, p.client.core, p.server.core); err != nil {
		return 0, 0, err
	}
	if err := n.Run(n.Now().Add(settle)); err != nil {
		return 0, 0, err
	}
	begin, end = n.Now(), n.Now().Add(o.seconds)
	if err := n.Run(end); err != nil {
		return 0, 0, err
	}
	overhead := func(t *tally, size int) float64 {
		own := o.seconds.Seconds() * messageRate * float64(size)
		if reliable {
			own += o.seconds.Seconds() / reliableEvery.Seconds() * reliableBytes
		}
		return share(t.bytes-own, t.packets)
	}
	return overhead(tallies[clientAddress], upBytes), overhead(tallies[serverAddress], downBytes), p.check(netcode.Unreliable)
}
