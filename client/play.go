package client

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/predict"
	"github.com/reckon-engine/reckon/engine/session"
)

// play corrects the prediction, and runs and sends what is due.
func (c *Client[I]) play(input I) {
	m := c.match
	if m == nil {
		return
	}
	newest, ok := m.buffer.Newest()
	if !ok {
		return // just joined, or just resynchronised
	}
	snapshot := c.snapshots.At(newest)
	if snapshot == nil {
		return // its place was wanted for one that made no sense; the next will do
	}
	if m.lead.Started() && m.lead.Position(c.now).Tick.Before(newest) {
		c.overtaken(newest)
	}
	if m.lead.Started() && m.lead.Advance(c.now) {
		c.jumped(snapshot.World())
	}
	if !m.lead.Started() {
		c.start(snapshot.World())
	}
	c.reconcile(snapshot.World())
	if !m.drawn {
		m.seen = m.buffer.Find(m.playhead.Advance(c.now))
	}
	m.drawn = false
	due := m.lead.Position(c.now).Tick
	sending := m.ran.Before(due)
	for m.ran.Before(due) {
		m.ran++
		m.predict.Step(input)
		m.lead.Ran(m.ran)
		m.views[m.ran%predict.Ring] = m.seen
		c.stats.inputs++
	}
	c.reconcile(snapshot.World())
	if sending {
		c.sendInputs(newest)
	}
}

// reconcile corrects the prediction by the newest snapshot's world, once.
// After a slow frame that may be ahead of what was predicted, though not of
// what is due: then it has to wait until the due ticks have run.
func (c *Client[I]) reconcile(newest *engine.World) {
	m := c.match
	if tick := newest.Tick(); m.reconciled != tick && !m.ran.Before(tick) {
		m.reconciled = tick
		m.predict.Reconcile(c.now, newest)
	}
}

// maxUnknownRTT bounds the guess at a round trip that was not measured.
const maxUnknownRTT = 250 * time.Millisecond

// roundTrip returns the round trip to the server. There is no measurement yet
// if a handshake datagram was lost, since its repetition tells nothing; but
// joining took two round trips at least. Too long a guess only makes inputs
// early for a while, too short a one makes them late.
func (c *Client[I]) roundTrip() time.Duration {
	if rtt := c.conn.Stats().RTT; rtt > 0 {
		return rtt
	}
	return min(c.now.Sub(c.called)/2, maxUnknownRTT)
}

// start begins to predict, from the newest snapshot's world.
func (c *Client[I]) start(newest *engine.World) {
	m := c.match
	m.lead.Start(c.now, m.server.Arriving(c.now), c.roundTrip())
	m.ran = m.lead.Position(c.now).Tick
	m.predict.Start(newest, m.ran)
	m.reconciled = newest.Tick()
	c.state = Playing
}

// overtaken starts over because the server has left the prediction behind,
// as it does when the machine slept and its clock with it: ticks that are not
// due here have been run there.
func (c *Client[I]) overtaken(newest engine.Tick) {
	c.resynchronise()
	c.match.buffer.Add(newest)
	c.arrived(newest)
}

// jumped begins to predict anew after the lead has jumped: the inputs so far
// belong to other ticks than the ones that come.
func (c *Client[I]) jumped(newest *engine.World) {
	m := c.match
	m.epoch = session.NextEpoch(m.epoch)
	m.anyAcked = false
	clear(m.views[:])
	m.ran = m.lead.Position(c.now).Tick
	m.predict.Start(newest, m.ran)
	m.reconciled = newest.Tick()
	c.stats.resynchronised++
}

// sendInputs sends every input that the server has not acknowledged.
func (c *Client[I]) sendInputs(newest engine.Tick) {
	m, out := c.match, &c.message
	out.Epoch, out.NeedFull = m.epoch, m.needFull
	out.Tick = m.ran
	out.HasSnapshot, out.Snapshot = true, newest
	first := m.ran - (session.MaxInputs - 1)
	if m.anyAcked && first.Before(m.acked+1) {
		first = m.acked + 1
	}
	out.Inputs = out.Inputs[:0]
	for tick := first; !m.ran.Before(tick); tick++ {
		input, ok := m.predict.Input(tick)
		if !ok {
			continue // from before the start
		}
		out.Inputs = append(out.Inputs, session.Input[I]{Input: input, View: m.views[tick%predict.Ring]})
	}
	if len(out.Inputs) == 0 {
		return
	}
	c.stats.inputsSent += uint64(len(out.Inputs))
	c.out = c.writer.Append(c.out[:0], out)
	if _, err := c.conn.Send(c.now, session.ChannelInput, c.out); err != nil {
		c.stats.unsent++
	}
}

// View returns the world to draw at now: the player's own rows predicted and
// smoothed, all others interpolated. It is nil until the client is Playing,
// and what it was when the client stopped. It is valid until the next View,
// and may be changed until then; nobody else looks at it.
func (c *Client[I]) View(now time.Time) *engine.World {
	m := c.match
	if m == nil || c.state != Playing && c.state != Closed {
		return nil
	}
	if _, ok := m.buffer.Newest(); !ok || c.state == Closed {
		return c.view // resynchronising: a still picture
	}
	m.seen = m.buffer.Sample(c.view, m.playhead.Advance(now), m.Player)
	m.drawn = true
	if m.predict.Started() {
		m.predict.View(c.view, now, c.between(now))
	}
	return c.view
}

// between returns how much of a tick has passed since the newest predicted
// one.
func (c *Client[I]) between(now time.Time) engine.Frac {
	at := c.match.lead.Position(now)
	switch ahead := at.Tick.Sub(c.match.ran); {
	case ahead > 0:
		return 65535
	case ahead < 0:
		return 0
	}
	return at.Frac
}

// Predicted returns the world of the newest predicted tick, everybody else's
// rows being those of the newest snapshot; nil before there is one. It must
// not be changed, and is valid until the next Update. Draw View instead.
func (c *Client[I]) Predicted() *engine.World {
	if c.match == nil || !c.match.predict.Started() {
		return nil
	}
	return c.match.predict.World()
}

// Seen returns what the newest View, or Update, showed of the others.
func (c *Client[I]) Seen() interp.View {
	if c.match == nil {
		return interp.View{}
	}
	return c.match.seen
}

// Newest returns the tick of the newest snapshot of the match, and false before
// the first.
func (c *Client[I]) Newest() (tick engine.Tick, ok bool) { return c.newest, c.anyNewest }

// minStall is the shortest pause between two calls of Update that is taken for
// a stall: a slow machine that draws five frames a second still plays.
const minStall = 250 * time.Millisecond

// stall is how long Update may not be called before time starts over.
func (m *match[I]) stall() time.Duration {
	return max(minStall, clock.HardResyncTicks*m.interval)
}
