package main

import (
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/result"
	simrun "github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
)

// A linkJudge measures the links of a scenario's hosts in real time, and
// judges what the scenario asserts about them. It is safe for concurrent use.
type linkJudge struct {
	source *source

	mu    sync.Mutex
	hosts []hostMeasure
}

// A hostMeasure is what is measured of the link of a host, of the first client
// that stands for it.
type hostMeasure struct {
	client     netip.AddrPort
	directions [2]struct {
		bursts simrun.Bursts
		begun  bool
		queue  uint64
	}
}

// newLinkJudge returns nil if there is no scenario.
func newLinkJudge(s *source) *linkJudge {
	if s.scenario == nil {
		return nil
	}
	return &linkJudge{source: s, hosts: make([]hostMeasure, len(s.hosts))}
}

// observeProxy is an observer of a proxy.
func (j *linkJudge) observeProxy(d proxy.Datagram) {
	j.mu.Lock()
	defer j.mu.Unlock()
	h := &j.hosts[d.Host]
	if !h.client.IsValid() {
		h.client = d.Client
	}
	if h.client != d.Client {
		return
	}
	direction := 1
	if d.Up {
		direction = 0
	}
	switch d.Event {
	case proxy.Entered:
		h.entered(direction, d.Fate, d.QueueBytes)
	case proxy.Dropped:
		h.directions[direction].bursts.Dropped(d.Fate)
	}
}

// observeTUN is an observer of a tun.Network.
func (j *linkJudge) observeTUN(p tun.Packet) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch p.Event {
	case tun.Entered:
		j.hosts[0].entered(int(p.From), p.Fate, p.QueueBytes)
	case tun.Dropped:
		j.hosts[0].directions[p.From].bursts.Dropped(p.Fate)
	}
}

func (h *hostMeasure) entered(direction int, fate link.Fate, queue int) {
	d := &h.directions[direction]
	if fate.Index == 0 && d.begun {
		d.bursts.NewLink()
	}
	d.begun = true
	d.bursts.Carried(fate)
	d.queue = max(d.queue, uint64(queue))
}

// judge returns what was measured of the links, and the verdicts. Counters are
// those of each host, up and down.
func (j *linkJudge) judge(mode string, elapsed time.Duration, counters [][2]link.Counters) *result.Run {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.source
	run := &result.Run{
		Scenario: s.scenario.Name, Mode: mode, Seed: s.seed,
		VirtualSeconds: elapsed.Seconds(), WallSeconds: elapsed.Seconds(), Flows: []result.Flow{},
	}
	for i := range s.hosts {
		place := &s.hosts[i].Place
		for d, name := range [2]string{"up", "down"} {
			l := simrun.LinkResult(place.Name, name, counters[i][d])
			l.Bursts = j.hosts[i].directions[d].bursts.Counts()
			l.Series = &result.Series{StepSeconds: elapsed.Seconds(), QueueBytes: []uint64{j.hosts[i].directions[d].queue}}
			run.Links = append(run.Links, l)
		}
	}
	assertions := s.scenario.OfLinks()
	run.Assertions = make([]result.Assertion, len(assertions))
	for i := range assertions {
		run.Assertions[i] = assertions[i].Judge(run)
	}
	return run
}

// passed reports whether all that could be judged holds.
func passed(run *result.Run) bool { return run == nil || run.Passed() }

// writeVerdicts writes what was judged, and how much was not.
func writeVerdicts(w io.Writer, s *scenario.Scenario, run *result.Run) {
	for _, a := range run.Assertions {
		word := "pass"
		if !a.Pass {
			word = "FAIL"
		}
		fmt.Fprintf(w, "%s  %s: measured %s\n", word, a.Text, a.Measured)
	}
	if rest := len(s.Assertions) - len(run.Assertions); rest > 0 {
		fmt.Fprintf(w, "%d of %d assertions are about flows: netsim run judges them\n", rest, len(s.Assertions))
	}
}
