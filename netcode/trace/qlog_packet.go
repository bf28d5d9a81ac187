package trace

import "github.com/reckon-engine/reckon/netcode"

var handshakeNames = [...]string{
	"hello", "retry", "initiate", "respond", "finish", "refuse", "rejoin", "resume",
}

// appendHandshake tells of a handshake datagram what anyone can see.
func appendHandshake(j *json, e *netcode.TraceEvent) {
	b := e.Datagram
	name := "unknown"
	if kind := int(b[0] & 0xf); kind < len(handshakeNames) {
		name = handshakeNames[kind]
	}
	j.text("type", name)
	j.key("version").number(uint64(le.Uint16(b[1:])))
	j.key("mode").number(uint64(b[3]))
	j.path("path", e.Path)
	appendRaw(j, e)
}

func appendRaw(j *json, e *netcode.TraceEvent) {
	j.key("raw").open('{')
	j.key("length").number(uint64(len(e.Datagram)))
	if e.Plain != nil {
		j.key("payload_length").number(uint64(len(e.Plain)))
	}
	j.close('}')
}

// packet tells of a packet with its frames.
func (l *Log) packet(j *json, e *netcode.TraceEvent) {
	j.key("header").open('{')
	j.text("packet_type", "1RTT") // what comes nearest
	j.key("packet_number").number(e.Number)
	j.key("key_phase").number(e.Phase)
	j.close('}')
	appendRaw(j, e)
	j.key("frames").open('[')
	l.acks(j, e)
	padding := uint64(0)
	for f := range e.Frames() {
		if f.Kind == 0 && f.Channel == 0 {
			padding++ // a run of it is one frame here, as in QUIC's events
			continue
		}
		appendPaddingFrame(j, &padding)
		appendFrame(j, &f)
	}
	appendPaddingFrame(j, &padding)
	j.close(']')
}

func appendPaddingFrame(j *json, n *uint64) {
	if *n == 0 {
		return
	}
	j.item().open('{')
	j.text("frame_type", "padding")
	j.key("length").number(*n)
	j.close('}')
	*n = 0
}

func (l *Log) acks(j *json, e *netcode.TraceEvent) {
	var ok bool
	if l.ack, ok = e.Ack(); !ok {
		return
	}
	j.item().open('{')
	j.text("frame_type", "ack")
	j.key("ack_delay").milliseconds(int64(l.ack.Delay))
	j.key("acked_ranges").open('[')
	for first, last := range l.ack.Ranges() {
		j.item().open('[')
		j.item().number(first)
		j.item().number(last)
		j.close(']')
	}
	j.close(']').close('}')
}

// The names of frames: control frames by code, the others by kind
// (docs/PROTOCOL.md, section 5).
var (
	controlNames = [...]string{
		"padding", "ping", "connection_close", "path_challenge", "path_response",
		"reckon:ticket", "reckon:observed_address", "reckon:ecn",
	}
	kindNames = [8]string{
		"reckon:control", "reckon:message", "reckon:fragment", "reckon:whole",
		"reckon:first", "reckon:middle", "reckon:last", "reckon:extension",
	}
)

const (
	kindFragment  = 2
	kindExtension = 7
	controlClose  = 2
)

func appendFrame(j *json, f *netcode.TraceFrame) {
	j.item().open('{')
	defer j.close('}')
	if f.Kind == 0 {
		name := "reckon:control"
		if int(f.Channel) < len(controlNames) {
			name = controlNames[f.Channel]
		}
		j.text("frame_type", name)
		if f.Channel == controlClose {
			j.text("error_space", "application")
			j.key("error_code").number(uint64(f.Reason))
			j.text("reason", string(f.Data))
		}
		return
	}
	j.text("frame_type", kindNames[f.Kind&7])
	if f.Kind == kindExtension {
		j.key("extension").number(uint64(f.Channel))
	} else {
		j.key("channel").number(uint64(f.Channel))
	}
	switch {
	case f.Kind == kindFragment:
		j.key("message").number(uint64(f.Number))
		j.key("index").number(uint64(f.Index))
		j.key("last").number(uint64(f.Last))
	case f.Kind > kindFragment && f.Kind < kindExtension:
		j.key("segment").number(uint64(f.Number))
	}
	j.key("length").number(uint64(len(f.Data)))
}
