package handshake

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/curve25519"
)

// KeyLen is the length in bytes of a Curve25519 private or public key.
const KeyLen = 32

// A KeyPair is a Curve25519 key pair (RFC 7748).
type KeyPair struct {
	Private, Public [KeyLen]byte
}

var (
	errNoKey       = errors.New("handshake: key is all zero")
	errKeyMismatch = errors.New("handshake: public key does not belong to the private key")
)

// GenerateKeyPair returns a key pair made of exactly 32 bytes of random.
//
// It does not use crypto/ecdh's GenerateKey, which since Go 1.26 ignores its
// reader: keys of a run in virtual time must come from the run's seed.
func GenerateKeyPair(random io.Reader) (KeyPair, error) {
	var k KeyPair
	if random == nil {
		return k, errors.New("handshake: GenerateKeyPair needs a random source")
	}
	if _, err := io.ReadFull(random, k.Private[:]); err != nil {
		return KeyPair{}, fmt.Errorf("handshake: reading random bytes: %w", err)
	}
	public, err := publicKey(k.Private)
	if err != nil {
		return KeyPair{}, err
	}
	k.Public = public
	return k, nil
}

// Check returns an error unless k holds a private key and the public key that
// belongs to it. It costs a scalar multiplication: call it when a configuration
// is read, not for every handshake.
func (k KeyPair) Check() error {
	public, err := publicKey(k.Private)
	if err != nil {
		return err
	}
	if public != k.Public {
		return errKeyMismatch
	}
	return nil
}

// publicKey refuses the zero key, which is a field left unset or a random
// source that returns zeros, and in neither case a secret.
func publicKey(private [KeyLen]byte) (public [KeyLen]byte, err error) {
	if private == [KeyLen]byte{} {
		return public, errNoKey
	}
	p, err := curve25519.X25519(private[:], curve25519.Basepoint)
	if err != nil {
		return public, fmt.Errorf("handshake: private key: %w", err)
	}
	return [KeyLen]byte(p), nil
}

// checkPeer refuses the points of low order, zero among them, with which every
// shared secret is zero (RFC 7748, section 6.1).
func checkPeer(own, peer [KeyLen]byte) error {
	if _, err := curve25519.X25519(own[:], peer[:]); err != nil {
		return fmt.Errorf("handshake: peer's static key: %w", err)
	}
	return nil
}
