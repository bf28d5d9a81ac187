package secondhand

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// Suites (section 6.6), and the set of both that a client offers (6.4).
const (
	suiteChaCha = 1
	suiteAES    = 2
	offerBoth   = 1<<suiteChaCha | 1<<suiteAES
)

func suiteName(suite uint8) (string, error) {
	switch suite {
	case suiteChaCha:
		return "chacha20poly1305", nil
	case suiteAES:
		return "aes256gcm", nil
	}
	return "", errors.New("a suite that was not offered")
}

// A sealer protects packets of one direction (sections 6.7 and 6.8).
type sealer interface {
	seal(number uint64, header, data []byte) []byte
	open(number uint64, header, sealed []byte) ([]byte, error)
}

// An aeadSealer is one with a key and an IV (section 6.7).
type aeadSealer struct {
	aead cipher.AEAD
	iv   []byte
}

func (s aeadSealer) nonce(number uint64) []byte {
	nonce := binary.BigEndian.AppendUint64(make([]byte, 4), number)
	for i := range nonce {
		nonce[i] ^= s.iv[i]
	}
	return nonce
}

func (s aeadSealer) seal(number uint64, header, data []byte) []byte {
	return s.aead.Seal(nil, s.nonce(number), data, header)
}

func (s aeadSealer) open(number uint64, header, sealed []byte) ([]byte, error) {
	return s.aead.Open(nil, s.nonce(number), sealed, header)
}

// expand is HKDF-Expand with SHA-256.
func expand(prk []byte, label string, n int) []byte {
	b, err := hkdf.Expand(sha256.New, prk, label, n)
	if err != nil {
		panic(err)
	}
	return b
}

func extract(salt, secret []byte) []byte {
	b, err := hkdf.Extract(sha256.New, secret, salt)
	if err != nil {
		panic(err)
	}
	return b
}

// newSealer derives key and IV of one direction from its prk (section 6.6).
func newSealer(suite uint8, prk []byte) (aeadSealer, error) {
	name, err := suiteName(suite)
	if err != nil {
		return aeadSealer{}, err
	}
	key := expand(prk, "reckon v1 "+name+" key", 32)
	iv := expand(prk, "reckon v1 "+name+" iv", 12)
	if suite == suiteChaCha {
		aead, err := chacha20poly1305.New(key)
		return aeadSealer{aead, iv}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return aeadSealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return aeadSealer{aead, iv}, err
}

// A replayWindow knows which numbers were accepted (section 6.9).
type replayWindow struct {
	any      bool
	newest   uint64
	accepted map[uint64]bool
}

// windowSize is how far back it must remember at least.
const windowSize = 8128

func (w *replayWindow) fresh(number uint64) bool {
	if w.any && number < w.newest && w.newest-number > windowSize {
		return false
	}
	return !w.accepted[number]
}

func (w *replayWindow) mark(number uint64) {
	if w.accepted == nil {
		w.accepted = map[uint64]bool{}
	}
	w.accepted[number] = true
	w.any, w.newest = true, max(w.newest, number)
	delete(w.accepted, number-windowSize-1)
}
