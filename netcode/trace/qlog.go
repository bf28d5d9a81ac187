package trace

import (
	"io"

	"github.com/reckon-engine/reckon/netcode"
)

// LogOptions configures a Log. The zero value is ready to use.
type LogOptions struct {
	// Title is for people.
	Title string

	// Vantage says whose side this is: "server", "client" or, by default,
	// "unknown", as for a Core that is both.
	Vantage string

	// MaxBytes bounds the log. If zero, 1 GiB; if negative, nothing does.
	MaxBytes int64

	// Wait makes the Core wait for the writer where records would be lost
	// otherwise: for tests and tools, in which time does not matter.
	Wait bool
}

// A Log is a Tracer that writes what happens as JSON in the shape of qlog:
// version 0.3, the last draft's that viewers such as qvis read
// (draft-ietf-quic-qlog-main-schema-02), in its streaming form, one record of
// RFC 7464 for an event. Where QUIC has the same notion the name of the event
// and its fields are those of draft-ietf-quic-qlog-quic-events-01; what it
// does not have is under "reckon:". One file holds all connections of a
// Core: group_id tells them apart, and is the same at both ends.
//
// It contains no secrets and no contents of messages, only their lengths.
type Log struct {
	*sink
	conns map[logKey]*logged // guarded by the sink's mutex
	ack   netcode.TraceAck   // scratch, guarded too
}

type logKey struct {
	id     uint64
	client bool
}

// logged is what was last said of a connection.
type logged struct{ rtt, minRTT, jitter, queue, window, inFlight, pacing, bandwidth, mtu int64 }

var _ netcode.Tracer = (*Log)(nil)

// NewLog returns a Log that writes to w, which only its goroutine uses, until
// Close.
func NewLog(w io.Writer, opt LogOptions) *Log {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = defaultMaxBytes
	}
	if opt.Vantage == "" {
		opt.Vantage = "unknown"
	}
	l := &Log{sink: newSink(w, opt.Wait, max(opt.MaxBytes, 0)), conns: map[logKey]*logged{}}
	j := json{b: l.buf}
	j.raw("\x1e")
	j.open('{')
	j.text("qlog_version", "0.3")
	j.text("qlog_format", "JSON-SEQ")
	j.text("title", opt.Title)
	j.key("trace").open('{')
	j.key("vantage_point").open('{')
	j.text("type", opt.Vantage)
	j.close('}')
	j.key("common_fields").open('{')
	j.text("protocol_type", "RECKON")
	j.text("time_format", "absolute")
	j.close('}').close('}').close('}')
	l.buf = append(j.b, '\n')
	l.taken = int64(len(l.buf))
	return l
}

// Close writes what is left and returns the first error of the writer, which
// it does not close.
func (l *Log) Close() error { return l.close(func() {}) }

// eventNames are the qlog names of what is written; the others are left out
// or have several.
var eventNames = [netcode.TraceKinds]string{
	netcode.TraceDatagramReceived: "reckon:handshake_received",
	netcode.TraceDatagramSent:     "reckon:handshake_sent",
	netcode.TracePacketReceived:   "transport:packet_received",
	netcode.TracePacketSent:       "transport:packet_sent",
	netcode.TraceDropped:          "transport:packet_dropped",
	netcode.TraceState:            "connectivity:connection_state_updated",
	netcode.TracePacketLost:       "recovery:packet_lost",
	netcode.TraceKeysChanged:      "security:key_updated",
	netcode.TraceMetrics:          "recovery:metrics_updated",
	netcode.TracePath:             "reckon:path_updated",
}

// Trace implements netcode.Tracer.
func (l *Log) Trace(e *netcode.TraceEvent) {
	if e.Kind == netcode.TraceForgotten {
		l.mu.Lock()
		delete(l.conns, logKey{e.ID, e.Client})
		l.mu.Unlock()
		return
	}
	if int(e.Kind) >= len(eventNames) {
		return // newer than this
	}
	name := eventNames[e.Kind]
	if e.Kind <= netcode.TraceDatagramSent && !isHandshake(e.Datagram) {
		return // packets are told of as such, and foreign datagrams as dropped
	}
	start, ok := l.begin(e.Time)
	if !ok {
		return
	}
	j := json{b: l.buf}
	j.raw("\x1e")
	j.open('{')
	j.key("time").milliseconds(e.Time.UnixNano())
	j.text("name", name)
	if id := traceID(e); id != 0 {
		j.key("group_id").hex(le.AppendUint64(nil, id))
	}
	if e.Conn != nil {
		j.text("vantage_point", side(e.Client))
	}
	j.key("data").open('{')
	if !l.data(&j, e) {
		l.mu.Unlock() // nothing new: l.buf is as it was
		return
	}
	j.close('}').close('}')
	l.buf = append(j.b, '\n')
	l.end(start)
}

// data writes the data of the event, and reports false if it is no news.
func (l *Log) data(j *json, e *netcode.TraceEvent) bool {
	switch e.Kind {
	case netcode.TraceDatagramReceived, netcode.TraceDatagramSent:
		appendHandshake(j, e)
	case netcode.TracePacketReceived, netcode.TracePacketSent:
		l.packet(j, e)
	case netcode.TraceDropped:
		appendRaw(j, e)
		j.text("trigger", e.Drop.String())
		j.path("path", e.Path)
	case netcode.TraceState:
		appendState(j, e)
	case netcode.TracePacketLost:
		j.key("header").open('{')
		j.text("packet_type", "1RTT")
		j.key("packet_number").number(e.Number)
		j.close('}')
	case netcode.TraceKeysChanged:
		j.text("key_type", "1rtt_secret")
		j.key("key_phase").number(e.Phase)
	case netcode.TraceMetrics:
		return l.metrics(j, e)
	case netcode.TracePath:
		j.path("old", e.OldPath)
		j.path("new", e.Path)
	}
	return true
}

// metrics writes what has changed since the last time.
func (l *Log) metrics(j *json, e *netcode.TraceEvent) bool {
	key := logKey{e.ID, e.Client}
	last := l.conns[key]
	if last == nil {
		last = &logged{}
		l.conns[key] = last
	}
	s := e.Conn.Stats()
	news := false
	changed := func(name string, old *int64, value int64, isTime bool) {
		if *old == value {
			return
		}
		*old, news = value, true
		if isTime {
			j.key(name).milliseconds(value)
		} else {
			j.key(name).number(uint64(value))
		}
	}
	changed("smoothed_rtt", &last.rtt, int64(s.RTT), true)
	changed("min_rtt", &last.minRTT, int64(s.MinRTT), true)
	changed("rtt_variance", &last.jitter, int64(s.Jitter), true)
	changed("queue_delay", &last.queue, int64(s.QueueDelay), true)
	changed("congestion_window", &last.window, int64(s.SendWindow), false)
	changed("bytes_in_flight", &last.inFlight, int64(s.InFlight), false)
	changed("pacing_rate", &last.pacing, 8*int64(s.PacingRate), false) // bits a second
	changed("bandwidth", &last.bandwidth, 8*int64(s.Bandwidth), false)
	changed("mtu", &last.mtu, int64(s.MTU), false)
	return news
}

// appendState tells of a new state; qlog has an event of its own for the end,
// whose fields are joined to it here.
func appendState(j *json, e *netcode.TraceEvent) {
	j.text("new", [...]string{"attempted", "handshake_completed", "closed"}[min(e.State, netcode.StateClosed)])
	j.path("path", e.Path)
	if err, ok := e.Err.(*netcode.CloseError); ok && err != nil {
		owner := "local"
		if err.Remote {
			owner = "remote"
		}
		j.text("owner", owner)
		j.key("application_code").number(uint64(err.Reason))
		j.text("trigger", err.Reason.String())
		j.text("reason", err.Text)
	}
}

// isHandshake goes by the first byte (docs/PROTOCOL.md, section 2).
func isHandshake(datagram []byte) bool {
	return len(datagram) >= handshakeLen && datagram[0]>>4 == 5
}

const handshakeLen = 12

// traceID of a handshake datagram is its client ID.
func traceID(e *netcode.TraceEvent) uint64 {
	if e.ID == 0 && isHandshake(e.Datagram) {
		return le.Uint64(e.Datagram[4:])
	}
	return e.ID
}

func side(client bool) string {
	if client {
		return "client"
	}
	return "server"
}
