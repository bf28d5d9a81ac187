package secondhand

import (
	"errors"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// full is a piece of a message that goes on.
var full = make([]byte, pieceSize)

// TestViolations breaks each rule that section 9 calls a violation: an
// encrypted connection ends with reason 8, a plaintext one goes on.
func TestViolations(t *testing.T) {
	for _, test := range []struct {
		name string
		body []byte // ack section of count 0, frames
	}{
		{"a control code of the future", frames(frame{channel: 8})},
		{"no such channel", frames(frame{kind: kindMessage, channel: 9})},
		{"a message on a reliable channel", frames(frame{kind: kindMessage, channel: 2})},
		{"a segment on an unreliable one", frames(frame{kind: kindWhole})},
		{"a segment on a latest one", frames(frame{kind: kindWhole, channel: 4})},
		{"a fragment on a reliable one", frames(frame{kind: kindFragment, channel: 2, last: 1, data: full})},
		{"a message of too many fragments", frames(frame{kind: kindFragment, last: 15, data: full})},
		{"a fragment of another size", frames(frame{kind: kindFragment, last: 1, data: full[1:]})},
		{"an empty last fragment", frames(frame{kind: kindFragment, index: 1, last: 1})},
		{"a first segment of another size", frames(frame{kind: kindFirst, channel: 2, data: full[1:]})},
		{"a skip on an ordered channel", frames(frame{kind: kindMiddle, channel: 2})},
		{"a segment beyond the window", frames(frame{kind: kindWhole, channel: 2, number: 4096})},
		{"a middle outside a message", frames(frame{kind: kindMiddle, channel: 2, data: full})},
		{"a last outside a message", frames(frame{kind: kindLast, channel: 3, data: full})},
		{"a whole one inside a message", frames(frame{kind: kindFirst, channel: 2, data: full}, frame{kind: kindWhole, channel: 2, number: 1})},
		{"no such key", frames(frame{kind: kindMessage, channel: 4, data: []byte{0x81, 0x00, 0, 0}})},
		{"a key that is not shortest", frames(frame{kind: kindMessage, channel: 4, data: []byte{0x80, 0x01, 0, 0}})},
		{"a value without a version", frames(frame{kind: kindMessage, channel: 4, data: []byte{1, 0}})},
		{"an ack of what was never sent", []byte{2, 0x60, 0xea, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"one word", []byte{1, 0, 0, 0, 0, 0, 0, 0}},
		{"a length at the end", []byte{0, 0x30, 0}},
	} {
		for _, mode := range []uint8{modeIK, modePlaintext} {
			config := serverConfig()
			config.Plaintext = mode == modePlaintext
			w := newWorld(t, config, clear)
			c := w.open(options{mode: mode})
			head := appendHeader(nil, header{short: true, form: formWide, id: c.id, low: uint32(c.sender.next)})
			c.out(c.local, append(head, c.keys.up.seal(c.sender.next, head, test.body)...))
			c.sender.next++
			w.run(time.Second)
			if mode == modePlaintext {
				if c.state != open || w.conn.State() != netcode.StateOpen {
					t.Errorf("%s: ended a plaintext connection for %d", test.name, c.closeReason)
				}
			} else if c.state != closed || c.closeReason != 8 {
				t.Errorf("%s: state %d, closed for %d, want 8", test.name, c.state, c.closeReason)
			}
		}
	}
}

// TestBrokenPhases changes keys twice without waiting (section 6.11).
func TestBrokenPhases(t *testing.T) {
	w := newWorld(t, serverConfig(), clear)
	c := w.open(options{})
	w.run(time.Second)
	w.until("we may", c.rekey)
	c.flush(w.now)
	up := w.flying
	w.flying = nil // the server's answer cannot come before
	c.keys.advance()
	c.ping(0)
	c.flush(w.now)
	w.flying = append(up, w.flying...)
	w.run(time.Second)
	if err := w.conn.Err(); !errors.Is(err, &netcode.CloseError{Reason: netcode.CloseProtocol}) {
		t.Errorf("the server's end: %v, want a violation", err)
	}
}

// frames returns what is sealed: an ack that says nothing, and frames.
func frames(all ...frame) []byte {
	b := []byte{0}
	for i, f := range all {
		b = appendFrame(b, f, i == len(all)-1)
	}
	return b
}
