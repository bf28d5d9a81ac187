package handshake

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
)

// The tests of this file keep old faults of other protocols out of ours.

// TestNonceReuseAfterRestart: netcode's keys came with a token, and a server that
// restarted counted its packets from the same number again under the same keys
// (netcode, IMPLEMENTERS.md and issue 165). Here a server restarts with the same
// static key, and somebody plays it the same first message; and a client starts
// again with the same static key against a server whose random source repeats.
// All keys differ.
func TestNonceReuseAfterRestart(t *testing.T) {
	eachPattern(t, func(t *testing.T, pattern Pattern) {
		run := func(initiator, responder byte) [2][]byte {
			p := newPair(t, pattern)
			p.initiator.Random, p.responder.Random = seeded(initiator), seeded(responder)
			p.start(t).upTo(t, pattern.Messages())
			up, _ := p.protectors(t, p.i, AES256GCM)
			down, _ := p.protectors(t, p.r, AES256GCM)
			return [2][]byte{up.Seal(nil, nil, []byte("plaintext"), 0), down.Seal(nil, nil, []byte("plaintext"), 0)}
		}
		runs := map[string][2][]byte{
			"first":            run(10, 11),
			"server restarted": run(10, 12),
			"client restarted": run(13, 11),
		}
		if again := run(10, 11); !bytes.Equal(again[0], runs["first"][0]) {
			t.Fatal("the comparison proves nothing: equal runs differ")
		}
		seen := map[string]string{}
		for name, packets := range runs {
			for direction, sealed := range packets {
				if other, ok := seen[string(sealed)]; ok {
					t.Errorf("%s, direction %d: same packet as %s", name, direction, other)
				}
				seen[string(sealed)] = name
			}
		}
	})
}

// TestKeysGivenOnce: two Protectors of one direction would both begin at packet
// number 0.
func TestKeysGivenOnce(t *testing.T) {
	p := newPair(t, IK).start(t).upTo(t, 2)
	p.protectors(t, p.i, AES256GCM)
	for _, suite := range suites {
		if s, r, err := p.i.Protectors(suite); !errors.Is(err, errKeysTaken) || s != nil || r != nil {
			t.Errorf("Protectors(%v) again = %v, %v, %v, want %v", suite, s, r, err, errKeysTaken)
		}
	}
	if p.i.split.initiator != [32]byte{} || p.i.split.responder != [32]byte{} {
		t.Error("the Noise keys are still there")
	}
}

// TestGCMNoncesAreNeverRandom: pion/dtls drew random nonces for GCM, which repeat
// by the birthday bound (CVE-2026-26014). Ours are a function of the number that
// has no collisions, whatever the IV.
func TestGCMNoncesAreNeverRandom(t *testing.T) {
	iv := make([]byte, ivLen)
	if _, err := rand.Read(iv); err != nil {
		t.Fatal(err)
	}
	a, err := newAEAD(AES256GCM, make([]byte, KeyLen), iv)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[ivLen]byte]uint64{}
	use := func(number uint64) {
		t.Helper()
		a.setNonce(number)
		if other, ok := seen[a.nonce]; ok {
			t.Errorf("numbers %d and %d have nonce %x", other, number, a.nonce)
		}
		seen[a.nonce] = number
		first := a.Seal(nil, nil, []byte("plaintext"), number)
		if again := a.Seal(nil, nil, []byte("plaintext"), number); !bytes.Equal(first, again) {
			t.Errorf("number %d: Seal differs from call to call", number)
		}
	}
	for number := range uint64(1000) {
		use(number)
	}
	for bit := range 54 {
		use(1 << (bit + 10))
		use(^uint64(0) - 1<<(bit+9))
	}
	if a.iv != [ivLen]byte(iv) {
		t.Errorf("the IV has changed: %x, want %x", a.iv, iv)
	}
}

// TestStaticKeyIsProven: pion/dtls did not check that the peer's certificate
// belonged to the key it signed with (CVE-2022-29222), and GameNetworkingSockets
// had a way around certificates (commit e57ad38). An impostor here knows a public
// key and not its private one.
func TestStaticKeyIsProven(t *testing.T) {
	victim := mustKeyPair(t, 20).Public
	for _, test := range []struct {
		name    string
		pattern Pattern
		change  func(*pair)
		refused int
	}{
		{"IK, impostor of the server", IK, func(p *pair) { p.initiator.PeerStatic = victim; p.responder.Static.Public = victim }, 0},
		{"IK, impostor of a client", IK, func(p *pair) { p.initiator.Static.Public = victim }, 0},
		{"XX, impostor of the server", XX, func(p *pair) { p.responder.Static.Public = victim }, 1},
		{"XX, impostor of a client", XX, func(p *pair) { p.initiator.Static.Public = victim }, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, test.pattern)
			test.change(p)
			p.startImpostor(t).upTo(t, test.refused)
			_, reader := p.sides(test.refused)
			if _, err := reader.Read(p.write(t)); !errors.Is(err, ErrMessage) {
				t.Errorf("Read(message %d) = %v, want ErrMessage", test.refused, err)
			}
			if test.pattern == XX && reader.PeerStatic() != [32]byte{} {
				t.Errorf("PeerStatic() = %x after the impostor's message", reader.PeerStatic())
			}
		})
	}
}

// TestServerWithoutPinnedKeyCannotAnswer: a server that goes on regardless, with
// a first message it made up itself, still has no answer the client takes.
func TestServerWithoutPinnedKeyCannotAnswer(t *testing.T) {
	p := newPair(t, IK).start(t)
	p.write(t)
	// The impostor reads a message to its own key and answers that.
	q := newPair(t, IK)
	q.responder.Static = mustKeyPair(t, 20)
	q.initiator.PeerStatic = q.responder.Static.Public
	q.start(t).upTo(t, 1)
	if _, err := p.i.Read(q.write(t)); !errors.Is(err, ErrMessage) {
		t.Errorf("Read = %v, want ErrMessage", err)
	}
	p.read(t)
	p.finish(t)
}

// TestReplayedHandshake: a recorded first message of IK opens again on the
// server, which is why its payload must be harmless; but the answer is another,
// and whoever played it has no keys.
func TestReplayedHandshake(t *testing.T) {
	p := newPair(t, IK).start(t).upTo(t, 2)
	q := newPair(t, IK)
	q.responder.Random = seeded(30)
	q.start(t)
	if _, err := q.r.Read(p.messages[0]); err != nil {
		t.Fatal(err)
	}
	answer, err := q.r.Write(nil, testPayload(1))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(answer, p.messages[1]) {
		t.Error("the answer to a replay is the old one")
	}
	_, receive := q.protectors(t, q.r, ChaCha20Poly1305)
	send, _ := p.protectors(t, p.i, ChaCha20Poly1305)
	if _, err := receive.Open(nil, nil, send.Seal(nil, nil, []byte("recorded"), 0), 0); !errors.Is(err, ErrOpen) {
		t.Errorf("Open of a recorded packet = %v, want ErrOpen", err)
	}
}

// TestForgedSecondMessage: anyone can send a client a second message. Thousands
// of them do not end the handshake.
func TestForgedSecondMessage(t *testing.T) {
	eachPattern(t, func(t *testing.T, pattern Pattern) {
		p := newPair(t, pattern).start(t).upTo(t, 1)
		good := p.write(t)
		forged := make([]byte, len(good))
		random := seeded(50)
		for range 200 {
			if _, err := random.Read(forged); err != nil {
				t.Fatal(err)
			}
			if _, err := p.i.Read(forged); !errors.Is(err, ErrMessage) {
				t.Fatalf("Read = %v, want ErrMessage", err)
			}
			copy(forged, good[:32]) // with the true ephemeral key
			if _, err := p.i.Read(forged); !errors.Is(err, ErrMessage) {
				t.Fatalf("Read = %v, want ErrMessage", err)
			}
		}
		p.read(t)
		p.finish(t)
	})
}

// TestLengthsOfSealedPackets: GameNetworkingSockets trusted lengths of
// ciphertexts (CVE-2020-6018). Every length below and around the tag, and one
// far above a datagram, is refused.
func TestLengthsOfSealedPackets(t *testing.T) {
	eachProtector(t, func(t *testing.T, _, open Protector) {
		for _, n := range []int{0, 1, 3, 4, 5, 15, 16, 17, 1 << 16, 1 << 20} {
			for _, header := range [][]byte{nil, make([]byte, 1), make([]byte, 1<<16)} {
				if _, err := open.Open(nil, header, bytes.Repeat([]byte{0xff}, n), 1<<64-1); !errors.Is(err, ErrOpen) {
					t.Errorf("Open of %d bytes = %v, want ErrOpen", n, err)
				}
			}
		}
	})
}

// TestReplayCheckOverflow: an implementation of netcode compared number+window
// with newest, which wraps (netcode, IMPLEMENTERS.md; found by fuzzing).
func TestReplayCheckOverflow(t *testing.T) {
	const last = 1<<64 - 1
	var w ReplayWindow
	w.Mark(last)
	for _, test := range []struct {
		number uint64
		want   bool
	}{
		{last, false},
		{last - 1, true},
		{last - ReplayWindowLen, true},
		{last - 8191, true},
		{last - 8192, false},
		{1 << 63, false},
		{ReplayWindowLen, false},
		{0, false}, // the number after 2⁶⁴−1 is not new
	} {
		if got := w.Check(test.number); got != test.want {
			t.Errorf("Check(%d) = %t, want %t", test.number, got, test.want)
		}
		w.Mark(test.number)
	}
	if w.Check(0) || w.Check(last) {
		t.Error("marking old numbers let some in again")
	}
}

// TestForgedNumberDoesNotAdvance: only Mark moves the window, so that a number
// of a packet that does not open changes nothing.
func TestForgedNumberDoesNotAdvance(t *testing.T) {
	var w ReplayWindow
	w.Mark(5)
	before := w
	w.Check(1<<64 - 1)
	w.Check(0)
	if w != before {
		t.Error("Check changed the window")
	}
}
