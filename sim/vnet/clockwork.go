package vnet

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/internal/agenda"
	"github.com/reckon-engine/reckon/sim/link"
)

// maxAtOnce is how many events may happen at one instant before Run gives up:
// hosts that answer each other over links without delay, or whose deadline
// never moves, would keep it busy for ever.
const maxAtOnce = 1 << 20

// Stats count what happened in a network.
type Stats struct {
	Events     uint64 // arrivals, deadlines and calls of At
	Sent       uint64 // datagrams sent by hosts
	Arrived    uint64 // datagrams received by hosts, duplicates included
	Unroutable uint64 // datagrams to addresses where nobody is

	// Undelivered counts datagrams that reached a machine of an Internet
	// whose interface was down, or where nobody listens on the port.
	Undelivered uint64

	// Refused counts datagrams that a NAT or a firewall of an Internet did
	// not let pass. Router.Counters says why.
	Refused uint64
}

// A clockwork is what both kinds of network run on: virtual time, and an
// agenda of what wants attention when. It knows nothing of topology.
type clockwork struct {
	start time.Time
	now   int64     // nanoseconds since start
	time  time.Time // the same as a time

	actors []*actor // nil where one was removed
	wires  []*wire  // likewise
	timers []timer
	spare  [kinds][]int // numbers of what was removed, to be used again

	agenda   agenda.Agenda // number n of kind k is item kinds·n + k
	sequence uint64        // of whatever was caused last
	digest   digest
	stats    Stats

	arriving uint64                // order of the datagram that came out of a wire last
	run      func(end int64) error // instead of the loop in Run, if not nil
}

// The kinds of items in the agenda.
const (
	kindActor = iota
	kindWire
	kindTimer
	kinds
)

// An actor is a host with its loop.
type actor struct {
	number int
	name   string // for errors
	host   Host
	loop   Loop           // nil if there is none
	out    netcode.Sender // what the host flushes to
	begun  bool

	scheduled bool
	wakeAt    int64

	apart *apart // nil for one that has its turns in order
}

// A wire is one direction of a link in a network.
type wire struct {
	number int
	pipe   *link.Pipe
	end    receiver

	scheduled bool
	at        int64
	order     uint64 // of its entry in the agenda
}

// A receiver is at the end of a wire.
type receiver interface {
	// receive takes a datagram that came out of w. It returns the actor that
	// received it and is to be advanced, or nil.
	receive(w *wire, label uint64, datagram []byte) *actor
}

type timer struct {
	call func(now time.Time)
}

func newClockwork(start time.Time) clockwork {
	if start.IsZero() {
		start = time.Unix(0, 0)
	}
	return clockwork{start: start, time: start}
}

// Now returns the virtual time.
func (c *clockwork) Now() time.Time { return c.time }

// Stats returns what was counted since the network was made.
func (c *clockwork) Stats() Stats { return c.stats }

// Run advances the virtual time to until, and does everything that is due on
// the way, what is due at until included. It returns an error if hosts keep
// each other busy without time passing; the network is of no use after that.
func (c *clockwork) Run(until time.Time) error {
	for i := 0; i < len(c.actors); i++ { // a loop may add others
		a := c.actors[i]
		switch {
		case a == nil:
		case !a.begun:
			a.begun = true
			c.advance(a)
		default:
			a.host.Flush(c.time, a.out)
			c.schedule(a)
		}
	}
	end, atOnce := int64(until.Sub(c.start)), 0
	if c.run != nil {
		err := c.run(end)
		c.passTo(max(c.now, end))
		return err
	}
	for {
		item, at, ok := c.agenda.First()
		if !ok || at > end {
			break
		}
		if at > c.now {
			c.passTo(at)
			atOnce = 0
		}
		c.stats.Events++
		c.attend(item)
		if atOnce++; atOnce > maxAtOnce {
			return c.stuck(c.nameOf(item))
		}
	}
	c.passTo(max(c.now, end))
	return nil
}

// stuck is the error for time that does not pass.
func (c *clockwork) stuck(last string) error {
	return fmt.Errorf("vnet: more than %d events at %v, the last at %s: time does not pass", maxAtOnce, time.Duration(c.now), last)
}

// At calls a function at a time, between whatever else happens then, in the
// order in which it was asked for. A time that has passed means now. The
// function may change the network in any way but must not call Run. It is the
// place for a timeline of changes: unlike leaving and entering Run it flushes
// no host, so that it disturbs nothing by itself (but see Socket.Wake).
func (c *clockwork) At(when time.Time, call func(now time.Time)) {
	number := take(&c.timers, &c.spare[kindTimer], timer{call})
	c.sequence++
	c.agenda.Set(kinds*number+kindTimer, max(c.now, int64(when.Sub(c.start))), c.sequence)
}

// take puts v into a slot that is free, or a new one.
func take[T any](slots *[]T, spare *[]int, v T) (number int) {
	if n := len(*spare); n > 0 {
		number = (*spare)[n-1]
		*spare = (*spare)[:n-1]
		(*slots)[number] = v
		return number
	}
	*slots = append(*slots, v)
	return len(*slots) - 1
}

// attend does what an item of the agenda is due for.
func (c *clockwork) attend(item int) {
	number := item / kinds
	switch item % kinds {
	case kindActor:
		a := c.actors[number]
		a.scheduled, a.begun = false, true
		c.agenda.Remove(item)
		c.advance(a)
	case kindWire:
		w := c.wires[number]
		c.arriving = w.order
		datagram, ok := w.pipe.PopAt(c.now)
		c.scheduleWire(w)
		if !ok {
			return // something happened inside the link
		}
		if a := w.end.receive(w, w.pipe.Label(), datagram); a != nil {
			c.advance(a)
		}
	case kindTimer:
		call := c.timers[number].call
		c.timers[number].call = nil
		c.spare[kindTimer] = append(c.spare[kindTimer], number)
		c.agenda.Remove(item)
		call(c.time)
	}
}

// nameOf says what an item of the agenda is, for an error.
func (c *clockwork) nameOf(item int) string {
	number := item / kinds
	switch item % kinds {
	case kindActor:
		if a := c.actors[number]; a != nil {
			return a.name
		}
	case kindWire:
		if w := c.wires[number]; w != nil {
			return fmt.Sprint(w.end)
		}
	}
	return "a call of At"
}

// passTo sets the time, in nanoseconds since the start.
func (c *clockwork) passTo(at int64) {
	c.now, c.time = at, c.start.Add(time.Duration(at))
}

// addActor makes a host part of the network. Hosts have their turn in the
// order of their numbers when Run begins.
func (c *clockwork) addActor(a *actor) {
	a.number = take(&c.actors, &c.spare[kindActor], a)
}

// removeActor is the opposite of addActor.
func (c *clockwork) removeActor(a *actor) {
	c.agenda.Remove(kinds*a.number + kindActor)
	c.actors[a.number] = nil
	c.spare[kindActor] = append(c.spare[kindActor], a.number)
}

// addWire makes a wire part of the network. Its pipe counts time from the
// network's start, so that both understand each other without a time.Time.
func (c *clockwork) addWire(w *wire) {
	w.pipe.SetEpoch(c.start)
	w.pipe.ShareSequence(&c.sequence)
	w.number = take(&c.wires, &c.spare[kindWire], w)
}

// removeWire is the opposite of addWire. What is on its way is gone.
func (c *clockwork) removeWire(w *wire) {
	c.agenda.Remove(kinds*w.number + kindWire)
	c.wires[w.number] = nil
	c.spare[kindWire] = append(c.spare[kindWire], w.number)
}

// advance runs a host's loop, flushes the host, and asks when it is next due.
func (c *clockwork) advance(a *actor) {
	if a.loop != nil {
		a.loop.Advance(c.time)
	}
	a.host.Flush(c.time, a.out)
	c.schedule(a)
}

// schedule puts a host's next deadline into the agenda.
func (c *clockwork) schedule(a *actor) {
	if c.actors[a.number] != a {
		return // it was removed while it had its turn
	}
	deadline := a.deadline()
	if deadline.IsZero() {
		if a.scheduled {
			a.scheduled = false
			c.agenda.Remove(kinds*a.number + kindActor)
		}
		return
	}
	c.wake(a, max(c.now, int64(deadline.Sub(c.start))))
}

// deadline asks the host and its loop when they are next due; the zero time
// means never.
func (a *actor) deadline() time.Time {
	deadline := a.host.NextDeadline()
	if a.loop != nil {
		if d := a.loop.NextDeadline(); !d.IsZero() && (deadline.IsZero() || d.Before(deadline)) {
			deadline = d
		}
	}
	return deadline
}

// wake puts a turn of a host into the agenda; one that stands apart has none
// there.
func (c *clockwork) wake(a *actor, at int64) {
	if a.scheduled && a.wakeAt == at {
		return
	}
	a.scheduled, a.wakeAt = true, at
	c.sequence++
	if a.apart != nil {
		a.apart.order = c.sequence
		return
	}
	c.agenda.Set(kinds*a.number+kindActor, at, c.sequence)
}

// scheduleWire puts what is next on a wire into the agenda.
func (c *clockwork) scheduleWire(w *wire) {
	at, order, ok := w.pipe.NextAt()
	if !ok {
		if w.scheduled {
			w.scheduled = false
			c.agenda.Remove(kinds*w.number + kindWire)
		}
		return
	}
	if w.scheduled && w.order == order && w.at == at {
		return
	}
	w.scheduled, w.order, w.at = true, order, at
	c.agenda.Set(kinds*w.number+kindWire, at, order)
}
