package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"
)

const cpuHelp = `Usage: netbench cpu [flags]

Measures what a player costs a server in processor time, beside the least it
could cost on this machine. Linux only; it takes two cores for itself.

Each of N clients sends 64 bytes up and gets 256 bytes down every tick,
unreliable, and one reliable message of 100 bytes a second each way, encrypted.
The server is a process alone on the first core, the clients are a process on
the second: real connections over loopback, each from an address of its own.
The floor is a bare loop of recvmmsg and sendmmsg in Go that moves as many
packets of the application's size, drained once a tick, nothing allocated. The
two take turns, and the medians count.

  netbench cpu -n 500

  --n N           clients (500)
  --hz N          ticks a second (60)
  --seconds N     how long each round measures, after two of settling (5)
  --rounds N      of each of the two (3)
  --listen ADDR   where the server listens (127.0.0.1:0)
  --cpuprofile F  write a pprof profile of the server, of the last round, and one
                  of the floor to F.floor
  --json          one flat object instead of a table

Figures: us_per_client_tick is processor time of the server's process
(getrusage) for each client and tick; ratio is it over floor_us_per_client_tick.
delivered is the share of all messages that arrived, both ways, its median.
allocs_per_packet counts in the server, packets in and out. idle_conn_bytes is
the server's heap for each connection that has nothing to say.
packets_per_client_tick is 2 where one packet goes each way. load_busy is the
share of its core that the load generator needs: near 1 it is the bottleneck.
`

// cpuOptions are the flags of netbench cpu.
type cpuOptions struct {
	n, hz, rounds int
	seconds       time.Duration
	listen        string
	profile       string
}

func cpuCommand() command {
	return command{
		name: "cpu", summary: "what a player costs a server, beside the machine's floor", help: cpuHelp,
		parse: func(set *flag.FlagSet, args []string) (measurement, error) {
			o, err := parseCPU(set, args)
			return func(ctx context.Context, stderr io.Writer) (figures, error) { return o.measure(ctx, stderr) }, err
		},
	}
}

func parseCPU(set *flag.FlagSet, args []string) (cpuOptions, error) {
	o := cpuOptions{n: 500, hz: 60, rounds: 3, seconds: 5 * time.Second}
	numberVar(set, &o.n, "n", 1, maxLoad)
	numberVar(set, &o.hz, "hz", 1, 1000)
	numberVar(set, &o.rounds, "rounds", 1, 1000)
	secondsVar(set, &o.seconds, "seconds", 0.1, 3600)
	set.StringVar(&o.listen, "listen", "127.0.0.1:0", "")
	set.StringVar(&o.profile, "cpuprofile", "", "")
	return o, parseFlags(set, args)
}

// maxLoad is how many clients there can be: each has an address of 127.1.0.0/16
// and a Path.Carrier.
const maxLoad = 60_000

// cpuFigures are what netbench cpu found.
type cpuFigures struct {
	N         int     `json:"n"`
	Hz        int     `json:"hz"`
	Time      float64 `json:"us_per_client_tick"`
	Floor     float64 `json:"floor_us_per_client_tick"`
	Ratio     float64 `json:"ratio"`
	Delivered float64 `json:"delivered"`
	Allocs    float64 `json:"allocs_per_packet"`
	Idle      int     `json:"idle_conn_bytes"`
	Packets   float64 `json:"packets_per_client_tick"`
	Busy      float64 `json:"server_busy"`
	LoadBusy  float64 `json:"load_busy"`
}

func (f *cpuFigures) rows() []row {
	us := func(x float64) string { return fmt.Sprintf("%.2f µs", x) }
	percent := func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
	return []row{
		{"floor", us(f.Floor), "for each client and tick: recvmmsg, sendmmsg and nothing else"},
		{"server", us(f.Time), fmt.Sprintf("for each of %d clients and tick at %d Hz", f.N, f.Hz)},
		{"ratio", fmt.Sprintf("%.2f", f.Ratio), "times the floor"},
		{"delivered", fmt.Sprintf("%.3f %%", 100*f.Delivered), "of all messages both ways"},
		{"allocations", fmt.Sprintf("%.4f", f.Allocs), "for each packet in or out"},
		{"idle connection", fmt.Sprintf("%d bytes", f.Idle), "of heap in the server"},
		{"packets", fmt.Sprintf("%.3f", f.Packets), "for each client and tick, in and out"},
		{"server's core", percent(f.Busy), "busy"},
		{"load's core", percent(f.LoadBusy), "busy"},
	}
}
