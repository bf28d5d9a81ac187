package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// What the process that measures says to its children, a line each.
const (
	sayIdle  = "idle"  // server: say how much memory connections take
	sayGo    = "go"    // both: send every tick
	sayBegin = "begin" // server: count from here
	sayEnd   = "end"   // server: say what was counted, and stop sending
	sayStop  = "stop"  // both: say all that was counted, and exit
)

// childOptions are the flags of a child.
type childOptions struct {
	floor     bool
	n, hz     int
	listen    string // server
	server    string // load: the server's address
	key       string // load: the server's key in hex
	profileTo string
	rate      int    // flooder: packets a second
	kind      string // flooder: what is in them
	newcomers int    // flood-players: at a time
	buffer    int    // flood-server: to receive, in MiB
}

// A report is what a child says, a line each. Each fills in what it knows.
type report struct {
	Address string  `json:",omitempty"` // server, at first
	Key     string  `json:",omitempty"`
	Idle    int     `json:",omitempty"` // bytes of heap for each connection
	CPU     float64 `json:",omitempty"` // seconds between begin and end
	Wall    float64 `json:",omitempty"`
	Ticks   int     `json:",omitempty"` // between begin and end
	Packets uint64  `json:",omitempty"`
	Allocs  uint64  `json:",omitempty"`

	BytesIn    uint64    `json:",omitempty"` // flood-server: of strangers, between begin and end
	BytesOut   uint64    `json:",omitempty"`
	Cookies    uint64    `json:",omitempty"`
	Overflowed uint64    `json:",omitempty"`
	Cookie     float64   `json:",omitempty"` // seconds of processor time
	Times      []float64 `json:",omitempty"` // flood-players: seconds to connect

	Sent, Received uint64 `json:",omitempty"` // messages, ever
	Error          string `json:",omitempty"`
}

// childCommands are the processes of netbench cpu and flood.
func childCommands() []command {
	var commands []command
	for name, work := range map[string]func(*child) error{
		"cpu-server": (*child).serve, "cpu-load": (*child).load,
		"flood-server": (*child).serveFlood, "flood-players": (*child).floodPlayers, "flood-raw": (*child).flood,
	} {
		commands = append(commands, command{name: name, hidden: true, parse: func(set *flag.FlagSet, args []string) (measurement, error) {
			c := &child{}
			set.BoolVar(&c.floor, "floor", false, "")
			numberVar(set, &c.n, "n", 1, maxLoad)
			numberVar(set, &c.hz, "hz", 1, 1000)
			set.StringVar(&c.listen, "listen", "", "")
			set.StringVar(&c.server, "server", "", "")
			set.StringVar(&c.key, "key", "", "")
			set.StringVar(&c.profileTo, "cpuprofile", "", "")
			numberVar(set, &c.rate, "rate", 1, 10_000_000)
			numberVar(set, &c.newcomers, "newcomers", 1, 64)
			numberVar(set, &c.buffer, "buffer", 1, 1024)
			kindVar(set, &c.kind)
			err := parseFlags(set, args)
			return func(context.Context, io.Writer) (figures, error) {
				c.listenTo(os.Stdin)
				if err := work(c); err != nil {
					c.say(report{Error: err.Error()})
				}
				return nil, nil
			}, err
		}})
	}
	return commands
}

// A child is a process of netbench cpu: it ticks, and does what it is told.
type child struct {
	childOptions
	told    chan string
	sending bool
	next    time.Time // tick
	ticks   int
	begin   snapshot
	profile *os.File // nil if none is being written
}

// listenTo reads what it is told. The end of input is a stop: then whoever
// measures is gone.
func (c *child) listenTo(r io.Reader) {
	c.told = make(chan string, 8)
	go func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			c.told <- lines.Text()
		}
		c.told <- sayStop
	}()
}

func (c *child) say(r report) {
	line, err := json.Marshal(r)
	if err != nil {
		panic("netbench: BUG: " + err.Error())
	}
	fmt.Printf("%s\n", line)
}

// interval is the time between ticks.
func (c *child) interval() time.Duration { return time.Second / time.Duration(c.hz) }

// startTicks begins to tick at a whole number of intervals since boot and a
// part of one: so the two processes stay half a tick apart.
func (c *child) startTicks(part float64) error {
	var since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &since); err != nil {
		return os.NewSyscallError("clock_gettime", err)
	}
	now := time.Now()
	into := time.Duration(since.Nano()) % c.interval()
	c.next = now.Add(c.interval() - into + time.Duration(part*float64(c.interval())))
	return nil
}

// A worker is what a child does: the server or the load, ours or the floor's.
type worker interface {
	tick(now time.Time)         // take what arrived, send what is to be
	rest(until time.Time)       // wait for the next tick
	packets() uint64            // in and out
	idle() (conns, heap int)    // connections, and the heap of the process beside what it had without
	counts() (sent, got uint64) // messages
}

// A marker is a worker that has more to count between begin and end.
type marker interface {
	mark()            // at begin
	detail(r *report) // at end
}

// run ticks until it is told to stop.
func (c *child) run(w worker) error {
	for {
		w.rest(c.next)
		now := time.Now()
		for len(c.told) > 0 {
			if stop := c.obey(<-c.told, w); stop {
				return nil
			}
		}
		w.tick(now)
		c.ticks++
		if c.next = c.next.Add(c.interval()); c.next.Before(now) {
			c.next = now // a tick that took too long: do not try to make up for it
		}
	}
}

// obey does what the child is told.
func (c *child) obey(word string, w worker) (stop bool) {
	switch word {
	case sayIdle:
		conns, heap := w.idle()
		c.say(report{Idle: heap / max(conns, 1)})
	case sayGo:
		c.sending = true
	case sayBegin:
		if err := c.startProfile(); err != nil {
			c.say(report{Error: err.Error()})
			return true
		}
		c.begin = c.snapshot(w)
		if m, ok := w.(marker); ok {
			m.mark()
		}
	case sayEnd:
		c.sending = false
		s := c.snapshot(w)
		c.stopProfile()
		r := report{
			CPU: (s.cpu - c.begin.cpu).Seconds(), Wall: s.at.Sub(c.begin.at).Seconds(), Ticks: s.ticks - c.begin.ticks,
			Packets: s.packets - c.begin.packets, Allocs: s.allocs - c.begin.allocs,
		}
		if m, ok := w.(marker); ok {
			m.detail(&r)
		}
		c.say(r)
	case sayStop:
		sent, got := w.counts()
		c.say(report{Sent: sent, Received: got})
		return true
	}
	return false
}
