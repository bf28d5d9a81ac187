package netcode

import (
	"net/netip"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/channel"
	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/pace"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A Conn is a connection to a peer. It belongs to its Core's goroutine.
//
// What most packets look at comes first, up to replay: Core.warmReceive and
// Core.warmFlush fetch it in one go.
type Conn struct {
	core *Core
	path Path

	state      State
	dialled    bool  // we are the client
	gone       bool  // nothing is left to send: the Core forgets it
	ping       bool  // ask for an acknowledgement at the next flush
	urged      bool  // the urgent ones have ridden in this flush
	pressing   bool  // an urgent one was never tried
	introduced bool  // the client was told its address, or is being told
	owed       uint8 // signals for the peer
	suite      handshake.Suite

	place    int    // in Core.conns, plus one; zero when not there
	remoteID uint64 // put in packets to the server
	idLen    int    // of remoteID, in bytes

	shaking *shaking // handshake under way; nil once confirmed
	ending  *ending  // telling the peer that we closed; nil before

	send, receive handshake.Protector // nil before the keys are known
	sealLimit     uint64              // packets to seal before the close frames, which are sealed too
	phases        phases

	in       ack.Receiver
	out      ack.Sender
	control  pace.Controller
	queue    channel.Queue // received, not taken
	ride     redundancy
	trap     trap
	channels []channelState
	busy     channelSet // channels that may wait to send; others surely do not
	filled   channelSet // channels whose outbox is to be emptied
	notices  notices
	nextID   MessageID
	urgent   []urgent // messages that ride in every packet
	turns    []uint8  // whose turn it is in each of Core.ranks

	began        time.Time // the connection's clock counts from here
	lastReceived time.Time
	lastSent     time.Time

	others *paths // beside path; nil if there are none
	nat    *natSearch
	mtu    mtu
	ecn    marks
	replay handshake.ReplayWindow // of which the newest number comes first
	stats  ConnStats

	pieces     []fragmented // unreliable messages in several packets
	err        *CloseError
	user       any
	traceID    uint64
	peerKey    [32]byte
	localID    uint64     // expected in packets from the client
	tickets    *ticketing // nil before there are any
	resumed    bool       // the connection began with a ticket
	observed   netip.AddrPort
	observedIn uint64                  // packet that told observed
	response   [wire.ChallengeLen]byte // owed, if owed says so
}

// fragmented is an unreliable message that travels in several packets.
type fragmented struct {
	id      MessageID
	channel uint8
	left    int // fragments not yet acknowledged
}

func newConn(c *Core, now time.Time, path Path, traceID uint64) *Conn {
	conn := &Conn{
		core: c, path: path, traceID: traceID, began: now, lastReceived: now, lastSent: now,
		channels: make([]channelState, len(c.cfg.Channels)), turns: make([]uint8, len(c.ranks)),
		mtu: mtu{at: now.Add(mtuStart)},
	}
	conn.out.Fates = &c.fates
	for i := range conn.channels {
		conn.busy |= setOf(uint8(i))
		conn.channels[i] = newChannelState(i, &c.cfg.Channels[i])
	}
	return conn
}

// clock returns now as the channels count it: unlike a time of day it takes
// eight bytes and never jumps.
func (c *Conn) clock(now time.Time) time.Duration { return now.Sub(c.began) }

// handshakeKey is how a repeated handshake datagram finds the connection.
func (c *Conn) handshakeKey() handshakeKey {
	if c.shaking == nil {
		return handshakeKey{}
	}
	return handshakeKey{keyOf(c.path), c.shaking.clientID}
}

// State returns where the connection stands.
func (c *Conn) State() State { return c.state }

// Err returns why the connection ended, a *CloseError, or nil.
func (c *Conn) Err() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// Path returns where the peer is.
func (c *Conn) Path() Path { return c.path }

// PeerKey returns the peer's proven static key: the server's, or the key that
// a player proves to hold. It is zero in plaintext mode.
func (c *Conn) PeerKey() [32]byte { return c.peerKey }

// Encrypted reports whether packets are encrypted.
func (c *Conn) Encrypted() bool { return !c.core.cfg.Plaintext }

// SetUser attaches a value of the application's.
func (c *Conn) SetUser(user any) { c.user = user }

// User returns what SetUser attached.
func (c *Conn) User() any { return c.user }

// Readable reports whether Receive has a message.
func (c *Conn) Readable() bool { return c.queue.Bytes() > 0 }

// NextNotice takes the oldest notice.
func (c *Conn) NextNotice() (Notice, bool) { return c.notices.pop() }

// Stats returns counters and estimates.
func (c *Conn) Stats() ConnStats {
	s := c.stats
	rtt := &c.out.RTT
	s.RTT, s.MinRTT, s.Jitter = rtt.Smoothed, rtt.Min, rtt.Variance
	s.LossIn, s.LossOut = c.in.Loss(), c.out.Loss()
	s.PacketsLost, s.LateAcks = c.out.LostPackets, c.out.LateAcks
	s.MTU = c.MaxDatagram()
	c.paceStats(&s)
	s.LossBurst = c.out.Losses.Burst()
	s.QueuedBytes, s.NoticesLost = c.queue.Bytes(), c.notices.dropped
	for i := range c.channels {
		ch := &c.channels[i]
		switch {
		case ch.inbound != nil:
			s.Stale += ch.inbound.Stale
			s.Abandoned += ch.inbound.Abandoned
		case ch.outgoing != nil:
			s.Resent += ch.outgoing.Repeated
			s.Copies += ch.outgoing.Copies
			s.ReliableHeld += ch.outgoing.Bytes()
		default:
			s.Resent += ch.values.Repeated
			s.Copies += ch.values.Copies
			s.ReliableHeld += ch.values.Bytes()
		}
	}
	return s
}

// An ending repeats the close frame: its acknowledgement would need one too.
type ending struct {
	reason CloseReason
	text   string
	left   int // times still to send it
	sendAt time.Time
}

// closeRepeats is how often a close frame is sent: all three get lost once in
// a thousand at 10 % loss, and then the peer's timeout remains.
const closeRepeats = 3

// closeInterval is the time between the repeats.
const closeInterval = 100 * time.Millisecond

// Close ends the connection and tells the peer why with the next Flush. What
// was not acknowledged by then may not arrive. text is for people, cut after
// 200 bytes; for CloseRedirect it is the address to go to. Closing twice does
// nothing.
func (c *Conn) Close(now time.Time, reason CloseReason, text string) {
	if c.state == StateClosed {
		return
	}
	if len(text) > maxCloseText {
		text = strings.ToValidUTF8(text[:maxCloseText], "") // no half of a letter
	}
	if c.send != nil {
		c.ending = &ending{reason: reason, text: text, left: closeRepeats, sendAt: now}
	}
	c.finish(now, &CloseError{Reason: reason, Text: text})
}

// finish enters StateClosed.
func (c *Conn) finish(now time.Time, err *CloseError) {
	announced := c.dialled || c.state == StateOpen
	if c.state == StateOpen && !c.dialled {
		c.core.accepted--
	}
	c.state, c.err = StateClosed, err
	c.retireTicket(now)
	c.gone = c.ending == nil
	c.core.trace.ended(now, c)
	c.touch(now)
	if announced {
		c.core.emit(Event{Kind: EventClosed, Conn: c, Err: err})
	}
}

// open enters StateOpen, and tells what e has of it.
func (c *Conn) open(e Event) {
	c.state = StateOpen
	c.core.trace.state(c)
	if !c.dialled {
		c.core.accepted++
	}
	e.Kind, e.Conn = EventConnected, c
	c.core.emit(e)
}
