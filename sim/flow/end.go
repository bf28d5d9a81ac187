package flow

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// never is a time since the epoch that does not come.
const never = math.MaxInt64

// A voice is one channel of a connection in one direction: what one end says,
// and how the other hears it. That both are in one process saves the time of
// sending in the message: the number tells.
type voice struct {
	*Meter
	schedule
	channel int
	mode    netcode.ChannelMode
	keys    uint64
	fill    bool

	number  uint64  // of the next message
	at      int64   // when it is due; never after the last
	times   []int64 // when each was sent, if it fills
	waiting uint64  // unreliable ones that no notice has told of
	message []byte
}

// sentAt returns when a message was sent, in nanoseconds since the epoch.
func (v *voice) sentAt(number uint64) int64 {
	if v.fill {
		return v.times[number]
	}
	return v.due(number)
}

// broken returns an error if the channel did not keep what its mode promises.
func (v *voice) broken() error {
	switch {
	case v.doubled > 0:
		return fmt.Errorf("BUG: channel %s delivered %d messages twice", v.Channel, v.doubled)
	case v.disorder > 0 && (v.mode == netcode.ReliableOrdered || v.mode == netcode.UnreliableSequenced):
		return fmt.Errorf("BUG: channel %s delivered %d messages out of order", v.Channel, v.disorder)
	}
	return nil
}

// An end is one side of a connection: a core and the loop that drives it.
// Times are nanoseconds since the epoch.
type end struct {
	flow     *Connection
	core     *netcode.Core
	isServer bool
	epoch    time.Time

	says    []*voice
	hears   []*voice  // by channel; nil where the peer says nothing
	phase   int64     // of the first message, after the connection opens
	due     int64     // the earliest message; never if none
	dueTime time.Time // the same
	until   int64     // nothing is said from then on

	dials   time.Time // the client dials then; zero when it has
	dialled time.Time
	remote  netip.AddrPort
	ticket  *netcode.Ticket

	event    netcode.Event // that NextDeadline took
	hasEvent bool

	conn    *netcode.Conn // nil before the first
	open    bool
	started bool // the schedules have
	refused uint64
	past    netcode.ConnStats // of connections that are lost
	silence Silence
}

// fastest returns the shortest interval of what the end says.
func (e *end) fastest() time.Duration {
	var least time.Duration
	for _, v := range e.says {
		if i := time.Duration(0); !v.fill {
			if i = v.interval(); least == 0 || i < least {
				least = i
			}
		}
	}
	return least
}

// Advance does what is due at now. It implements vnet.Loop.
func (e *end) Advance(now time.Time) {
	if e.hasEvent {
		e.hasEvent = false
		e.happened(now, &e.event)
	}
	for event, ok := e.core.NextEvent(); ok; event, ok = e.core.NextEvent() {
		e.happened(now, &event)
	}
	if !e.dials.IsZero() && !now.Before(e.dials) {
		e.dial(now)
	}
	if e.conn == nil {
		return
	}
	at := int64(now.Sub(e.epoch))
	e.listen(at)
	if e.due <= at {
		e.talk(now, at)
	}
	if e.open && at < e.until {
		e.fill(now, at)
	}
}

// NextDeadline returns when the next message is due, or a time that has passed
// if the core has just told something: a Flush closes what timed out. It
// implements vnet.Loop.
func (e *end) NextDeadline() time.Time {
	if !e.hasEvent {
		e.event, e.hasEvent = e.core.NextEvent()
	}
	if e.hasEvent {
		return e.epoch
	}
	if e.due == never {
		return e.dials
	}
	return e.dueTime
}

// happened takes an event of the core.
func (e *end) happened(now time.Time, event *netcode.Event) {
	switch event.Kind {
	case netcode.EventConnected:
		e.conn, e.open = event.Conn, true
		e.start(int64(now.Sub(e.epoch)))
		if !e.isServer {
			e.flow.connected(now, event.Conn)
		}
	case netcode.EventClosed:
		e.closed(now, event)
	case netcode.EventPathChanged:
		if e.isServer {
			e.flow.migrated(now, event.Path)
		}
	case netcode.EventTicket:
		e.ticket = event.Conn.Ticket()
	}
}

// start begins the schedules when the connection opens for the first time.
func (e *end) start(at int64) {
	if e.started {
		return
	}
	e.started = true
	e.silence.Begin(time.Duration(at))
	for _, v := range e.says {
		v.first, v.at = at+e.phase, never
		if !v.fill {
			v.at = v.first
		}
	}
	e.schedule()
}

// closed takes the end of a connection, and begins another.
func (e *end) closed(now time.Time, event *netcode.Event) {
	if event.Conn != e.conn && e.conn != nil {
		return // a ghost of one that is over
	}
	e.flow.closed(now, e, event.Err)
	e.past = addStats(e.past, event.Conn.Stats())
	e.open = false
	for _, v := range e.says {
		v.waiting = 0
	}
	if !e.isServer && e.flow.err == nil && e.flow.options.Reconnect && int64(now.Sub(e.epoch)) < e.until {
		e.dials = now
	}
}

// dial connects to the server.
func (e *end) dial(now time.Time) {
	e.dials, e.dialled = time.Time{}, now
	opt := netcode.DialOptions{ServerKey: e.flow.server.core.PublicKey(), Ticket: e.ticket}
	e.ticket = nil
	if e.flow.options.Plaintext {
		opt.ServerKey = [32]byte{}
	}
	if _, err := e.core.Dial(now, netcode.Path{Remote: e.remote}, opt); err != nil {
		e.flow.err = fmt.Errorf("flow %s: %w", e.flow.name, err)
	}
}

// listen takes what arrived, and what became of what was sent.
func (e *end) listen(at int64) {
	for channel, m, ok := e.conn.Receive(); ok; channel, m, ok = e.conn.Receive() {
		v := e.hears[channel]
		if v.fill && at > e.until {
			continue // what fills is measured by how much there was in the time
		}
		number := v.whole(binary.LittleEndian.Uint32(m))
		v.Arrived(number, len(m), time.Duration(v.sentAt(number)), time.Duration(at))
		e.silence.Heard(e.flow.stage, time.Duration(at))
	}
	for n, ok := e.conn.NextNotice(); ok; n, ok = e.conn.NextNotice() {
		for _, v := range e.says {
			if v.channel == n.Channel && v.waiting > 0 {
				v.waiting--
			}
		}
	}
}

// whole returns a number of which a message has the low half.
func (v *voice) whole(low uint32) uint64 {
	return v.number + uint64(int64(int32(low-uint32(v.number))))
}

// talk says what is due.
func (e *end) talk(now time.Time, at int64) {
	for _, v := range e.says {
		for v.at <= at {
			if v.at >= e.until {
				v.at = never
				break
			}
			v.Sent(time.Duration(v.at))
			e.say(now, v)
			v.at = v.due(v.number)
		}
	}
	e.schedule()
}

// say hands over one message.
func (e *end) say(now time.Time, v *voice) bool {
	binary.LittleEndian.PutUint32(v.message, uint32(v.number))
	var err error
	if v.keys > 1 {
		_, err = e.conn.SendWith(now, v.channel, v.message, netcode.SendOptions{Key: uint16(v.number % v.keys)})
	} else {
		_, err = e.conn.Send(now, v.channel, v.message)
	}
	if err == nil || !v.fill {
		v.number++
	}
	switch {
	case err != nil && !v.fill:
		e.refused++
	case err == nil && v.mode <= netcode.UnreliableSequenced:
		v.waiting++
	}
	return err == nil
}

// fill hands over what there is room for.
func (e *end) fill(now time.Time, at int64) {
	for _, v := range e.says {
		for v.fill && e.say(now, v) {
			v.Sent(time.Duration(at))
			v.times = append(v.times, at)
		}
	}
}

// schedule sets due.
func (e *end) schedule() {
	e.due = never
	for _, v := range e.says {
		e.due = min(e.due, v.at)
	}
	e.dueTime = e.epoch.Add(time.Duration(e.due))
}

// quiet reports whether what became of everything that was said is known.
func (e *end) quiet() bool {
	if !e.open {
		return true
	}
	for _, v := range e.says {
		if v.fill {
			continue // it does not end
		}
		if v.waiting > 0 || v.mode > netcode.UnreliableSequenced && e.conn.ChannelStats(v.channel).Queued > 0 {
			return false
		}
	}
	return true
}

// total returns the statistics of all connections together; what does not add
// up is that of the latest.
func (e *end) total() netcode.ConnStats {
	if !e.open {
		return e.past
	}
	return addStats(e.past, e.conn.Stats())
}

func addStats(a, b netcode.ConnStats) netcode.ConnStats {
	b.PacketsLost += a.PacketsLost
	b.Resent += a.Resent
	b.BadTags += a.BadTags
	b.Duplicates += a.Duplicates
	b.BlackHoles += a.BlackHoles
	return b
}
