package handshake

import (
	"bytes"
	"crypto/ecdh"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/flynn/noise"
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
func GenerateKeyPair(random io.Reader) (KeyPair, error) {
	if random == nil {
		return KeyPair{}, errors.New("handshake: GenerateKeyPair needs a random source")
	}
	private, err := generatePrivate(random)
	if err != nil {
		return KeyPair{}, err
	}
	return KeyPair{
		Private: [KeyLen]byte(private.Bytes()),
		Public:  [KeyLen]byte(private.PublicKey().Bytes()),
	}, nil
}

// Check returns an error unless k holds a private key and the public key that
// belongs to it.
func (k KeyPair) Check() error {
	_, err := k.private()
	return err
}

// A StaticKey is a KeyPair that was checked, for handshakes to come: the check
// multiplies a point, which is a tenth of what a server does for one. The zero
// StaticKey is none.
type StaticKey struct{ private *ecdh.PrivateKey }

// Parse checks k, as Check does, and keeps the result.
func (k KeyPair) Parse() (StaticKey, error) {
	private, err := k.private()
	return StaticKey{private}, err
}

func (k KeyPair) private() (*ecdh.PrivateKey, error) {
	private, err := newPrivate(k.Private)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(private.PublicKey().Bytes(), k.Public[:]) {
		return nil, errKeyMismatch
	}
	return private, nil
}

// generatePrivate does not use GenerateKey of crypto/ecdh, which since Go 1.26
// ignores its reader: keys of a run in virtual time come from the run's seed.
func generatePrivate(random io.Reader) (*ecdh.PrivateKey, error) {
	var b [KeyLen]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return nil, fmt.Errorf("handshake: reading random bytes: %w", err)
	}
	return newPrivate(b)
}

// newPrivate refuses the zero key, which is a field left unset or a random
// source that returns zeros, and in neither case a secret.
func newPrivate(b [KeyLen]byte) (*ecdh.PrivateKey, error) {
	if b == [KeyLen]byte{} {
		return nil, errNoKey
	}
	private, err := ecdh.X25519().NewPrivateKey(b[:])
	if err != nil {
		return nil, fmt.Errorf("handshake: private key: %w", err)
	}
	return private, nil
}

// An x25519 is noise.DH25519 for one State, at about half the price. That goes
// through curve25519.X25519, which makes a new ecdh.PrivateKey for every
// operation, and so computes its public key every time; this keeps the two
// private keys that a handshake has.
type x25519 struct {
	static    *ecdh.PrivateKey // nil in NNpsk0
	ephemeral *ecdh.PrivateKey // nil before this side's first Write
}

func (*x25519) DHLen() int     { return KeyLen }
func (*x25519) DHName() string { return "25519" }

func (x *x25519) GenerateKeypair(random io.Reader) (noise.DHKey, error) {
	private, err := generatePrivate(random)
	if err != nil {
		return noise.DHKey{}, err
	}
	x.ephemeral = private
	return noise.DHKey{Private: private.Bytes(), Public: private.PublicKey().Bytes()}, nil
}

// DH refuses the points of low order, zero among them, with which every shared
// secret is zero (RFC 7748, section 6.1).
func (x *x25519) DH(private, public []byte) ([]byte, error) {
	peer, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("handshake: peer's key: %w", err)
	}
	own := x.static
	if x.ephemeral != nil && subtle.ConstantTimeCompare(private, x.ephemeral.Bytes()) == 1 {
		own = x.ephemeral
	}
	if own == nil {
		return nil, errNoKey
	}
	secret, err := own.ECDH(peer)
	if err != nil {
		return nil, fmt.Errorf("handshake: peer's key: %w", err)
	}
	return secret, nil
}
