package handshake

import (
	"errors"
	"testing"
)

func TestWrongParameters(t *testing.T) {
	for _, test := range []struct {
		name    string
		pattern Pattern
		change  func(*pair)
		fails   int // the message that is refused
	}{
		{"IK prologue", IK, func(p *pair) { p.responder.Prologue = []byte("Prologue") }, 0},
		{"IK no prologue", IK, func(p *pair) { p.initiator.Prologue = nil }, 0},
		{"IK pinned key", IK, func(p *pair) { p.initiator.PeerStatic = p.initiator.Static.Public }, 0},
		{"XX prologue", XX, func(p *pair) { p.responder.Prologue = []byte("Prologue") }, 1},
		{"XX no prologue", XX, func(p *pair) { p.initiator.Prologue = nil }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, test.pattern)
			test.change(p)
			p.start(t).upTo(t, test.fails)
			m := p.write(t)
			_, reader := p.sides(test.fails)
			if _, err := reader.Read(m); !errors.Is(err, ErrMessage) {
				t.Errorf("Read(message %d) = %v, want ErrMessage", test.fails, err)
			}
		})
	}
}

// TestPatternsDoNotMix: XX reads any 32 bytes as its first message, but the two
// ends do not get further.
func TestPatternsDoNotMix(t *testing.T) {
	p := newPair(t, IK)
	p.responder.Pattern = XX
	p.start(t)
	if _, err := p.r.Read(p.write(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.i.Read(p.write(t)); !errors.Is(err, ErrMessage) {
		t.Errorf("initiator of IK reads an answer of XX: %v, want ErrMessage", err)
	}

	p = newPair(t, XX)
	p.responder.Pattern = IK
	p.start(t)
	if _, err := p.r.Read(p.write(t)); !errors.Is(err, ErrMessage) {
		t.Errorf("responder of IK reads a message of XX: %v, want ErrMessage", err)
	}
}

func TestTurns(t *testing.T) {
	eachPattern(t, func(t *testing.T, pattern Pattern) {
		p := newPair(t, pattern).start(t)
		for i := range pattern.Messages() {
			writer, reader := p.sides(i)
			if _, err := reader.Write(nil, nil); !errors.Is(err, ErrTurn) {
				t.Errorf("message %d: Write of the reader: %v, want ErrTurn", i, err)
			}
			if _, err := writer.Read(make([]byte, 200)); !errors.Is(err, ErrTurn) {
				t.Errorf("message %d: Read of the writer: %v, want ErrTurn", i, err)
			}
			if _, _, err := writer.Protectors(AES256GCM); err == nil {
				t.Errorf("message %d: Protectors before the end", i)
			}
			p.upTo(t, i+1)
		}
		for _, s := range []*State{p.i, p.r} {
			if _, err := s.Write(nil, nil); !errors.Is(err, ErrTurn) {
				t.Errorf("Write after the end: %v, want ErrTurn", err)
			}
			if _, err := s.Read(p.messages[0]); !errors.Is(err, ErrTurn) {
				t.Errorf("Read after the end: %v, want ErrTurn", err)
			}
		}
		p.finish(t)
	})
}

func TestProtectorsErrors(t *testing.T) {
	p := newPair(t, IK).start(t).upTo(t, 2)
	if _, _, err := p.i.Protectors(0); err == nil {
		t.Error("Protectors(0) succeeds")
	}
	p.finish(t) // an unknown suite did not use the keys up
	if _, _, err := p.i.Protectors(ChaCha20Poly1305); !errors.Is(err, errKeysTaken) {
		t.Errorf("second Protectors: %v, want %v", err, errKeysTaken)
	}
}

func TestNewErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		pattern Pattern
		change  func(*Params)
	}{
		{"pattern", IK, func(p *Params) { p.Pattern = 0 }},
		{"random", IK, func(p *Params) { p.Random = nil }},
		{"static", XX, func(p *Params) { p.Static = KeyPair{} }},
		{"static private", XX, func(p *Params) { p.Static.Private = [32]byte{} }},
		{"static mismatch", XX, func(p *Params) { p.Static.Public[0] ^= 1 }},
		{"IK without peer", IK, func(p *Params) { p.PeerStatic = [32]byte{} }},
		{"IK low order peer", IK, func(p *Params) { p.PeerStatic = lowOrderPoints[2] }},
		{"IK responder with peer", IK, func(p *Params) { p.Initiator = false }},
		{"IK with shared secret", IK, func(p *Params) { p.Shared = Seed{1} }},
		{"NNpsk0 without", NNpsk0, func(p *Params) { p.Shared = Seed{} }},
		{"NNpsk0 with peer", NNpsk0, func(p *Params) { p.PeerStatic = p.Static.Public }},
		{"XX with peer", XX, func(p *Params) { p.PeerStatic = p.Static.Public }},
	} {
		t.Run(test.name, func(t *testing.T) {
			params := newPair(t, test.pattern).initiator
			test.change(&params)
			if s, err := New(params); err == nil || s != nil {
				t.Errorf("New = %v, %v, want an error", s, err)
			}
		})
	}
}

func TestPayloadTooLong(t *testing.T) {
	p := newPair(t, IK).start(t)
	if _, err := p.i.Write(nil, make([]byte, 65535-96+1)); err == nil {
		t.Error("Write takes a message of 65,536 bytes")
	}
	if m, err := p.i.Write(nil, make([]byte, 65535-96)); err != nil || len(m) != 65535 {
		t.Errorf("Write = %d bytes, %v, want 65535", len(m), err)
	}
}
