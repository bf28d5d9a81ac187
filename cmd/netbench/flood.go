package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"
)

const floodHelp = `Usage: netbench flood [flags]

Floods a server with first packets from addresses that are not the sender's,
and looks at what honest players have of it. Linux only, as root; it takes two
cores for itself.

The server is a process alone on the first core, with the defaults of netcode.
On the second are a process with players, who are connected and exchange W1's
messages, and newcomers, who connect one after another, each from a socket and
an address of its own; and the flooder, who writes whole IP packets of random
source address (127.0.0.0/8), port and client ID to a raw socket.

  netbench flood

  --rate N        spoofed packets a second (200000)
  --kind KIND     what is in them: hello, the first datagram of a handshake;
                  initiate, the second, with a random cookie; or garbage (hello)
  --n N           players that are connected (32)
  --newcomers N   that connect at a time (8)
  --hz N          ticks a second (60)
  --buffer N      of the server's receive buffer, in MiB (4, as the default)
  --seconds N     of flood, after the first (10)
  --json          one flat object instead of a table

Figures: honest_connects is the share of newcomers who were connected within
2 s. player_delivery is the share of the players' messages that arrived, both
ways. bytes_in and bytes_out are what the server had from and sent to whoever
is not connected, UDP payload; overflowed is what its receive buffer had no room
for. cookie_us is what a cookie costs, to look at the question and to
send the answer; cookie_cpu_share is that times the cookies of a second, and cookie_cpu_cap times as many as there
can be. server_heap_growth_bytes is the heap after a collection, beside that
before the flood; 1 MiB of it are the filters of netcode/gate.go.
`

// floodOptions are the flags of netbench flood.
type floodOptions struct {
	rate, n, newcomers, hz int
	buffer                 int // MiB
	kind                   string
	seconds                time.Duration
}

// floodKinds are the values of --kind.
var floodKinds = []string{"hello", "initiate", "garbage"}

func floodCommand() command {
	return command{
		name: "flood", summary: "what honest players have of a server under a flood of spoofed packets", help: floodHelp,
		parse: func(set *flag.FlagSet, args []string) (measurement, error) {
			o, err := parseFlood(set, args)
			return func(ctx context.Context, stderr io.Writer) (figures, error) { return o.measure(ctx, stderr) }, err
		},
	}
}

func parseFlood(set *flag.FlagSet, args []string) (floodOptions, error) {
	o := floodOptions{rate: 200_000, n: 32, newcomers: 8, hz: 60, buffer: 4, kind: floodKinds[0], seconds: 10 * time.Second}
	numberVar(set, &o.rate, "rate", 1, 10_000_000)
	numberVar(set, &o.n, "n", 1, 1000)
	numberVar(set, &o.newcomers, "newcomers", 1, 64)
	numberVar(set, &o.hz, "hz", 1, 1000)
	numberVar(set, &o.buffer, "buffer", 1, 1024)
	secondsVar(set, &o.seconds, "seconds", 0.1, 3600)
	kindVar(set, &o.kind)
	return o, parseFlags(set, args)
}

func kindVar(set *flag.FlagSet, kind *string) {
	set.Func("kind", "", func(s string) error {
		if !slices.Contains(floodKinds, s) {
			return fmt.Errorf("want %s, %s or %s", floodKinds[0], floodKinds[1], floodKinds[2])
		}
		*kind = s
		return nil
	})
}

// floodFigures are what netbench flood found.
type floodFigures struct {
	Rate       float64 `json:"flood_per_second"`
	Connects   float64 `json:"honest_connects"`
	Newcomers  int     `json:"newcomers"`
	P50        float64 `json:"connect_p50_ms"`
	P99        float64 `json:"connect_p99_ms"`
	Delivery   float64 `json:"player_delivery"`
	HeapGrowth int     `json:"server_heap_growth_bytes"`
	BytesIn    uint64  `json:"bytes_in"`
	BytesOut   uint64  `json:"bytes_out"`
	Overflowed uint64  `json:"overflowed"`
	Busy       float64 `json:"server_busy"`
	LoadBusy   float64 `json:"load_busy"`
	CookieTime float64 `json:"cookie_us"`
	CookieCPU  float64 `json:"cookie_cpu_share"`
	CookieCap  float64 `json:"cookie_cpu_cap"`
}

func (f *floodFigures) rows() []row {
	percent := func(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) }
	return []row{
		{"flood", fmt.Sprintf("%.0f/s", f.Rate), "spoofed packets"},
		{"newcomers", percent(f.Connects), fmt.Sprintf("of %d connected within 2 s", f.Newcomers)},
		{"connecting took", fmt.Sprintf("%.0f ms", f.P50), fmt.Sprintf("half of them; %.0f ms 99 %%", f.P99)},
		{"players", percent(f.Delivery), "of their messages arrived, both ways"},
		{"heap", fmt.Sprintf("%+d bytes", f.HeapGrowth), "beside that before the flood"},
		{"bytes in", fmt.Sprint(f.BytesIn), "from strangers"},
		{"bytes out", fmt.Sprint(f.BytesOut), "to strangers"},
		{"overflowed", fmt.Sprint(f.Overflowed), "datagrams found the receive buffer full"},
		{"server's core", percent(f.Busy), "busy"},
		{"the others' core", percent(f.LoadBusy), "busy, with flooder and players"},
		{"cookies", percent(f.CookieCPU), fmt.Sprintf("of the server's core, at %.2f µs; at most %s", f.CookieTime, percent(f.CookieCap))},
	}
}
