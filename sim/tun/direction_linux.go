package tun

import (
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reckon-engine/reckon/sim/internal/wakeup"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
)

const (
	// readBatch is how many packets are read before those that are due are
	// looked at again: at 3 µs each, 50 µs.
	readBatch = 16

	// downWait is how often a device that cannot be read, because somebody
	// inside took it down, is tried again.
	downWait = 10 * time.Millisecond
)

// A direction carries packets one way. One thread does all its work: it waits
// for packets and for the moments at which others are due.
type direction struct {
	from    Side
	in, out int // descriptors of the devices
	waiter  *wakeup.Waiter
	observe func(Packet)
	buffer  []byte
	limits  link.PipeLimits
	start   time.Time // labels count from here

	mu      sync.Mutex // guards all below
	pipe    *link.Pipe
	epoch   time.Time // changes count from here
	changes []linkChange
	gone    link.Counters // of links that are no more
	late    result.Histogram
	errors  uint64
	closed  bool
}

// A linkChange is a Change of one direction.
type linkChange struct {
	at   time.Duration
	cfg  *link.Config // nil leaves it as it is
	seed *uint64      // of a new link, or nil
}

// run carries packets until close.
func (d *direction) run() {
	d.waiter.Own()
	for {
		busy, broken, next, ok := d.turn()
		switch {
		case !ok:
			return
		case busy:
		case broken:
			d.waiter.Wait(earlier(next, time.Now().Add(downWait)))
		default:
			d.waiter.WaitRead(d.in, next)
		}
	}
}

// earlier returns the earlier of two times; the zero time is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// turn reads a few packets and delivers what is due. Busy means that there is
// more to read, broken that the device cannot be read; next is when to come
// back, zero if nothing is on its way. It reports false after close.
func (d *direction) turn() (busy, broken bool, next time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false, false, time.Time{}, false
	}
	now := time.Now()
	d.change(now)
	busy = true
	for range readBatch {
		n, err := unix.Read(d.in, d.buffer)
		if err != nil {
			busy = errors.Is(err, unix.EINTR)
			broken = !busy && !errors.Is(err, unix.EAGAIN)
			break
		}
		now = time.Now()
		d.push(now, d.buffer[:n])
	}
	next = d.deliver(now)
	if len(d.changes) > 0 {
		next = earlier(next, d.epoch.Add(d.changes[0].at))
	}
	return busy, broken, next, true
}

// change makes the changes that are due.
func (d *direction) change(now time.Time) {
	for len(d.changes) > 0 && now.Sub(d.epoch) >= d.changes[0].at {
		c := d.changes[0]
		d.changes = d.changes[1:]
		if c.cfg != nil {
			if err := d.pipe.SetConfig(*c.cfg); err != nil {
				panic("tun: BUG: a valid configuration was refused: " + err.Error())
			}
		}
		if c.seed != nil {
			d.renew(*c.seed)
		}
	}
}

func (d *direction) push(now time.Time, packet []byte) {
	fate := d.pipe.PushLabelled(now, uint64(now.Sub(d.start)), packet)
	if d.observe == nil {
		return
	}
	p := Packet{Time: now, From: d.from, Event: Entered, Fate: fate, Data: packet}
	if cfg := d.pipe.Config(); cfg.Rate != 0 || cfg.Trace != nil {
		p.QueueBytes = d.pipe.Backlog(now).Bytes
	}
	d.observe(p)
}

// observeDrops tells the observer of what an active queue drops.
func (d *direction) observeDrops() {
	if d.observe == nil {
		return
	}
	d.pipe.OnDrop(func(fate link.Fate, _ uint64, data []byte) {
		d.observe(Packet{Time: time.Now(), From: d.from, Event: Dropped, Fate: fate, Data: data})
	})
}

// deliver writes the packets that are due, and returns when the next is.
func (d *direction) deliver(now time.Time) (next time.Time) {
	for {
		due, _, ok := d.pipe.Next()
		if !ok {
			return time.Time{}
		}
		if due.After(now) {
			if now = time.Now(); due.After(now) {
				return due
			}
		}
		packet, ok := d.pipe.Pop(due)
		if !ok {
			continue // something happened inside the link
		}
		d.late.Add(now.Sub(due))
		if d.observe != nil {
			entered := time.Duration(d.pipe.Label())
			d.observe(Packet{Time: now, From: d.from, Event: Left, Data: packet, Delay: now.Sub(d.start) - entered})
		}
		if _, err := unix.Write(d.out, packet); err != nil {
			d.errors++
		}
	}
}

// lateness returns a copy of how late packets were.
func (d *direction) lateness() result.Histogram {
	d.mu.Lock()
	defer d.mu.Unlock()
	late := d.late
	late.Counts = slices.Clone(late.Counts)
	return late
}

// close ends run.
func (d *direction) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.waiter.Wake()
}
