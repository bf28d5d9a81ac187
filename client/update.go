package client

import (
	"errors"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/predict"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
)

// Update does what is due at now: takes in what arrived, corrects the
// prediction, predicts the ticks that are due with input, and queues the
// inputs for the server. Call it once a frame, just before View.
//
// A tick takes the input of the Update in which it falls due; on a display
// faster than the tick rate, a key that was down between two ticks only is
// for the caller to remember.
func (c *Client[I]) Update(now time.Time, input I) {
	c.poll(now)
	c.checkStall(now)
	c.now = now
	if c.wanted != (netcode.Path{}) {
		_ = c.call(c.wanted) // Err tells
	}
	c.drain()
	if c.state == Joining || c.state == Playing {
		c.play(input)
	}
	c.rates.update(now, c.conn)
	c.flush(now)
}

// NextDeadline returns when Update is due at the latest: for the next
// predicted tick, or because the Core has something to send.
func (c *Client[I]) NextDeadline() time.Time {
	deadline := c.core.NextDeadline()
	if m := c.match; m != nil && m.lead.Started() {
		if due := m.lead.Due(m.ran + 1); deadline.IsZero() || due.Before(deadline) {
			deadline = due
		}
	}
	return deadline
}

// checkStall notices that nobody called for long: the machine slept, or the
// window was hidden. What is known about time is worthless then.
func (c *Client[I]) checkStall(now time.Time) {
	m := c.match
	if m != nil && m.server.Known() && now.Sub(c.now) > m.stall() {
		c.resynchronise()
		m.stalled = true
	}
}

// resynchronise forgets everything that belongs to the timeline so far, and
// begins a new one with the next snapshot. Baselines are kept: they are known
// by the server's ticks, which go on.
func (c *Client[I]) resynchronise() {
	m := c.match
	m.server.Reset()
	m.lead.Reset()
	m.playhead.Reset()
	m.buffer.Reset()
	m.predict.Reset()
	m.epoch = session.NextEpoch(m.epoch)
	m.anyAcked = false
	m.seen = interp.View{}
	clear(m.views[:])
	c.stats.resynchronised++
}

// drain takes in everything the Core received.
func (c *Client[I]) drain() {
	for {
		event, ok := c.core.NextEvent()
		if !ok {
			break
		}
		if event.Conn.User() != any(c) {
			continue // of a connection given up
		}
		switch event.Kind {
		case netcode.EventConnected:
			if c.state = Joining; event.Conn.Resumed() {
				c.ticket = nil // used; one that was not may still be good
			}
		case netcode.EventClosed:
			c.receive() // what came before the end still counts
			c.state, c.err = Closed, event.Err
			c.comeBack()
		}
	}
	if c.conn != nil {
		c.receive()
	}
	if m := c.match; m != nil && m.stalled {
		if newest, ok := m.buffer.Newest(); ok {
			m.stalled = false
			c.arrived(newest)
		}
	}
}

// noticed is how much later than we a server may notice that the connection is
// lost: the time-out of package netcode. The life of a ticket begins then.
const noticed = 10 * time.Second

// comeBack rejoins if the connection was lost, again and again for as long as
// the ticket is likely to be good.
func (c *Client[I]) comeBack() {
	var why *netcode.CloseError
	if c.cfg.StayAway || !errors.As(c.err, &why) || why.Remote || why.Reason != netcode.CloseTimeout {
		return
	}
	if c.conn.Ticket() == nil && (c.ticket == nil || c.now.Sub(c.lost) > c.ticket.Lifetime()+noticed) {
		return
	}
	if err := c.Rejoin(c.now); err != nil && !errors.Is(err, ErrNoTicket) {
		c.state, c.err = Closed, err
	}
}

func (c *Client[I]) receive() {
	for {
		channel, message, ok := c.conn.Receive()
		if !ok {
			break
		}
		switch channel {
		case session.ChannelSnapshot:
			c.receiveSnapshot(message)
		case session.ChannelOrdered:
			c.receiveOrdered(message)
		default:
			c.stats.malformed++
		}
	}
	for {
		if _, ok := c.conn.NextNotice(); !ok {
			return
		}
	}
}

func (c *Client[I]) receiveOrdered(data []byte) {
	if len(data) > 0 && data[0] == session.KindWelcome && c.match == nil {
		welcome, err := session.ConsumeWelcome(data)
		if err != nil {
			c.stats.malformed++
			return
		}
		c.match = c.newMatch(welcome)
		return
	}
	message, err := session.ConsumeApplication(data)
	if err != nil {
		c.stats.malformed++
		return
	}
	if c.cfg.OnMessage != nil {
		c.cfg.OnMessage(message)
	}
}

func (c *Client[I]) newMatch(w session.Welcome) *match[I] {
	interval := time.Second / time.Duration(w.TickRate)
	playhead := clock.NewPlayhead(interval, time.Duration(w.SnapshotEvery)*interval)
	playhead.Fix(c.cfg.InterpolationDelay)
	return &match[I]{
		Welcome:  w,
		interval: interval,
		server:   clock.NewServerTime(interval),
		lead:     clock.NewLead(interval),
		playhead: playhead,
		buffer:   interp.New(c.snapshots, interval),
		predict:  predict.New(c.cfg.Schema, c.cfg.Input, c.cfg.Rules, w.Player, int(w.MaxPlayers)),
	}
}

// receiveSnapshot decodes a snapshot and lets everyone know who waits for it.
func (c *Client[I]) receiveSnapshot(data []byte) {
	header, tick, encoded, err := session.ConsumeSnapshotHeader(data)
	if err != nil {
		c.stats.malformed++
		return
	}
	slot, err := c.decode(tick, encoded)
	if m := c.match; m != nil && err == snapshot.ErrNoBaseline {
		m.needFull = true
	}
	if err != nil {
		c.stats.undecodable++
		return
	}
	c.stats.snapshots++
	if c.cfg.OnSnapshot != nil {
		c.cfg.OnSnapshot(tick, slot.Hash())
	}
	m := c.match
	if m == nil {
		return // decoded all the same: it may become a baseline
	}
	m.needFull = false
	m.buffer.Add(tick)
	if m.stalled {
		return
	}
	c.arrived(tick)
	c.heard(header)
}

// decode puts a snapshot in the ring and returns it.
func (c *Client[I]) decode(tick engine.Tick, encoded []byte) (*snapshot.Snapshot, error) {
	if have := c.snapshots.At(tick); have != nil {
		return have, nil // a repetition
	}
	if c.anyNewest && tick.Sub(c.newest) <= -int32(c.snapshots.Len()) {
		return nil, errStale // its place belongs to a newer one
	}
	slot := c.snapshots.Slot(tick)
	if err := c.codec.Decode(slot, c.snapshots.At, encoded); err != nil {
		return nil, err
	}
	if !c.anyNewest || c.newest.Before(tick) {
		c.newest, c.anyNewest = tick, true
	}
	return slot, nil
}

// errStale: a snapshot that came too late to be of use.
var errStale = errors.New("client: snapshot is older than the ring")

// arrived tells the clocks of a snapshot that arrived just now.
func (c *Client[I]) arrived(tick engine.Tick) {
	m := c.match
	if m.server.Observe(tick, c.now) {
		c.resynchronise()
		m.buffer.Add(tick)
		m.server.Observe(tick, c.now)
	}
	m.playhead.Observe(tick, c.now)
}

// heard takes in what the server says about our inputs, unless it is about
// those of an earlier timeline.
func (c *Client[I]) heard(h session.SnapshotHeader) {
	m := c.match
	if h.Epoch != m.epoch || !m.lead.Started() || m.ran.Before(h.Input) {
		return
	}
	if h.HasInput && (!m.anyAcked || m.acked.Before(h.Input)) {
		if m.anyAcked {
			c.stats.inputsAcked += uint64(h.Input.Sub(m.acked))
		}
		m.acked, m.anyAcked = h.Input, true
	}
	if h.HasInput && h.HasSlack {
		m.lead.Report(h.Input, h.Slack.Duration(m.interval))
	}
}
