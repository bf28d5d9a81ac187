package handshake

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

var (
	errNotDone   = errors.New("handshake: not finished")
	errKeysTaken = errors.New("handshake: Protectors was called before")
)

// Protectors returns the protection of the packets that this side sends and
// receives from now on, under the suite the two ends agreed on.
//
// The keys depend on fresh randomness of both ends, on every byte of the
// transcript and on the suite. Protectors succeeds once: a second pair under
// the same keys would start again at packet number 0, and repeat nonces.
func (s *State) Protectors(suite Suite) (send, receive Protector, err error) {
	if !s.Done() {
		return nil, nil, errNotDone
	}
	if s.taken {
		return nil, nil, errKeysTaken
	}
	fromInitiator, err := s.split.protector(suite, s.split.initiator)
	if err != nil {
		return nil, nil, err
	}
	fromResponder, err := s.split.protector(suite, s.split.responder)
	if err != nil {
		return nil, nil, err
	}
	s.taken = true
	clear(s.split.initiator[:])
	clear(s.split.responder[:])
	if s.params.Initiator {
		return fromInitiator, fromResponder, nil
	}
	return fromResponder, fromInitiator, nil
}

func (s *split) protector(suite Suite, secret [KeyLen]byte) (*aead, error) {
	key, iv, err := deriveKeys(suite, secret[:], s.hash)
	if err != nil {
		return nil, err
	}
	return newAEAD(suite, key, iv)
}

// deriveKeys turns the Noise key of one direction into a packet key and IV with
// HKDF-SHA256 (RFC 5869). The transcript's hash is the salt, because Noise's
// own keys come from the Diffie-Hellman results alone and do not cover the
// payloads, in which the suite was agreed.
func deriveKeys(suite Suite, secret, transcript []byte) (key, iv []byte, err error) {
	prk, err := hkdf.Extract(sha256.New, secret, transcript)
	if err != nil {
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	label := "reckon v1 " + suite.String()
	if key, err = hkdf.Expand(sha256.New, prk, label+" key", KeyLen); err != nil {
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	if iv, err = hkdf.Expand(sha256.New, prk, label+" iv", ivLen); err != nil {
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	return key, iv, nil
}
