package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

const bulkHelp = `Usage: netbench bulk [flags]

Sends a blob that never ends one way, from the client to the server, beside
100 bytes of unreliable state 60 times a second each way, on one connection
through a bottleneck with a drop-tail queue, in virtual time from a cold start.
Then the same without the blob.

  netbench bulk --rate 2mbit --rtt 40ms --queue 250ms

The network, the same each way
  --rate RATE     of the bottleneck: 500kbit, 2mbit (2mbit)
  --queue TIME    what the bottleneck's queue holds, at that rate (100ms)
  --rtt TIME      round trip without queue and jitter, half of it each way (40ms)
  --loss PERCENT  datagrams lost behind the bottleneck, up and down each (0)
  --burst N       losses come in bursts of on average N datagrams
  --jitter TIME   each datagram's one-way delay is uniform in rtt/2 ± TIME (0ms)

The traffic
  --seconds N     how long (60)
  --seed N        chance, and how the two ends' ticks lie to each other (1)
  --competitor X  cubic: a TCP flow that shares the bottleneck with the blob. It
                  is a model after RFC 9438 with selective acknowledgements,
                  not a kernel. cubic-kernel: this kernel's TCP, bbr-kernel
                  likewise, and everything in real time over a TUN link (Linux,
                  root)

Running
  --json          one flat object instead of a table

Figures: utilisation is what passed the bottleneck in the blob's direction, with
IP and UDP headers, over its capacity, from the moment the client is connected.
state_p50_ms, state_p99_ms and state_max_ms are one-way times of delivered
state, of the worse direction; state_idle_p99_ms is the same without the blob;
state_delivered is a share, of the worse direction. queue_p99_ms is how long
the connection's datagrams waited in the bottleneck. goodput_mbit is the blob
as the server's application reads it. wire_bytes_per_payload_byte is UDP
payload sent both ways over bytes delivered to the applications both ways. With
a competitor, share and competitor_share are of the capacity, in bytes of IP,
and utilisation is the sum.
`

// bulkOptions are the flags of netbench bulk.
type bulkOptions struct {
	line
	seconds    time.Duration
	seed       uint64
	competitor string
}

// The competitors. Those of a kernel are named as the kernel names them, with
// this behind.
const (
	competitorModel = "cubic"
	kernelSuffix    = "-kernel"
)

func bulkCommand() command {
	return command{
		name: "bulk", summary: "what a blob gets of a bottleneck, and what it does to the state beside it", help: bulkHelp,
		parse: func(set *flag.FlagSet, args []string) (measurement, error) {
			o, err := parseBulk(set, args)
			return func(ctx context.Context, _ io.Writer) (figures, error) { return o.measure(ctx) }, err
		},
	}
}

func parseBulk(set *flag.FlagSet, args []string) (bulkOptions, error) {
	o := bulkOptions{
		line:    line{rtt: 40 * time.Millisecond, rate: 2_000_000, queue: 100 * time.Millisecond},
		seconds: time.Minute,
	}
	o.register(set)
	rateVar(set, &o.rate)
	durationVar(set, &o.queue, "queue", 0, link.MaxDelay)
	secondsVar(set, &o.seconds, "seconds", 1, 86400)
	set.Uint64Var(&o.seed, "seed", 1, "")
	set.Func("competitor", "", func(s string) error {
		if s != competitorModel && s != "cubic"+kernelSuffix && s != "bbr"+kernelSuffix {
			return errors.New("want cubic, cubic-kernel or bbr-kernel")
		}
		o.competitor = s
		return nil
	})
	if err := parseFlags(set, args); err != nil {
		return o, err
	}
	_, err := o.config()
	return o, err
}

// bulkFigures are what netbench bulk found.
type bulkFigures struct {
	Utilisation float64 `json:"utilisation"`
	StateP50    float64 `json:"state_p50_ms"`
	StateP99    float64 `json:"state_p99_ms"`
	StateMax    float64 `json:"state_max_ms"`
	IdleP99     float64 `json:"state_idle_p99_ms"`
	Delivered   float64 `json:"state_delivered"`
	QueueP99    float64 `json:"queue_p99_ms"`
	Goodput     float64 `json:"goodput_mbit"`
	Wire        float64 `json:"wire_bytes_per_payload_byte"`
	Share       float64 `json:"share"`
	Competitor  float64 `json:"competitor_share"`
	Digest      string  `json:"digest,omitempty"`

	competitor string
}

func (f *bulkFigures) rows() []row {
	rows := []row{
		{"utilisation", fmt.Sprintf("%.1f %%", 100*f.Utilisation), "of the bottleneck's capacity, headers counted"},
		{"goodput", fmt.Sprintf("%.2f Mbit/s", f.Goodput), "of the blob, as the application reads it"},
		{"state alone, p99", ms(f.IdleP99), "the floor: one way, without the blob"},
		{"state, p50", ms(f.StateP50), "one way beside the blob, the worse direction"},
		{"state, p99", ms(f.StateP99), fmt.Sprintf("%.1f ms above the floor", f.StateP99-f.IdleP99)},
		{"state, worst", ms(f.StateMax), ""},
		{"state delivered", fmt.Sprintf("%.2f %%", 100*f.Delivered), "in the worse direction"},
		{"queue, p99", ms(f.QueueP99), "what our datagrams waited in the bottleneck"},
		{"wire", fmt.Sprintf("%.2f", f.Wire), "bytes of UDP payload for each byte delivered"},
	}
	if f.competitor != "" {
		rival := "of the capacity, a model of TCP cubic"
		if name, kernel := strings.CutSuffix(f.competitor, kernelSuffix); kernel {
			rival = "of the capacity, this kernel's TCP " + name
		}
		rows = append(rows,
			row{"our share", fmt.Sprintf("%.1f %%", 100*f.Share), "of the capacity"},
			row{"TCP's share", fmt.Sprintf("%.1f %%", 100*f.Competitor), rival})
	}
	return rows
}

// measure runs it with and without the blob.
func (o *bulkOptions) measure(ctx context.Context) (*bulkFigures, error) {
	transfer := o.transfer
	if name, kernel := strings.CutSuffix(o.competitor, kernelSuffix); kernel {
		transfer = func(blob bool) (*transferred, error) { return o.transferBeside(ctx, name, blob) }
	}
	idle, err := transfer(false)
	if err != nil {
		return nil, err
	}
	busy, err := transfer(true)
	if err != nil {
		return nil, err
	}
	up, down := sorted(busy.server.times), sorted(busy.client.times)
	f := &bulkFigures{
		StateP50: milliseconds(max(up.percentile(50), down.percentile(50))),
		StateP99: milliseconds(max(up.percentile(99), down.percentile(99))),
		StateMax: milliseconds(max(up.percentile(100), down.percentile(100))),
		IdleP99: milliseconds(max(
			sorted(idle.server.times).percentile(99), sorted(idle.client.times).percentile(99))),
		Delivered: rounded(min(
			share(float64(len(up)), float64(busy.client.sent)), share(float64(len(down)), float64(busy.server.sent))), 5),
		QueueP99:   milliseconds(sorted(busy.neck.waited).percentile(99)),
		Goodput:    rounded(float64(busy.server.blobBytes)*8/o.seconds.Seconds()/1e6, 4),
		Wire:       rounded(share(float64(busy.wireBytes()), float64(busy.payloadBytes())), 4),
		competitor: o.competitor,
	}
	if busy.digest != 0 {
		f.Digest = fmt.Sprintf("%#016x", busy.digest)
	}
	capacity := float64(o.rate) / 8 * o.seconds.Seconds()
	f.Share = rounded(float64(busy.neck.ours)/capacity, 4)
	f.Competitor = rounded(float64(busy.neck.others)/capacity, 4)
	f.Utilisation = rounded(float64(busy.neck.ours+busy.neck.others)/capacity, 4)
	return f, nil
}

// stateMode is the mode of the state's channel.
const stateMode = netcode.Unreliable
