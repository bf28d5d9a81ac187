package handshake

import (
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/flynn/noise"
	"golang.org/x/crypto/blake2s"
)

// A Pattern is a Noise handshake pattern. Its values are on the wire: append
// new ones, never renumber.
type Pattern uint8

const (
	// IK is Noise_IK_25519_ChaChaPoly_BLAKE2s, for an initiator who knows the
	// responder's static key: two messages.
	IK Pattern = 1
	// XX is Noise_XX_25519_ChaChaPoly_BLAKE2s, for an initiator who does not:
	// three messages, and the key that comes out must be looked at by someone.
	XX Pattern = 2
	// NNpsk0 is Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s, for two who share a
	// secret: two messages. Its first can be read and written by whoever has
	// the secret, and costs its reader no public-key operation to refuse.
	NNpsk0 Pattern = 3
)

// String returns the name of the pattern in the Noise specification.
func (p Pattern) String() string {
	switch p {
	case IK:
		return "IK"
	case XX:
		return "XX"
	case NNpsk0:
		return "NNpsk0"
	}
	return fmt.Sprintf("Pattern(%d)", uint8(p))
}

// Messages returns how many messages the handshake has; 0 for an unknown
// pattern. The initiator writes the first, and they alternate.
func (p Pattern) Messages() int {
	switch p {
	case IK, NNpsk0:
		return 2
	case XX:
		return 3
	}
	return 0
}

// Overhead returns how many bytes message number i, counted from 0, is longer
// than its payload; 0 if there is no such message. (e is an ephemeral key, s an
// encrypted static key, t the payload's tag.)
//
//	         0             1             2
//	IK       96 (e+s+t)    48 (e+t)      –
//	XX       32 (e)        96 (e+s+t)    64 (s+t)
//	NNpsk0   48 (e+t)      48 (e+t)      –
func (p Pattern) Overhead(i int) int {
	const e, s, t = 32, 32 + 16, 16
	switch {
	case p == IK && i == 0, p == XX && i == 1:
		return e + s + t
	case p == IK && i == 1, p == NNpsk0 && (i == 0 || i == 1):
		return e + t
	case p == XX && i == 0:
		return e
	case p == XX && i == 2:
		return s + t
	}
	return 0
}

var (
	// ErrMessage reports a handshake message that is malformed, was tampered
	// with, or was made with other keys or another prologue. The State is as
	// it was before the message.
	ErrMessage = errors.New("handshake: message does not belong to this handshake")

	// ErrTurn reports a Write where a Read was due, the reverse, or either
	// after the end. The State is unchanged.
	ErrTurn = errors.New("handshake: not this side's turn")
)

// Params are the inputs of one handshake. All of them are required except
// Parsed, PeerStatic, Shared and Prologue.
type Params struct {
	Pattern   Pattern
	Initiator bool

	// Static is this side's long-lived key pair. NNpsk0 does not use it.
	Static KeyPair

	// Parsed is Static parsed. If zero, New parses it.
	Parsed StaticKey

	// Shared is the secret that both sides have: required for NNpsk0 and an
	// error elsewhere.
	Shared Seed

	// PeerStatic is the responder's pinned key: required for the initiator of
	// IK and an error elsewhere, because nothing there would enforce it.
	PeerStatic [KeyLen]byte

	// Prologue is what both sides must agree on for the handshake to succeed.
	Prologue []byte

	// Random is read for exactly 32 bytes, the ephemeral key, during this
	// side's first Write; nothing else here is random.
	Random io.Reader
}

// A State is one side of one handshake. It is made by New and is not safe for
// concurrent use.
//
// What a payload is protected by depends on the message (Noise specification,
// section 7.7): the first message of XX is in the clear; the first of IK is
// secret as long as the responder's static key is, and can be replayed, so it
// must not have effects that a replay would repeat. A responder knows that the
// initiator is alive, and not a replay, only when it has read the third message
// of XX, or after IK opened a first transport packet.
type State struct {
	params Params
	noise  noise.HandshakeState
	index  int // of the next message
	split  *split
	taken  bool // Protectors has given the keys away
}

// A split is what a finished handshake leaves.
type split struct {
	hash      []byte       // of the transcript
	initiator [KeyLen]byte // key of the initiator's direction
	responder [KeyLen]byte
}

// New starts a handshake. It keeps p.Random and copies the rest.
func New(p Params) (*State, error) {
	if p.Pattern.Messages() == 0 {
		return nil, fmt.Errorf("handshake: unknown pattern %d", p.Pattern)
	}
	if p.Random == nil {
		// flynn/noise would take crypto/rand, and a seeded run would not
		// repeat.
		return nil, errors.New("handshake: Params.Random is nil")
	}
	pinned := p.Pattern == IK && p.Initiator
	if !pinned && p.PeerStatic != [KeyLen]byte{} {
		return nil, errors.New("handshake: Params.PeerStatic is only for the initiator of IK")
	}
	if (p.Pattern == NNpsk0) != (p.Shared != Seed{}) {
		return nil, errors.New("handshake: Params.Shared is for NNpsk0, and needed there")
	}
	if p.Pattern == NNpsk0 {
		return newState(p, &x25519{})
	}
	if p.Parsed == (StaticKey{}) {
		var err error
		if p.Parsed, err = p.Static.Parse(); err != nil {
			return nil, fmt.Errorf("handshake: Params.Static: %w", err)
		}
	}
	dh := &x25519{static: p.Parsed.private}
	if pinned {
		if _, err := dh.DH(p.Static.Private[:], p.PeerStatic[:]); err != nil {
			return nil, fmt.Errorf("handshake: Params.PeerStatic: %w", err)
		}
	}
	return newState(p, dh)
}

func newState(p Params, dh *x25519) (*State, error) {
	config := noise.Config{
		CipherSuite:   noise.NewCipherSuite(dh, noise.CipherChaChaPoly, blake2sHash{}),
		Random:        p.Random,
		Pattern:       noise.HandshakeXX,
		Initiator:     p.Initiator,
		Prologue:      p.Prologue,
		StaticKeypair: noise.DHKey{Private: p.Static.Private[:], Public: p.Static.Public[:]},
	}
	switch {
	case p.Pattern == NNpsk0:
		config.Pattern, config.StaticKeypair = noise.HandshakeNN, noise.DHKey{}
		config.PresharedKey, config.PresharedKeyPlacement = p.Shared[:], 0
	case p.Pattern == IK:
		config.Pattern = noise.HandshakeIK
		if p.Initiator {
			config.PeerStatic = p.PeerStatic[:]
		}
	}
	hs, err := noise.NewHandshakeState(config)
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	return &State{params: p, noise: *hs}, nil
}

// Write appends the next handshake message, which carries payload. If it fails,
// the State is as it was and dst's elements are unchanged; it fails when the
// peer's ephemeral key was of low order.
//
// A message is written once: to send it again, the caller keeps the bytes.
func (s *State) Write(dst, payload []byte) ([]byte, error) {
	if !s.turn(true) {
		return dst, ErrTurn
	}
	if len(payload)+s.Overhead(s.index) > noise.MaxMsgLen {
		return dst, fmt.Errorf("handshake: payload of %d bytes is too long", len(payload))
	}
	trial := s.noise
	out, c1, c2, err := trial.WriteMessage(dst, payload)
	if err != nil {
		return dst, fmt.Errorf("handshake: %w", err)
	}
	s.commit(trial, c1, c2)
	return out, nil
}

// Read takes the peer's next handshake message and returns its payload, which
// is the caller's to keep. If it fails with ErrMessage, the State is as it was:
// a forged message does not end a handshake, and the true one is still good.
func (s *State) Read(message []byte) (payload []byte, err error) {
	if !s.turn(false) {
		return nil, ErrTurn
	}
	if len(message) > noise.MaxMsgLen || len(message) < s.Overhead(s.index) {
		return nil, ErrMessage
	}
	trial := s.noise
	payload, c1, c2, err := trial.ReadMessage(nil, message)
	if err != nil {
		return nil, ErrMessage
	}
	s.commit(trial, c1, c2)
	return payload, nil
}

// Done reports whether the last message was written or read.
func (s *State) Done() bool { return s.split != nil }

// PeerStatic returns the peer's static key, or zeros while it is unknown. It is
// proven to be the peer's in the initiator of XX after reading message 1, in
// the responder of XX after message 2, in the initiator of IK after message 1,
// and in the responder of IK after message 0 (where it may be a replay).
func (s *State) PeerStatic() (key [KeyLen]byte) {
	copy(key[:], s.noise.PeerStatic())
	return key
}

// Overhead returns Pattern.Overhead of the handshake's pattern.
func (s *State) Overhead(message int) int { return s.params.Pattern.Overhead(message) }

// turn reports whether the next step is a write (or else a read) of this side.
func (s *State) turn(write bool) bool {
	initiators := s.index%2 == 0
	return !s.Done() && (initiators == s.params.Initiator) == write
}

// commit makes the outcome of a successful step the state. See blake2sHash.
func (s *State) commit(next noise.HandshakeState, c1, c2 *noise.CipherState) {
	s.noise = next
	s.index++
	if c1 == nil {
		return
	}
	s.split = &split{
		hash:      next.ChannelBinding(),
		initiator: c1.UnsafeKey(),
		responder: c2.UnsafeKey(),
	}
}

// blake2sHash is noise.HashBLAKE2s with one difference: Sum never writes into
// the array it is given.
//
// flynn/noise v1.1.0 rolls a failed message back by restoring its hash and its
// chaining key, but not the cipher key, the nonce or the peer's static key, and
// not at all when the message is short or holds a point of low order. In the
// third message of XX a good static key before a bad payload is enough to kill
// the handshake for good. So every step runs on a copy of the HandshakeState
// which is thrown away if it fails. The struct's hash and chaining key are
// slices that the library updates in place with hash.Sum; with this Sum they
// become values never written after they are made, and a plain copy of the
// struct is a true copy. TestReadFailureLeavesNoTrace holds this against every
// flipped byte and every truncation of every message.
type blake2sHash struct{}

func (blake2sHash) HashName() string { return "BLAKE2s" }

func (blake2sHash) Hash() hash.Hash {
	h, err := blake2s.New256(nil)
	if err != nil {
		panic("handshake: BUG: " + err.Error()) // only a key can be wrong
	}
	return freshSum{h}
}

type freshSum struct{ hash.Hash }

func (h freshSum) Sum(b []byte) []byte { return h.Hash.Sum(b[:len(b):len(b)]) }
