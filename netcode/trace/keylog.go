package trace

import (
	"encoding/hex"
	"io"
	"strconv"

	"github.com/reckon-engine/reckon/netcode"
)

// A KeyLog is a KeyTracer that writes the secrets of connections to a text
// file, for captures that were made with tcpdump or Wireshark. The dissector
// has a preference for its name. A line is
//
//	RECKON1 trace-ID connection-ID phase suite client-key client-IV server-key server-IV
//
// with the IDs as they travel and all but phase and suite in hexadecimal;
// "-" where there is none. Who has the file can read the connections.
type KeyLog struct{ *sink }

var _ netcode.KeyTracer = (*KeyLog)(nil)

// NewKeyLog returns a KeyLog that writes to w until Close.
func NewKeyLog(w io.Writer) *KeyLog { return &KeyLog{newSink(w, true, 0)} }

// Trace implements netcode.Tracer. Keys come by TraceKeys; they are written
// out when a connection has them.
func (k *KeyLog) Trace(e *netcode.TraceEvent) {
	if e.Kind == netcode.TraceKeysChanged {
		k.mu.Lock()
		defer k.mu.Unlock()
		if !k.closed {
			k.handOver(e.Time, false)
		}
	}
}

// TraceKeys implements netcode.KeyTracer.
func (k *KeyLog) TraceKeys(e *netcode.TraceEvent, keys *netcode.TraceKeys) {
	if start, ok := k.begin(e.Time); ok {
		k.buf = appendKeyLine(k.buf, e, keys)
		k.end(start)
	}
}

// Close writes what is left and returns the first error of the writer, which
// it does not close.
func (k *KeyLog) Close() error { return k.close(func() {}) }

// maxKeyLine is the length of the longest line.
const maxKeyLine = 8 + 17 + 17 + 21 + 4 + 2*(65+25)

func appendKeyLine(b []byte, e *netcode.TraceEvent, keys *netcode.TraceKeys) []byte {
	b = append(b, "RECKON1 "...)
	b = hex.AppendEncode(b, le.AppendUint64(nil, e.ID))
	b = append(b, ' ')
	if keys.ConnIDLen == 0 {
		b = append(b, '-')
	}
	b = hex.AppendEncode(b, le.AppendUint64(nil, keys.ConnID)[:keys.ConnIDLen])
	b = append(b, ' ')
	b = strconv.AppendUint(b, keys.Phase, 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, uint64(keys.Suite), 10)
	for _, secret := range [2]*netcode.TraceSecret{&keys.Client, &keys.Server} {
		if keys.Suite == 0 {
			b = append(b, " - -"...)
			continue
		}
		b = append(b, ' ')
		b = hex.AppendEncode(b, secret.Key[:])
		b = append(b, ' ')
		b = hex.AppendEncode(b, secret.IV[:])
	}
	return append(b, '\n')
}
