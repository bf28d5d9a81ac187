package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

const latencyHelp = `Usage: netbench latency [flags]

Sends 100 bytes 60 times a second each way over one connection with default
settings, handed over and flushed at once, and times each until the other
application has read it. By default all of it happens in virtual time: the
same seed gives the same figures on every machine, in a second or so.

  netbench latency --mode reliable-ordered --rtt 100ms --loss 5

The network, the same each way
  --rtt TIME      round trip without jitter, half of it each way (100ms)
  --loss PERCENT  datagrams lost, up and down each (0)
  --burst N       losses come in bursts of on average N datagrams
                  (Gilbert-Elliott); by default each is independent
  --jitter TIME   each datagram's one-way delay is uniform in rtt/2 ± TIME, and
                  datagrams overtake each other (0ms)

The traffic
  --mode MODE     reliable-ordered, reliable-unordered, unreliable or
                  unreliable-sequenced (reliable-ordered)
  --seconds N     how long messages are sent (60)
  --seed N        chance, and how the two ends' ticks lie to each other (1)

Running
  --real          real time and real sockets on loopback, through the link
                  emulator of netsim proxy
  --json          one flat object instead of a table

Figures: p50_ms, p99_ms and max_ms are one-way times over all delivered
messages of both ways; link_p99_ms is the link's own, of every datagram that
arrived; link_late_p99_ms is how much later than that the emulator let them go
(--real only). delivered is a share of what was sent. wire_bytes_per_payload_byte is
UDP payload sent both ways, all packets counted from the first of the
handshake, over bytes delivered to the applications both ways. digest is of
every datagram that arrived (virtual time only).
`

// latencyOptions are the flags of netbench latency.
type latencyOptions struct {
	line
	mode    netcode.ChannelMode
	seconds time.Duration
	seed    uint64
	real    bool
}

// The traffic of netbench latency, and the state of netbench bulk.
const (
	messageBytes = 100
	messageRate  = 60
)

func latencyCommand() command {
	return command{
		name: "latency", summary: "how late messages are, and what they cost on the wire", help: latencyHelp,
		parse: func(set *flag.FlagSet, args []string) (measurement, error) {
			o, err := parseLatency(set, args)
			return func(ctx context.Context, _ io.Writer) (figures, error) {
				if o.real {
					return o.measureReal(ctx)
				}
				return o.measureVirtual()
			}, err
		},
	}
}

func parseLatency(set *flag.FlagSet, args []string) (latencyOptions, error) {
	o := latencyOptions{
		line: line{rtt: 100 * time.Millisecond}, mode: netcode.ReliableOrdered, seconds: time.Minute,
	}
	o.register(set)
	modeVar(set, &o.mode)
	secondsVar(set, &o.seconds, "seconds", 0.1, 86400)
	set.Uint64Var(&o.seed, "seed", 1, "")
	set.BoolVar(&o.real, "real", false, "")
	if err := parseFlags(set, args); err != nil {
		return o, err
	}
	_, err := o.config()
	return o, err
}

// modes are the values of --mode.
var modes = []struct {
	name string
	mode netcode.ChannelMode
}{
	{"reliable-ordered", netcode.ReliableOrdered},
	{"reliable-unordered", netcode.ReliableUnordered},
	{"unreliable", netcode.Unreliable},
	{"unreliable-sequenced", netcode.UnreliableSequenced},
}

// modeVar adds --mode.
func modeVar(set *flag.FlagSet, mode *netcode.ChannelMode) {
	set.Func("mode", "", func(s string) error {
		var names []string
		for _, m := range modes {
			if s == m.name {
				*mode = m.mode
				return nil
			}
			names = append(names, m.name)
		}
		return fmt.Errorf("want %s", strings.Join(names, ", "))
	})
}

// latencyFigures are what netbench latency found.
type latencyFigures struct {
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
	LinkP99   float64 `json:"link_p99_ms"`
	Sent      uint64  `json:"sent"`
	Delivered float64 `json:"delivered"`
	Wire      float64 `json:"wire_bytes_per_payload_byte"`
	LinkLate  float64 `json:"link_late_p99_ms,omitempty"`
	Digest    string  `json:"digest,omitempty"`
}

func (f *latencyFigures) rows() []row {
	rows := []row{
		{"link, p99", ms(f.LinkP99), "the floor: what the network itself takes, one way"},
		{"message, p50", ms(f.P50), "from Send to Receive, one way"},
		{"message, p99", ms(f.P99), fmt.Sprintf("%.1f ms above the floor", f.P99-f.LinkP99)},
		{"message, worst", ms(f.Max), ""},
		{"delivered", fmt.Sprintf("%.2f %%", 100*f.Delivered), fmt.Sprintf("of %d messages", f.Sent)},
		{"wire", fmt.Sprintf("%.2f", f.Wire), "bytes of UDP payload for each byte delivered"},
	}
	if f.LinkLate > 0 {
		rows = append(rows, row{"emulator late, p99", ms(f.LinkLate), "how long after its time it let datagrams go"})
	}
	return rows
}

func ms(x float64) string { return fmt.Sprintf("%.1f ms", x) }

// messages returns the script of an end that sends them for so long.
func messages(size int, duration time.Duration) script {
	return script{
		interval: time.Second / messageRate, size: size,
		count: uint64(duration.Seconds()*messageRate + 0.5), duration: duration,
	}
}

// drain is how long after the last message late ones are waited for.
func (o *latencyOptions) drain() time.Duration {
	if o.mode == netcode.ReliableOrdered || o.mode == netcode.ReliableUnordered {
		return 10 * time.Second
	}
	return o.rtt + time.Second // what is lost stays lost
}

// figures sums up a run.
func (o *latencyOptions) figures(p pair, linkTimes sample) *latencyFigures {
	s := sorted(p.client.times, p.server.times)
	sent := p.client.sent + p.server.sent
	return &latencyFigures{
		P50: milliseconds(s.percentile(50)), P99: milliseconds(s.percentile(99)), Max: milliseconds(s.percentile(100)),
		LinkP99: milliseconds(linkTimes.percentile(99)), Sent: sent,
		Delivered: rounded(share(float64(len(s)), float64(sent)), 5),
		Wire:      rounded(share(float64(p.wireBytes()), float64(p.payloadBytes())), 4),
	}
}

// done reports whether both have said and heard everything.
func (p pair) done() bool {
	c, s := p.client, p.server
	return c.conn != nil && s.conn != nil && c.next.IsZero() && s.next.IsZero() &&
		uint64(len(c.times)) == s.sent && uint64(len(s.times)) == c.sent
}
