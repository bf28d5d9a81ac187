package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A Tracer watches a Core from inside: every datagram, every packet with its
// plaintext, every drop with its reason, and what the connections make of
// them. Package netcode/trace has two, one for files that people read and one
// for Wireshark.
//
// Trace is called on the goroutine that drives the Core, in the order in which
// things happen. If several Cores share a Config, as the shards of an endpoint
// do, it is called from several goroutines at once. It must not call the Core,
// and of a Conn only the methods that do not change it: Stats, State, Err,
// Path, PeerKey, TraceID. What e points to is valid during the call only.
//
// A Core without a Tracer pays one comparison at each place of tracing.
// Nothing is allocated for a Tracer either.
type Tracer interface {
	Trace(e *TraceEvent)
}

// A KeyTracer is a Tracer that is also given the secrets of every connection.
// Who has them can read all that was captured of it, and forge packets while
// it lives. It is for debugging on one's own machine: a Tracer that does not
// implement this interface never sees a key.
type KeyTracer interface {
	Tracer

	// TraceKeys is told of keys before the first packet under them.
	TraceKeys(e *TraceEvent, keys *TraceKeys)
}

// TraceKeys are the secrets of one key phase of a connection, for both
// directions. In plaintext mode there are none, and Suite is 0.
type TraceKeys struct {
	Phase uint64 // 0 at first; each change of keys adds 1. Its lowest bit is K in the header
	Suite uint8  // as in docs/PROTOCOL.md, section 6.6

	// The connection ID in packets to the server, low byte first, and its
	// length in bytes.
	ConnID    uint64
	ConnIDLen int

	// Key and IV of the packets of the client, and of the server.
	Client, Server TraceSecret
}

// A TraceSecret protects one direction (docs/PROTOCOL.md, section 6.7).
type TraceSecret struct {
	Key [32]byte
	IV  [12]byte
}

// A TraceKind is what a TraceEvent tells of. New ones may be added: a Tracer
// ignores those it does not know.
type TraceKind uint8

// The kinds of event, and the fields of TraceEvent that they fill in besides
// Kind, Time, and Conn, ID and Client where a connection is concerned.
const (
	TraceDatagramReceived TraceKind = iota // Path, Datagram; before anything is known of it
	TraceDatagramSent                      // Path, Datagram
	TracePacketReceived                    // Path, Datagram, Number, Phase, Plain: it opened; a TraceDropped may follow
	TracePacketSent                        // Path, Datagram, Number, Phase, Plain; the datagram follows
	TraceDropped                           // Path, Datagram, Drop
	TraceState                             // State; Err if it is StateClosed
	TraceForgotten                         // nothing more will come from this connection
	TracePacketLost                        // Number: of ours, given up
	TraceKeysChanged                       // Phase: keys are there, the first ones included
	TraceMetrics                           // an acknowledgement changed what Conn.Stats returns
	TracePath                              // Path: where the peer is from now on; OldPath
	TraceKinds            = iota           // how many there are
)

var traceNames = [TraceKinds]string{
	"datagram received", "datagram sent", "packet received", "packet sent", "dropped", "state",
	"forgotten", "packet lost", "keys changed", "metrics", "path",
}

// String returns the kind in words.
func (k TraceKind) String() string {
	if int(k) < len(traceNames) {
		return traceNames[k]
	}
	return "unknown"
}

// A TraceEvent is something that happened in a Core. Which fields mean
// anything depends on Kind. Nothing in it may be changed or kept.
type TraceEvent struct {
	Kind TraceKind
	Time time.Time // what the Core was told; received datagrams have their time of arrival

	Conn   *Conn  // nil if no connection is concerned, or none is known
	ID     uint64 // its TraceID
	Client bool   // it is the end that dialled

	Path, OldPath Path
	Datagram      []byte // UDP payload, as it travels
	Number        uint64 // the full packet number
	Phase         uint64 // of the keys; the header carries its lowest bit
	Drop          DropReason
	State         State
	Err           error // a *CloseError

	// Plain is what was sealed: ack section and frames, as yet unchecked. Ack
	// and Frames read it.
	Plain []byte

	form wire.AckForm
}

// A tracing is a Core's side of its Tracer. It is nil if there is none, and
// all its methods then do nothing.
type tracing struct {
	tracer Tracer
	keys   KeyTracer // nil unless the Tracer asks for keys

	// About what is being done: deep inside nobody knows the time, or the
	// datagram that is about to be dropped.
	now      time.Time
	path     Path
	datagram []byte
	conn     *Conn

	event   TraceEvent // scratch
	secrets TraceKeys  // scratch
}

func newTracing(tracer Tracer) *tracing {
	if tracer == nil {
		return nil
	}
	t := &tracing{tracer: tracer}
	t.keys, _ = tracer.(KeyTracer)
	return t
}

// TraceID names the connection in traces. Both ends have the same: it is the
// client ID of the handshake, 8 random bytes of the client's, low ones first.
// A hostile client can take one that is in use.
func (c *Conn) TraceID() uint64 { return c.traceID }

// begin fills in what every event has.
func (t *tracing) begin(kind TraceKind, c *Conn) *TraceEvent {
	e := &t.event
	*e = TraceEvent{Kind: kind, Time: t.now, Conn: c}
	if c != nil {
		e.ID, e.Client, e.Path, e.State = c.traceID, c.dialled, c.path, c.state
	}
	return e
}

// at says what time it is for what has no time of its own.
func (t *tracing) at(now time.Time) {
	if t != nil {
		t.now, t.conn, t.datagram = now, nil, nil
	}
}

// about says whom the datagram that is being received belongs to.
func (t *tracing) about(c *Conn) {
	if t != nil {
		t.conn = c
	}
}

func (t *tracing) received(now time.Time, path Path, datagram []byte) {
	if t == nil {
		return
	}
	t.now, t.path, t.datagram, t.conn = now, path, datagram, nil
	e := t.begin(TraceDatagramReceived, nil)
	e.Path, e.Datagram = path, datagram
	t.tracer.Trace(e)
}

func (t *tracing) sent(path Path, datagram []byte) {
	if t == nil {
		return
	}
	e := t.begin(TraceDatagramSent, nil)
	e.Path, e.Datagram = path, datagram
	t.tracer.Trace(e)
}

// packet tells of a packet that opened or was sealed.
func (t *tracing) packet(kind TraceKind, c *Conn, path Path, datagram, plain []byte, number, phase uint64) {
	if t == nil {
		return
	}
	e := t.begin(kind, c)
	e.Path, e.Datagram, e.Plain, e.Number, e.Phase = path, datagram, plain, number, phase
	e.form = wire.AckForm(datagram[0] >> 1 & 3)
	t.tracer.Trace(e)
}

func (t *tracing) drop(why DropReason) {
	if t == nil {
		return
	}
	e := t.begin(TraceDropped, t.conn)
	e.Path, e.Datagram, e.Drop = t.path, t.datagram, why
	t.tracer.Trace(e)
}

func (t *tracing) state(c *Conn) {
	if t == nil {
		return
	}
	e := t.begin(TraceState, c)
	e.Err = c.Err()
	t.tracer.Trace(e)
}

// ended is state for what the application may cause at any time.
func (t *tracing) ended(now time.Time, c *Conn) {
	if t != nil {
		t.now = now
		t.state(c)
	}
}

func (t *tracing) forgotten(c *Conn) {
	if t != nil {
		t.tracer.Trace(t.begin(TraceForgotten, c))
	}
}

func (t *tracing) lost(c *Conn, number uint64) {
	if t == nil {
		return
	}
	e := t.begin(TracePacketLost, c)
	e.Number = number
	t.tracer.Trace(e)
}

func (t *tracing) metrics(c *Conn) {
	if t != nil {
		t.tracer.Trace(t.begin(TraceMetrics, c))
	}
}

// moved tells that the peer is reached over another path; c has the new one.
func (t *tracing) moved(c *Conn, old Path) {
	if t == nil {
		return
	}
	e := t.begin(TracePath, c)
	e.OldPath = old
	t.tracer.Trace(e)
}

// keysChanged tells that send and receive protect the packets of phase.
func (t *tracing) keysChanged(c *Conn, phase uint64, send, receive handshake.Protector) {
	if t == nil {
		return
	}
	e := t.begin(TraceKeysChanged, c)
	e.Phase = phase
	if t.keys != nil {
		t.secrets = TraceKeys{Phase: phase}
		t.secrets.ConnID, t.secrets.ConnIDLen = c.remoteID, c.idLen
		mine, theirs := &t.secrets.Client, &t.secrets.Server
		if !c.dialled {
			mine, theirs = theirs, mine
			t.secrets.ConnID, t.secrets.ConnIDLen = c.localID, connIDLen
		}
		mine.Key, mine.IV, t.secrets.Suite = secretOf(send)
		theirs.Key, theirs.IV, _ = secretOf(receive)
		t.keys.TraceKeys(e, &t.secrets)
		clear(mine.Key[:])
		clear(theirs.Key[:])
	}
	t.tracer.Trace(e)
}

func secretOf(p handshake.Protector) (key [32]byte, iv [12]byte, suite uint8) {
	key, iv, s := handshake.Secret(p)
	return key, iv, uint8(s)
}
