package netcode

import (
	"errors"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestFramesFromTheFuture: extension frames of a later build, of every type and
// in every place, disturb nothing (docs/PROTOCOL.md, section 10).
func TestFramesFromTheFuture(t *testing.T) {
	l := connect(t, nil)
	var plain []byte
	for kind := range uint8(16) {
		plain = wire.AppendFrame(plain, &wire.Frame{Kind: wire.FrameExtension, Channel: kind, Data: make([]byte, int(kind)*4)}, false)
		plain = wire.AppendFrame(plain, &wire.Frame{Kind: wire.FrameMessage, Channel: chState, Data: []byte{kind}}, false)
	}
	plain = wire.AppendFrame(plain, &wire.Frame{Kind: wire.FrameExtension, Channel: 9, Data: []byte("the last one")}, true)
	l.inject(plain)
	for kind := range uint8(16) {
		ch, m, ok := l.accepted.Receive()
		if !ok || ch != chState || len(m) != 1 || m[0] != kind {
			t.Fatalf("message %d: channel %d, %v, %v", kind, ch, m, ok)
		}
	}
	if got := l.accepted.Stats().Extensions; got != 17 {
		t.Errorf("%d extensions were counted, want 17", got)
	}
	if l.accepted.in.Due(0).IsZero() {
		t.Error("the packet is not acknowledged")
	}
	l.exchange()
}

// TestOnlyAnExtensionIsAcknowledged: its sender learns that the packet arrived,
// and does not take a later build's frames for loss.
func TestOnlyAnExtensionIsAcknowledged(t *testing.T) {
	l := connect(t, nil)
	l.inject(wire.AppendFrame(nil, &wire.Frame{Kind: wire.FrameExtension, Channel: 3}, true))
	if l.accepted.in.Due(0).IsZero() {
		t.Error("the packet asks for no acknowledgement")
	}
}

// TestControlFromTheFuture: control codes that this build does not know, and
// was not asked about, end the connection.
func TestControlFromTheFuture(t *testing.T) {
	for code := byte(8); code < 16; code++ {
		l := connect(t, nil)
		l.inject([]byte{code})
		if err := l.accepted.Err(); !errors.Is(err, &CloseError{Reason: CloseProtocol}) {
			t.Errorf("control code %d: %v", code, err)
		}
	}
}

// TestParametersFromTheFuture: a client of a later build, which says more of
// itself than this one understands, connects.
func TestParametersFromTheFuture(t *testing.T) {
	l := newLab(t, nil)
	opt := DialOptions{Hello: []byte("ada"), ServerKey: l.server.PublicKey()}
	l.dial(opt)
	s := l.conn.shaking
	payload := wire.AppendClientInfo([]byte{byte(l.client.suites)},
		&wire.ClientInfo{Identity: l.client.identity, Hello: opt.Hello})
	payload = append(payload, 0xee, 3, 0, 'n', 'e', 'w', 0xef, 0, 0)
	var err error
	if s.noise, err = l.client.newNoise(s.mode, s.clientID, true, opt.ServerKey); err != nil {
		t.Fatal(err)
	}
	if s.message, err = s.noise.Write(nil, payload); err != nil {
		t.Fatal(err)
	}
	l.until("connected", func() bool { return l.accepted != nil })
	l.exchange()
}

// inject gives the server a packet of the client's with the frames in plain.
func (l *lab) inject(plain []byte) {
	l.conn.out.MakeRoom()
	record := l.conn.out.Add(l.now)
	record.Eliciting = true
	number := l.conn.out.Commit(record)
	l.server.Receive(l.now, clientPath, sealed(l.conn, byte(wire.AckWide), number, append([]byte{0}, plain...)))
}
