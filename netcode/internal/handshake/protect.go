package handshake

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/sys/cpu"

	"github.com/reckon-engine/reckon/netcode/internal/cache"
)

// A Suite is a cipher for packets. Its values are on the wire: append new ones,
// never renumber. Zero is not a suite.
type Suite uint8

const (
	// ChaCha20Poly1305 is the AEAD of RFC 8439: fast everywhere.
	ChaCha20Poly1305 Suite = 1
	// AES256GCM is AES-256 in GCM (NIST SP 800-38D): faster where the processor
	// has instructions for it, slow and leaking through its timing elsewhere.
	AES256GCM Suite = 2
)

// Limits of one key, in packets of one direction.
//
// RFC 9001, section 6.6, allows AES-GCM 2²³ packets sealed, for packets of up
// to 2¹⁶ bytes. Its appendix B.1.1 shows 2²⁸ for endpoints that send no packet
// above 2¹¹ bytes, as ours never do: at 128 packets a second, 24 days. For
// ChaCha20-Poly1305 the number of packets that exist is the lower limit.
//
// Of packets that failed to open, section 6.6 allows 2⁵² with AES-GCM (2⁵⁷ in
// appendix B.1.2 if large packets are dropped before they are opened; we take
// the lower) and 2³⁶ with ChaCha20-Poly1305.
//
// The caller counts, and closes the connection or agrees on new keys at a limit.
const (
	MaxSealedAES256GCM        = 1 << 28
	MaxSealedChaCha20Poly1305 = MaxPacketNumber + 1
	MaxForgedAES256GCM        = 1 << 52
	MaxForgedChaCha20Poly1305 = 1 << 36

	// MaxProtectedLen is the largest packet in bytes for which the limits hold.
	MaxProtectedLen = 1 << 11

	// MaxPacketNumber is the last packet number of any connection (as in
	// RFC 9000, section 12.3).
	MaxPacketNumber = 1<<62 - 1
)

// MaxSealed returns how many packets one key may seal (the confidentiality
// limit); 0 for an unknown suite.
func (s Suite) MaxSealed() uint64 {
	switch s {
	case ChaCha20Poly1305:
		return MaxSealedChaCha20Poly1305
	case AES256GCM:
		return MaxSealedAES256GCM
	}
	return 0
}

// MaxForged returns how many packets may fail to open under one key (the
// integrity limit); 0 for an unknown suite.
func (s Suite) MaxForged() uint64 {
	switch s {
	case ChaCha20Poly1305:
		return MaxForgedChaCha20Poly1305
	case AES256GCM:
		return MaxForgedAES256GCM
	}
	return 0
}

// String returns the suite's name as key derivation spells it.
func (s Suite) String() string {
	switch s {
	case ChaCha20Poly1305:
		return "chacha20poly1305"
	case AES256GCM:
		return "aes256gcm"
	}
	return fmt.Sprintf("Suite(%d)", uint8(s))
}

// Preferred returns the suite that is fastest on this machine. Two ends take
// AES256GCM only if both prefer it.
func Preferred() Suite {
	if HasAESHardware() {
		return AES256GCM
	}
	return ChaCha20Poly1305
}

// HasAESHardware reports whether Go runs AES-GCM on instructions of this
// processor, in constant time.
func HasAESHardware() bool {
	switch runtime.GOARCH {
	case "amd64":
		return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ && cpu.X86.HasSSE41 && cpu.X86.HasSSSE3
	case "arm64":
		return cpu.ARM64.HasAES && cpu.ARM64.HasPMULL
	}
	return false
}

// ErrOpen reports a packet that was damaged, forged, or protected with other
// keys, another header or another number.
var ErrOpen = errors.New("handshake: packet does not authenticate")

// A Protector seals or opens the packets of one direction of one connection.
// Sealing two different packets under one number gives both away: the caller
// never uses a number twice. Nothing here is random, least of all a nonce.
//
// A Protector is not safe for concurrent use. Seal and Open do not allocate if
// dst has room.
type Protector interface {
	// Seal appends the protected plaintext, Overhead bytes longer, to dst.
	// header is authenticated and not encrypted; it may lie in dst before the
	// place of the ciphertext. plaintext may share memory with the appended
	// part only if it starts at the same byte.
	Seal(dst, header, plaintext []byte, number uint64) []byte

	// Open appends the plaintext of a sealed packet to dst, or returns dst and
	// ErrOpen.
	// ciphertext may share memory with the appended part only if it starts at
	// the same byte, and is lost then even if Open fails.
	Open(dst, header, ciphertext []byte, number uint64) ([]byte, error)

	// Overhead returns the length in bytes of what Seal adds.
	Overhead() int
}

const (
	ivLen  = 12
	tagLen = 16 // RFC 8439, section 2.8; NIST SP 800-38D, section 5.2.1.2
)

// An aead is a Protector over a cipher with nonces of 96 bits. What packets
// need comes first, in the line that its address begins: it takes 128 bytes.
type aead struct {
	cipher cipher.AEAD
	size   uintptr // of what cipher points to
	iv     [ivLen]byte
	// nonce is filled anew for every packet. It lives here because a local
	// would escape through the cipher.AEAD interface, once per packet.
	nonce [ivLen]byte
	suite Suite
	key   [KeyLen]byte // for Secret; the cipher holds it anyway
	_     [47]byte
}

// hotBytes is how much of an aead packets need.
const hotBytes = 64

func newAEAD(suite Suite, key, iv []byte) (*aead, error) {
	var c cipher.AEAD
	var err error
	switch suite {
	case ChaCha20Poly1305:
		c, err = chacha20poly1305.New(key)
	case AES256GCM:
		var block cipher.Block
		if block, err = aes.NewCipher(key); err == nil {
			c, err = cipher.NewGCM(block)
		}
	default:
		err = fmt.Errorf("unknown suite %d", suite)
	}
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	a := &aead{cipher: c, iv: [ivLen]byte(iv), key: [KeyLen]byte(key), suite: suite}
	if t := reflect.TypeOf(c); t.Kind() == reflect.Pointer {
		a.size = t.Elem().Size()
	}
	return a, nil
}

// setNonce makes the nonce iv xor (0⁴ ‖ number), the number in big-endian, as
// RFC 9001, section 5.3, and RFC 8446, section 5.3, do. Distinct numbers give
// distinct nonces.
func (a *aead) setNonce(number uint64) {
	a.nonce = a.iv
	low := a.nonce[ivLen-8:]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)^number)
}

func (a *aead) Seal(dst, header, plaintext []byte, number uint64) []byte {
	a.setNonce(number)
	return a.cipher.Seal(dst, a.nonce[:], plaintext, header)
}

func (a *aead) Open(dst, header, ciphertext []byte, number uint64) ([]byte, error) {
	a.setNonce(number)
	plaintext, err := a.cipher.Open(dst, a.nonce[:], ciphertext, header)
	if err != nil {
		return dst, ErrOpen
	}
	return plaintext, nil
}

// Secret returns what p protects packets with, so that a capture of them can be
// read: whoever has it can also forge. The suite is 0 in plaintext mode, which
// has no secrets.
func Secret(p Protector) (key [KeyLen]byte, iv [ivLen]byte, suite Suite) {
	if a, ok := p.(*aead); ok {
		return a.key, a.iv, a.suite
	}
	return key, iv, 0
}

// Forget clears what it can of the keys of p, which is not used any more: the
// schedule of the cipher is left to the garbage collector.
func Forget(p Protector) {
	if a, ok := p.(*aead); ok {
		a.cipher = nil
		clear(a.key[:])
		clear(a.iv[:])
	}
}

// Overhead is that of both suites: asking the cipher would fetch it for that
// alone.
func (a *aead) Overhead() int { return tagLen }

// Parts of crypto's AES-GCM that a packet needs: the round keys at its
// beginning, and at its end the powers of the hash key, of which less than 128
// bytes need the last alone. Where another version of Go has them elsewhere,
// Touch fetches the wrong places, and nothing else happens.
const (
	gcmKeys   = 248
	gcmPowers = 272
	gcmLong   = 128
)

// Touch brings p near the processor, and TouchKeys what p points at and needs
// for a packet of at least n bytes; see package cache.
func Touch(p Protector) byte {
	if a, ok := p.(*aead); ok {
		return cache.Touch(unsafe.Pointer(a), hotBytes)
	}
	return 0
}

// TouchKeys is described at Touch.
func TouchKeys(p Protector, n int) (sum byte) {
	a, ok := p.(*aead)
	if !ok || a.cipher == nil {
		return 0
	}
	// The second word of an interface is the pointer it holds.
	switch at := (*[2]unsafe.Pointer)(unsafe.Pointer(&a.cipher))[1]; {
	case a.size <= gcmKeys+gcmPowers:
		return sum + cache.Touch(at, a.size)
	case n < gcmLong:
		powers := unsafe.Add(at, a.size-gcmPowers)
		return sum + cache.Touch(at, gcmKeys) + cache.Touch(powers, 1) + cache.Touch(unsafe.Add(powers, gcmPowers-1), 1)
	default:
		return sum + cache.Touch(at, gcmKeys) + cache.Touch(unsafe.Add(at, a.size-gcmPowers), gcmPowers)
	}
}

// FromSecret is the reverse of Secret, for a connection that moves to another
// process. A key that sealed in one must never seal in another.
func FromSecret(key [KeyLen]byte, iv [ivLen]byte, suite Suite) (Protector, error) {
	return newAEAD(suite, key[:], iv[:])
}
