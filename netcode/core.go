package netcode

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A Sender takes the datagrams of a Flush. The bytes are valid during the
// call only.
type Sender interface {
	SendDatagram(path Path, datagram []byte)
}

// A Core holds the connections of one endpoint: those it accepted and those
// it dialled. It is driven from outside: Receive takes a datagram, Flush
// gives datagrams, NextDeadline says when Flush is needed at the latest.
//
// It is not safe for concurrent use, and its methods must not be called from
// a Sender or from the hook for foreign datagrams.
type Core struct {
	cfg      Config
	key      handshake.StaticKey // Config.Key
	ranks    []rank              // of cfg.Channels
	reliable channelSet          // of cfg.Channels
	identity wire.Identity
	suites   wire.Suites
	cookies  *handshake.CookieJar // nil until the first datagram from a client
	gate     *gate                // made with cookies

	conns   []appointment          // in the order they began
	epoch   time.Time              // some time; appointments are relative to it
	byID    connTable              // accepted, by the connection ID we gave out
	byPeer  map[peerKey]*Conn      // dialled
	pending map[handshakeKey]*Conn // accepted, not confirmed
	foreign func(time.Time, Path, []byte)

	events     []Event
	event      int // events before it were taken
	replies    []reply
	suspicious bool // tests: look whether those not due are right

	deadline time.Time // no connection needs Flush before; zero = never
	accepted int       // open connections of clients
	stats    CoreStats
	trace    *tracing // nil without a Tracer
	tickets  ticketStore

	// Scratch, valid within one call.
	ecn           uint8 // of the datagram that is being received
	from          Path  // of the packet that is being received
	packet, plain []byte
	ack           wire.Ack
	frame         [2]wire.Frame
	fates         ack.Fates
	warming       warming
}

// peerKey finds a dialled connection: servers' packets carry no ID.
type peerKey struct {
	remote  netip.AddrPort
	carrier uint16
}

// handshakeKey finds the connection a repeated handshake datagram means.
type handshakeKey struct {
	peerKey
	clientID uint64
}

func keyOf(p Path) peerKey { return peerKey{p.Remote, p.Carrier} }

// A reply is a stateless answer that waits for Flush.
type reply struct {
	path Path
	data [wire.HandshakeHeaderLen + wire.CookieLen]byte
	n    int
}

// Limits of what strangers can make a Core hold.
const (
	// maxReplies bounds the stateless answers between two flushes.
	maxReplies = 256

	// maxPending bounds the handshakes under way, all from proven addresses.
	// When half are taken, one host may have maxPendingEach, so that it takes
	// more than one to keep everybody out.
	maxPending     = 1024
	maxPendingEach = 16

	// maxDatagramIn is the largest datagram looked at: an Ethernet frame.
	maxDatagramIn = 1500

	// manyFates is how many packets an ack usually tells of at most: after
	// that the room for them grows, once in a Core.
	manyFates = 256
)

// connIDLen is how long the connection IDs are that a Core hands out. Three
// bytes tell 65,535 connections apart from strangers well enough that the
// tag is rarely asked; see docs/PROTOCOL.md, section 3.
const connIDLen = 3

// NewCore returns a Core, or an error that names the field of cfg that is
// wrong and its limit.
func NewCore(cfg Config) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Key == (KeyPair{}) {
		if cfg.Key, err = handshake.GenerateKeyPair(cfg.Random); err != nil {
			return nil, fmt.Errorf("netcode: key: %w", err)
		}
	}
	parsed, err := cfg.Key.Parse()
	if err != nil {
		return nil, fmt.Errorf("netcode: Config.Key: %w", err)
	}
	c := &Core{
		cfg:      cfg,
		key:      parsed,
		ranks:    rankChannels(cfg.Channels),
		reliable: reliableChannels(cfg.Channels),
		identity: cfg.wireIdentity(),
		trace:    newTracing(cfg.Tracer),
		suites:   supportedSuites(cfg.Suite),
		byPeer:   map[peerKey]*Conn{},
		pending:  map[handshakeKey]*Conn{},
		packet:   make([]byte, 0, maxDatagramIn),
		plain:    make([]byte, 0, maxDatagramIn),
		fates:    ack.Fates{Acked: make([]uint64, 0, manyFates), Lost: make([]uint64, 0, manyFates)},
	}
	return c, nil
}

// PublicKey returns the key that clients pin.
func (c *Core) PublicKey() [32]byte { return c.cfg.Key.Public }

// Stats returns counters.
func (c *Core) Stats() CoreStats {
	c.stats.Conns = 0
	for _, a := range c.conns {
		if a.conn.state == StateOpen {
			c.stats.Conns++
		}
	}
	return c.stats
}

// SetForeign sets the hook for datagrams that are not of this protocol, by
// their first byte: STUN, DTLS, server queries and the like share the port.
// The bytes are valid during the call.
func (c *Core) SetForeign(hook func(now time.Time, path Path, datagram []byte)) {
	c.foreign = hook
}

// Receive takes a datagram that arrived at now. The bytes are only borrowed.
// Whatever they are, Receive does not fail: it counts and drops.
func (c *Core) Receive(now time.Time, path Path, datagram []byte) {
	c.ReceiveMarked(now, path, datagram, 0)
}

// ReceiveMarked is Receive for a datagram whose ECN field is known: the low
// two bits of its traffic class (RFC 3168, section 5), 0 where it does not
// take part or the carrier cannot tell, 3 where a router on its way was
// congested. Bits above are ignored.
func (c *Core) ReceiveMarked(now time.Time, path Path, datagram []byte, ecn uint8) {
	c.ecn = ecn & 3
	c.stats.DatagramsIn++
	c.stats.BytesIn += uint64(len(datagram))
	c.trace.received(now, path, datagram)
	switch wire.Classify(datagram) {
	case wire.KindPacket:
		c.receivePacket(now, path, datagram)
	case wire.KindHandshake:
		c.receiveHandshake(now, path, datagram)
	default:
		if c.foreign != nil {
			c.foreign(now, path, datagram)
			return
		}
		c.drop(DropForeign)
	}
}

func (c *Core) drop(why DropReason) {
	c.stats.Dropped[why]++
	c.trace.drop(why)
}

func (c *Core) receivePacket(now time.Time, path Path, datagram []byte) {
	if len(datagram) > maxDatagramIn {
		c.drop(DropMalformed)
		return
	}
	h, length, err := wire.ConsumeHeader(datagram, connIDLen)
	if err != nil {
		c.drop(DropMalformed)
		return
	}
	var conn *Conn
	if h.HasConnID {
		conn = c.byID.of(h.ConnID)
	} else {
		conn = c.byPeer[keyOf(path)]
	}
	if conn == nil || conn.receive == nil {
		c.drop(DropUnknownConn)
		return
	}
	c.trace.about(conn)
	conn.receivePacket(now, path, datagram, &h, length)
	conn.settle()
}

// wake makes NextDeadline at most t; zero changes nothing. What concerns one
// connection goes through Conn.touch, or Flush passes it by.
func (c *Core) wake(t time.Time) { c.deadline = earlier(c.deadline, t) }

// NextDeadline returns when Flush must be called at the latest; the zero time
// if nothing waits. It may be early, never late.
func (c *Core) NextDeadline() time.Time { return c.deadline }

// Flush sends what is due at now: queued messages, acknowledgements, what was
// lost, handshakes, probes, keepalives; and closes what timed out.
func (c *Core) Flush(now time.Time, out Sender) {
	c.trace.at(now)
	for i := range c.replies {
		r := &c.replies[i]
		c.send(out, r.path, r.data[:r.n])
	}
	c.replies = c.replies[:0]
	c.deadline = c.flushDue(now, out) // what was woken on the way has been done
}

func (c *Core) send(out Sender, path Path, datagram []byte) {
	c.stats.DatagramsOut++
	c.stats.BytesOut += uint64(len(datagram))
	c.trace.sent(path, datagram)
	out.SendDatagram(path, datagram)
}

// forget removes every way to find conn.
func (c *Core) forget(conn *Conn) {
	c.trace.forgotten(conn)
	conn.forgetKeys()
	if conn.dialled {
		conn.unlistAll()
	} else {
		c.byID.remove(conn.localID)
		delete(c.pending, conn.handshakeKey())
	}
	conn.forgetTraffic()
}

// NextEvent returns the next event. Its Hello is valid until the next call of
// Receive.
func (c *Core) NextEvent() (Event, bool) {
	if c.event == len(c.events) {
		return Event{}, false
	}
	e := c.events[c.event]
	c.events[c.event] = Event{}
	if c.event++; c.event == len(c.events) {
		c.events, c.event = c.events[:0], 0
	}
	return e, true
}

func (c *Core) emit(e Event) { c.events = append(c.events, e) }

// Shutdown closes every connection, tells the peers why, and accepts no more.
// The caller flushes: a few times over the next second if it can, since the
// notes may be lost.
func (c *Core) Shutdown(now time.Time, reason CloseReason, text string) {
	c.cfg.MaxConns = 0
	for _, a := range c.conns {
		a.conn.Close(now, reason, text)
	}
}

// newConnID returns a connection ID that is not in use.
func (c *Core) newConnID() (uint64, error) {
	for {
		var b [8]byte
		if _, err := io.ReadFull(c.cfg.Random, b[:connIDLen]); err != nil {
			return 0, fmt.Errorf("netcode: connection ID: %w", err)
		}
		id, ok := shardID(binary.LittleEndian.Uint64(b[:]), c.cfg.Shard, c.cfg.Shards)
		if ok && c.byID.of(id) == nil {
			return id, nil
		}
	}
}

// supportedSuites returns the ciphers to offer or choose from.
func supportedSuites(restrict Suite) wire.Suites {
	switch restrict {
	case SuiteChaCha20Poly1305:
		return 1 << handshake.ChaCha20Poly1305
	case SuiteAES256GCM:
		return 1 << handshake.AES256GCM
	}
	suites := wire.Suites(1 << handshake.ChaCha20Poly1305)
	if handshake.Preferred() == handshake.AES256GCM {
		suites |= 1 << handshake.AES256GCM
	}
	return suites
}
