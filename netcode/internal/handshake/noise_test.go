package handshake

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestHandshake(t *testing.T) {
	eachPattern(t, func(t *testing.T, p Pattern) {
		newPair(t, p).start(t).finish(t)
	})
}

func TestHandshakeWithoutPayloads(t *testing.T) {
	eachPattern(t, func(t *testing.T, pattern Pattern) {
		p := newPair(t, pattern).start(t)
		for i := range pattern.Messages() {
			writer, reader := p.sides(i)
			m, err := writer.Write(nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.messages = append(p.messages, m)
			payload, err := reader.Read(m)
			if err != nil || len(payload) != 0 {
				t.Fatalf("message %d: Read = %q, %v", i, payload, err)
			}
		}
		p.finish(t)
	})
}

func TestOverhead(t *testing.T) {
	eachMessage(t, func(t *testing.T, pattern Pattern, i int) {
		p := newPair(t, pattern).start(t).upTo(t, i)
		writer, _ := p.sides(i)
		for _, n := range []int{0, 1, 500} {
			// A failed or repeated write must not matter: work on a copy.
			trial := *writer
			m, err := trial.Write([]byte("before"), make([]byte, n))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(m, []byte("before")) {
				t.Errorf("Write does not append: %q", m)
			}
			if got, want := len(m)-len("before")-n, writer.Overhead(i); got != want {
				t.Errorf("payload of %d bytes: message is %d bytes longer, Overhead(%d) = %d", n, got, i, want)
			}
		}
	})
	for _, p := range []Pattern{0, IK, XX, NNpsk0, 4} {
		if got := p.Overhead(p.Messages()); got != 0 {
			t.Errorf("%v: Overhead after the last message = %d, want 0", p, got)
		}
		if got := p.Overhead(-1); got != 0 {
			t.Errorf("%v: Overhead(-1) = %d, want 0", p, got)
		}
	}
}

// TestReadFailureLeavesNoTrace holds every flipped byte and every truncation of
// every message against a State, then finishes the handshake with it. What
// flynn/noise alone does with these is described at blake2sHash.
func TestReadFailureLeavesNoTrace(t *testing.T) {
	eachMessage(t, func(t *testing.T, pattern Pattern, i int) {
		p := newPair(t, pattern).start(t).upTo(t, i)
		good := p.write(t)
		_, reader := p.sides(i)
		bad := func(name string, at int, m []byte) {
			t.Helper()
			if payload, err := reader.Read(m); !errors.Is(err, ErrMessage) {
				t.Errorf("%s at %d: Read = %q, %v, want ErrMessage", name, at, payload, err)
			}
			if reader.PeerStatic() != [32]byte{} && pattern == XX {
				t.Errorf("%s at %d: PeerStatic is set after a bad message", name, at)
			}
		}
		// The first message of XX has no authentication: only its length can
		// be wrong. What happens to the rest shows in the second message.
		authenticated := pattern != XX || i > 0
		if authenticated {
			for at := range good {
				m := bytes.Clone(good)
				m[at] ^= 1 << (at % 8)
				bad("flip", at, m)
			}
			bad("extension", len(good), append(bytes.Clone(good), 0))
			bad("zero ephemeral", 0, append(make([]byte, 32), good[min(32, len(good)):]...))
		}
		for n := range good {
			if authenticated || n < 32 {
				bad("truncation", n, good[:n])
			}
		}
		bad("empty", 0, nil)
		bad("too long", 0, make([]byte, 65536))
		p.read(t)
		p.finish(t)
	})
}

// TestIgnoredBitOfPointIsAuthenticated: X25519 masks bit 255 of a point, so that
// only the transcript's hash notices a change of it.
func TestIgnoredBitOfPointIsAuthenticated(t *testing.T) {
	p := newPair(t, IK).start(t)
	m := p.write(t)
	m[31] ^= 0x80
	if _, err := p.r.Read(m); !errors.Is(err, ErrMessage) {
		t.Errorf("Read = %v, want ErrMessage", err)
	}
	m[31] ^= 0x80
	p.read(t)
	p.finish(t)
}

// TestTamperedCleartextIsNoticed: the first message of XX can be changed on the
// way, but the initiator then refuses the second.
func TestTamperedCleartextIsNoticed(t *testing.T) {
	for at := range len(newPair(t, XX).start(t).write(t)) {
		p := newPair(t, XX).start(t)
		m := bytes.Clone(p.write(t))
		m[at] ^= 1
		if _, err := p.r.Read(m); err != nil {
			t.Fatalf("byte %d: Read: %v", at, err)
		}
		m, err := p.r.Write(nil, nil)
		if err != nil {
			t.Fatalf("byte %d: Write: %v", at, err)
		}
		if _, err := p.i.Read(m); !errors.Is(err, ErrMessage) {
			t.Errorf("byte %d: Read of the answer = %v, want ErrMessage", at, err)
		}
	}
}

// TestLowOrderEphemeral: nothing can be agreed with a point of low order. In the
// first message of XX the responder finds out when it answers.
func TestLowOrderEphemeral(t *testing.T) {
	for _, point := range lowOrderPoints {
		p := newPair(t, XX).start(t)
		if _, err := p.r.Read(point[:]); err != nil {
			t.Fatalf("%x: Read: %v", point, err)
		}
		if m, err := p.r.Write([]byte("before"), nil); err == nil || string(m) != "before" {
			t.Errorf("%x: Write = %q, %v, want an error", point, m, err)
		}
		if p.r.Done() {
			t.Errorf("%x: Done", point)
		}
	}
}

// A countingReader counts the bytes drawn through it.
type countingReader struct {
	io.Reader
	n int
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += n
	return n, err
}

// TestRandomnessIsExact: each side draws 32 bytes, in its first Write, and two
// runs with the same bytes are the same. So nothing else is drawn anywhere.
func TestRandomnessIsExact(t *testing.T) {
	eachPattern(t, func(t *testing.T, pattern Pattern) {
		var runs [2]*pair
		for k := range runs {
			p := newPair(t, pattern)
			ri := &countingReader{Reader: p.initiator.Random}
			rr := &countingReader{Reader: p.responder.Random}
			p.initiator.Random, p.responder.Random = ri, rr
			p.start(t)
			if ri.n != 0 || rr.n != 0 {
				t.Errorf("New draws %d and %d bytes", ri.n, rr.n)
			}
			p.upTo(t, 1)
			if ri.n != 32 || rr.n != 0 {
				t.Errorf("after message 0: %d and %d bytes drawn, want 32 and 0", ri.n, rr.n)
			}
			p.finish(t)
			if ri.n != 32 || rr.n != 32 {
				t.Errorf("at the end: %d and %d bytes drawn, want 32 and 32", ri.n, rr.n)
			}
			runs[k] = p
		}
		for i := range runs[0].messages {
			if a, b := runs[0].messages[i], runs[1].messages[i]; !bytes.Equal(a, b) {
				t.Errorf("message %d differs between runs:\n%x\n%x", i, a, b)
			}
		}
	})
}

// TestWriteFailureLeavesNoTrace: a random source that fails once.
func TestWriteFailureLeavesNoTrace(t *testing.T) {
	eachPattern(t, func(t *testing.T, pattern Pattern) {
		p := newPair(t, pattern)
		p.initiator.Random = io.MultiReader(&failOnce{}, p.initiator.Random)
		p.start(t)
		if m, err := p.i.Write([]byte("before"), nil); err == nil || string(m) != "before" {
			t.Fatalf("Write = %q, %v, want an error", m, err)
		}
		p.finish(t)
	})
}

type failOnce struct{ failed bool }

func (r *failOnce) Read([]byte) (int, error) {
	if r.failed {
		return 0, io.EOF // MultiReader goes on to the next
	}
	r.failed = true
	return 0, errors.New("no entropy yet")
}

func TestStrings(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{IK.String(), "IK"},
		{XX.String(), "XX"},
		{NNpsk0.String(), "NNpsk0"},
		{Pattern(9).String(), "Pattern(9)"},
		{ChaCha20Poly1305.String(), "chacha20poly1305"},
		{AES256GCM.String(), "aes256gcm"},
		{Suite(9).String(), "Suite(9)"},
	} {
		if test.got != test.want {
			t.Errorf("String() = %q, want %q", test.got, test.want)
		}
	}
}
