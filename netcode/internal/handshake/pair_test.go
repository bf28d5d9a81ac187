package handshake

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// seeded returns a random source that repeats.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func mustKeyPair(t testing.TB, seed byte) KeyPair {
	t.Helper()
	k, err := GenerateKeyPair(seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A pair is both ends of a handshake. A test changes the parameters, then calls
// start.
type pair struct {
	initiator, responder Params
	i, r                 *State
	messages             [][]byte // as written so far
}

func newPair(t testing.TB, pattern Pattern) *pair {
	t.Helper()
	p := &pair{
		initiator: Params{
			Pattern: pattern, Initiator: true, Static: mustKeyPair(t, 1),
			Prologue: []byte("prologue"), Random: seeded(3),
		},
		responder: Params{
			Pattern: pattern, Static: mustKeyPair(t, 2),
			Prologue: []byte("prologue"), Random: seeded(4),
		},
	}
	switch pattern {
	case IK:
		p.initiator.PeerStatic = p.responder.Static.Public
	case NNpsk0:
		p.initiator.Shared, p.responder.Shared = Seed{9}, Seed{9}
	}
	return p
}

func (p *pair) start(t testing.TB) *pair {
	t.Helper()
	var err error
	if p.i, err = New(p.initiator); err != nil {
		t.Fatal(err)
	}
	if p.r, err = New(p.responder); err != nil {
		t.Fatal(err)
	}
	return p
}

// startImpostor is start with public keys that need not be their owners': New
// would notice.
func (p *pair) startImpostor(t testing.TB) *pair {
	t.Helper()
	start := func(params Params) *State {
		if params.Pattern == NNpsk0 {
			s, err := newState(params, &x25519{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		private, err := newPrivate(params.Static.Private)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newState(params, &x25519{static: private})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	p.i, p.r = start(p.initiator), start(p.responder)
	return p
}

// sides returns who writes and who reads message number i.
func (p *pair) sides(i int) (writer, reader *State) {
	if i%2 == 0 {
		return p.i, p.r
	}
	return p.r, p.i
}

func testPayload(i int) []byte { return fmt.Appendf(nil, "payload %d", i) }

// write writes the next message without delivering it.
func (p *pair) write(t testing.TB) []byte {
	t.Helper()
	i := len(p.messages)
	writer, _ := p.sides(i)
	m, err := writer.Write(nil, testPayload(i))
	if err != nil {
		t.Fatalf("message %d: Write: %v", i, err)
	}
	p.messages = append(p.messages, m)
	return m
}

// read delivers the last message written.
func (p *pair) read(t testing.TB) {
	t.Helper()
	i := len(p.messages) - 1
	_, reader := p.sides(i)
	got, err := reader.Read(p.messages[i])
	if err != nil {
		t.Fatalf("message %d: Read: %v", i, err)
	}
	if want := testPayload(i); !bytes.Equal(got, want) {
		t.Fatalf("message %d: payload %q, want %q", i, got, want)
	}
}

// upTo exchanges messages until message number n is the next to be written.
func (p *pair) upTo(t testing.TB, n int) *pair {
	t.Helper()
	for len(p.messages) < n {
		p.write(t)
		p.read(t)
	}
	return p
}

// finish exchanges what is left and checks that the two ends agree on keys.
func (p *pair) finish(t testing.TB) {
	t.Helper()
	p.upTo(t, p.initiator.Pattern.Messages())
	if !p.i.Done() || !p.r.Done() {
		t.Fatalf("Done() = %t, %t after the last message", p.i.Done(), p.r.Done())
	}
	if p.initiator.Pattern == NNpsk0 {
		p.initiator.Static.Public, p.responder.Static.Public = [KeyLen]byte{}, [KeyLen]byte{} // nobody shows one
	}
	if got := p.i.PeerStatic(); got != p.responder.Static.Public {
		t.Errorf("initiator: PeerStatic() = %x, want %x", got, p.responder.Static.Public)
	}
	if got := p.r.PeerStatic(); got != p.initiator.Static.Public {
		t.Errorf("responder: PeerStatic() = %x, want %x", got, p.initiator.Static.Public)
	}
	is, ir := p.protectors(t, p.i, ChaCha20Poly1305)
	rs, rr := p.protectors(t, p.r, ChaCha20Poly1305)
	checkCrossing(t, is, rr)
	checkCrossing(t, rs, ir)
}

func (p *pair) protectors(t testing.TB, s *State, suite Suite) (send, receive Protector) {
	t.Helper()
	send, receive, err := s.Protectors(suite)
	if err != nil {
		t.Fatal(err)
	}
	return send, receive
}

func checkCrossing(t testing.TB, seal, open Protector) {
	t.Helper()
	header, plaintext := []byte("header"), []byte("plaintext")
	sealed := seal.Seal(nil, header, plaintext, 7)
	if got := len(sealed) - len(plaintext); got != seal.Overhead() {
		t.Errorf("Seal adds %d bytes, Overhead() = %d", got, seal.Overhead())
	}
	got, err := open.Open(nil, header, sealed, 7)
	if err != nil || !bytes.Equal(got, plaintext) {
		t.Errorf("Open = %q, %v, want %q", got, err, plaintext)
	}
}

func eachPattern(t *testing.T, f func(t *testing.T, p Pattern)) {
	for _, p := range []Pattern{IK, XX, NNpsk0} {
		t.Run(p.String(), func(t *testing.T) { f(t, p) })
	}
}

// eachMessage runs f for every position of every pattern.
func eachMessage(t *testing.T, f func(t *testing.T, p Pattern, i int)) {
	eachPattern(t, func(t *testing.T, p Pattern) {
		for i := range p.Messages() {
			t.Run(fmt.Sprint(i), func(t *testing.T) { f(t, p, i) })
		}
	})
}
