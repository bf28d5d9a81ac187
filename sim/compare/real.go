package compare

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
)

// Real compares ours, plain UDP and the TCP of this kernel, over links of
// package tun, one after another on fresh ones. It needs what tun.New needs,
// and its error is of that. When ctx ends, it returns what there is so far.
func Real(ctx context.Context, cfg Config) (*Result, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Result{Mode: result.TUN, Seconds: cfg.Duration.Seconds()}
	names := cfg.names(OursState, OursOrdered, UDP)
	for _, name := range cfg.names(TCPBBR, TCPCubic) {
		if kernelHas(congestionOf(name)) {
			names = append(names, name)
		} else {
			r.Notes = append(r.Notes, fmt.Sprintf("This kernel does not have TCP %s: modprobe tcp_%[1]s may load it.", congestionOf(name)))
		}
	}
	for i, name := range names {
		s := subject(name, cfg.Copies)
		was, err := cfg.real(ctx, &s, func() {
			if cfg.Began != nil {
				cfg.Began(s, i, len(names))
			}
		})
		if ctx.Err() != nil {
			r.interrupted(s, was.measured, i, len(names))
			break
		}
		if err != nil {
			return r, fmt.Errorf("compare: %s: %w", s.Title, err)
		}
		r.Subjects = append(r.Subjects, s)
		r.Notes = append(r.Notes, was.notes(&s)...)
	}
	return r, nil
}

// circumstances are what a measurement in real time depends on.
type circumstances struct {
	measured time.Duration // how long
	drops    uint64        // packets that the link never saw
	late     time.Duration // how late a station woke up for a tick, p99
}

// busy is how late a tick may be before figures in milliseconds say more about
// the machine than about the line.
const busy = 5 * time.Millisecond

// notes say what was wrong with them.
func (c *circumstances) notes(s *Subject) (notes []string) {
	if c.drops > 0 {
		notes = append(notes, fmt.Sprintf("%s: this machine was too slow for %d packets, which the link never saw.", s.Title, c.drops))
	}
	if c.late > busy {
		notes = append(notes, fmt.Sprintf("%s: this machine was busy, and ticks were up to %.0f ms late at p99; arrivals are, too. (chrt -r 5 in front helps.)", s.Title, milliseconds(c.late)))
	}
	return notes
}

// congestionOf returns what the kernel calls the congestion control of a
// subject.
func congestionOf(name string) string {
	switch name {
	case TCPBBR:
		return "bbr"
	case TCPCubic:
		return "cubic"
	}
	return ""
}

// interrupted keeps what there is of a subject that was not finished.
func (r *Result) interrupted(s Subject, measured time.Duration, number, of int) {
	if measured >= 2*settling {
		r.Subjects = append(r.Subjects, s)
		r.Notes = append(r.Notes, fmt.Sprintf("%s was interrupted after %.0f s.", s.Title, measured.Seconds()))
		number++
	}
	if number < of {
		r.Notes = append(r.Notes, fmt.Sprintf("Interrupted: %d of %d are missing.", of-number, of))
	}
}

// A station is one end in real time: what it says and hears. The meters belong
// to one goroutine each.
type station struct {
	side    tun.Side
	size    int
	phase   time.Duration
	out, in *meter
	heard   atomic.Uint64   // messages, for whoever waits for the last
	late    []time.Duration // of each tick

	begin time.Time
	count uint64
}

// hear files a message away.
func (s *station) hear(now time.Time, message []byte) {
	s.in.hear(now.Sub(s.begin), message)
	s.heard.Store(uint64(len(s.in.arrivals)))
}

// speak sends a message each tick until it has said everything or ctx ends.
func (s *station) speak(ctx context.Context, send func([]byte) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	var message []byte
	for ; s.out.sent < s.count; s.out.sent++ {
		timer.Reset(time.Until(s.due()))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		message = s.message(message[:0], time.Now())
		if err := send(message); err != nil {
			return err
		}
	}
	return nil
}

// due returns when the next message is.
func (s *station) due() time.Time {
	return s.begin.Add(s.phase + time.Duration(s.out.sent)*time.Second/Rate)
}

// message writes the next message.
func (s *station) message(b []byte, now time.Time) []byte {
	s.late = append(s.late, now.Sub(s.due()))
	return appendMessage(b, s.size, s.out.sent, now.Sub(s.begin))
}

// A carriage carries messages in real time between two stations.
type carriage interface {
	// talk runs one side until it has said everything, then goes on to listen
	// until close.
	talk(ctx context.Context, s *station, said func()) error

	// close ends talk.
	close()
}

// real measures one way, and calls began when it can.
func (c *Config) real(ctx context.Context, s *Subject, began func()) (was circumstances, err error) {
	changes := make([]tun.Change, len(c.Changes))
	for i, change := range c.Changes {
		changes[i] = tun.Change{At: change.At, Up: ofPacketsOrNil(change.Up), Down: ofPacketsOrNil(change.Down)}
	}
	n, err := tun.New(tun.Config{
		Up: ofPackets(c.Up), Down: ofPackets(c.Down), Changes: changes,
		UpSeed: scenario.LinkSeed(c.Seed, scenario.Client, 0), DownSeed: scenario.LinkSeed(c.Seed, scenario.Client, 1),
	})
	if err != nil {
		return was, err
	}
	defer n.Close()
	began()
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	carriage, err := connect(connecting, n, s.Name, c.Seed)
	if err != nil {
		return was, err
	}
	defer carriage.close()
	var up, down meter
	count, begin := uint64(c.Duration*Rate/time.Second), time.Now()
	stations := [2]*station{
		{side: tun.Client, size: UpBytes, out: &up, in: &down, begin: begin, count: count},
		{side: tun.Server, size: DownBytes, phase: phase, out: &down, in: &up, begin: begin, count: count},
	}
	n.SetEpoch(begin)
	before := wireOf(n)
	var talking, saying sync.WaitGroup
	var errs [2]error
	saying.Add(len(stations))
	for i, station := range stations {
		talking.Go(func() {
			said := sync.OnceFunc(saying.Done)
			defer said()
			errs[i] = carriage.talk(ctx, station, said)
		})
	}
	saying.Wait()
	was.measured = min(time.Since(begin), c.Duration)
	wire := wireOf(n) - before
	c.drain(ctx, s, stations)
	carriage.close()
	talking.Wait()
	if err := firstOf(errs); err != nil {
		return was, err
	}
	s.fill(&up, &down, was.measured, wire)
	late := slices.Concat(stations[0].late, stations[1].late)
	slices.Sort(late)
	was.drops, was.late = n.Stats().DeviceDrops, quantile(late, 99)
	return was, nil
}

// drain waits for messages that are late.
func (c *Config) drain(ctx context.Context, s *Subject, stations [2]*station) {
	patience := c.patience()
	if !s.Reliable {
		patience = c.Up.Delay + c.Down.Delay + 200*time.Millisecond
	}
	deadline := time.After(patience)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for stations[0].heard.Load() < stations[1].count || stations[1].heard.Load() < stations[0].count {
		select {
		case <-look.C:
		case <-deadline:
			return
		case <-ctx.Done():
			return
		}
	}
}

func firstOf(errs [2]error) error {
	if errs[0] != nil {
		return errs[0]
	}
	return errs[1]
}

// ofPackets returns a link of datagrams as one of IP packets.
func ofPackets(l link.Config) link.Config {
	l.Overhead = max(0, l.Overhead-udpOverhead)
	return l
}

func ofPacketsOrNil(l *link.Config) *link.Config {
	if l == nil {
		return nil
	}
	packets := ofPackets(*l)
	return &packets
}

// wireOf returns how many bytes both ends have put on the links.
func wireOf(n *tun.Network) uint64 {
	s := n.Stats()
	return s.Up.SentBytes + s.Down.SentBytes
}
