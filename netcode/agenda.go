package netcode

import (
	"math"
	"time"
)

// An appointment is a connection and when it next needs a Flush. They lie
// side by side, so that a Flush finds the few that are due among thousands by
// looking at 16 bytes of each: in 1 ns, where asking each connection took 101
// (BenchmarkIdleFlush). A heap would find them at once, but every packet in or
// out would move its connection in it, for 75 ns each, and a busy server has
// packets for most of them between two flushes.
type appointment struct {
	due  int64 // nanoseconds since Core.epoch; or one of the two below
	conn *Conn
}

const (
	dueNow   = math.MinInt64
	dueNever = math.MaxInt64
)

// join adds a connection that just began. The next Flush visits it.
func (c *Core) join(conn *Conn) {
	c.conns = append(c.conns, appointment{dueNow, conn})
	conn.place = len(c.conns)
}

// touch makes the next Flush visit c, because something is to be sent or said
// of it that its nextDeadline did not know; and lets it be at now.
func (c *Conn) touch(now time.Time) {
	if c.place > 0 {
		c.core.conns[c.place-1].due = dueNow
		c.core.wake(now)
	}
}

// atOnce is what nextDeadline returns if c needs a Flush without delay: a time
// that has passed.
func (c *Conn) atOnce() time.Time { return c.lastReceived }

// settle notes when c needs a Flush, after something happened to it.
func (c *Conn) settle() {
	t := c.nextDeadline()
	due := c.core.sinceEpoch(t)
	if !t.After(c.atOnce()) {
		due = dueNow
	}
	c.core.conns[c.place-1].due = due
	c.core.wake(t)
}

// sinceEpoch makes a number of t; zero is never.
func (c *Core) sinceEpoch(t time.Time) int64 {
	if t.IsZero() {
		return dueNever
	}
	if c.epoch.IsZero() {
		c.epoch = t
	}
	return int64(t.Sub(c.epoch))
}

// flushDue flushes the connections that are due at now, in the order they
// began, and returns when the next one is.
func (c *Core) flushDue(now time.Time, out Sender) time.Time {
	at, next, gone := c.sinceEpoch(now), int64(dueNever), false
	conns, suspicious := c.conns, c.suspicious // no flush adds any
	for i := range conns {
		if i%warmGroup == 0 {
			c.warmFlush(conns[i:min(len(conns), i+warmGroup)], at)
		}
		a := &conns[i]
		if suspicious {
			a.conn.checkIdle()
		}
		if a.due > at {
			if suspicious && c.sinceEpoch(a.conn.nextDeadline()) < a.due {
				panic("netcode: BUG: a connection is due earlier than it said; is a touch missing?")
			}
			next = min(next, a.due)
			continue
		}
		a.conn.flush(now, out)
		if a.conn.gone {
			c.forget(a.conn)
			gone = true
			continue
		}
		a.due = c.sinceEpoch(a.conn.nextDeadline())
		next = min(next, a.due)
	}
	if gone {
		c.leave()
	}
	if next == dueNever {
		return time.Time{}
	}
	return c.epoch.Add(time.Duration(next))
}

// checkIdle panics if a channel waits that is taken for idle.
func (c *Conn) checkIdle() {
	for i := range c.channels {
		if c.busy&setOf(uint8(i)) == 0 && c.channels[i].waiting() {
			panic("netcode: BUG: a channel waits and is not in Conn.busy")
		}
	}
}

// leave removes the connections that are gone.
func (c *Core) leave() {
	live := c.conns[:0]
	for _, a := range c.conns {
		if a.conn.gone {
			a.conn.place = 0
			continue
		}
		live = append(live, a)
		a.conn.place = len(live)
	}
	clear(c.conns[len(live):])
	c.conns = live
}
