package handshake

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"golang.org/x/crypto/blake2s"
)

// CookieLen is the length of a cookie in bytes: a stamp of 32 bits, then a MAC
// of 128 bits. A guess is right once in 2¹²⁸ tries, beyond the 96 bits that a
// value living for seconds would need, and 128 bits is a size BLAKE2s is
// specified for, so nothing has to be truncated.
const CookieLen = cookieStampLen + blake2s.Size128

const (
	cookieStampLen  = 4
	cookieSecretLen = 32

	// cookieLife is how long a cookie is good for. The client needs it for one
	// round trip and a few resends: at a round trip of 2 s and 25 % loss each
	// way, 10 s allow for four tries. GameNetworkingSockets accepts a challenge
	// for 4 s, which a bad mobile link can miss; WireGuard keeps one for 120 s,
	// which is long for a value that anyone on the path may collect and use.
	cookieLife = 10 * time.Second

	// cookieRotation is how long a secret makes new cookies. WireGuard changes
	// its cookie secret every 120 s (whitepaper, section 5.4.7).
	cookieRotation = 120 * time.Second
)

// A CookieJar makes and checks cookies: proof that whoever says it is at an
// address reads what is sent there. The server keeps nothing for a client that
// has not shown one.
//
// A cookie is bound to a path, to the client's identifier and to the time it
// was made. It is not single use: until it expires, it works again from the
// same path with the same identifier, which lets a client resend.
//
// A CookieJar is made by NewCookieJar; the zero value is not ready to use. It
// is not safe for concurrent use. It is deterministic: the same random bytes,
// times and arguments give the same cookies.
type CookieJar struct {
	random io.Reader
	epoch  time.Time // stamps count milliseconds from here …
	offset uint32    // … starting at this, so that they do not tell the uptime

	rotated  int64     // milliseconds from epoch; older cookies are under previous
	current  hash.Hash // keyed BLAKE2s-128
	previous hash.Hash // nil when no cookie under it can still be alive

	// Scratch, so that no argument escapes to the heap through hash.Hash.
	input  []byte
	output [blake2s.Size128]byte
}

// NewCookieJar returns a jar with a fresh secret. It reads 36 bytes from random
// now and 32 more whenever the secret changes, at most every 120 s.
func NewCookieJar(random io.Reader, now time.Time) (*CookieJar, error) {
	if random == nil {
		return nil, errors.New("handshake: NewCookieJar needs a random source")
	}
	j := &CookieJar{random: random, epoch: now}
	var offset [cookieStampLen]byte
	if _, err := io.ReadFull(random, offset[:]); err != nil {
		return nil, fmt.Errorf("handshake: reading random bytes: %w", err)
	}
	j.offset = binary.BigEndian.Uint32(offset[:])
	mac, err := newCookieMAC(random)
	if err != nil {
		return nil, err
	}
	j.current = mac
	return j, nil
}

// Append appends a cookie of CookieLen bytes for a client that claims to be at
// path and to be called clientID.
//
// path is any encoding of the address that is the same each time; it is not
// retained.
func (j *CookieJar) Append(dst []byte, now time.Time, path []byte, clientID uint64) []byte {
	j.rotate(now)
	stamp := j.stamp(now)
	dst = binary.BigEndian.AppendUint32(dst, stamp)
	return append(dst, j.mac(j.current, stamp, path, clientID)...)
}

// Fresh reports whether cookie says of itself that it is no older than 10 s.
// It costs next to nothing: what is not fresh need not be checked.
func (j *CookieJar) Fresh(now time.Time, cookie []byte) bool {
	// Unsigned subtraction: a stamp from the future has an enormous age.
	return len(cookie) == CookieLen && j.stamp(now)-binary.BigEndian.Uint32(cookie) <= uint32(cookieLife.Milliseconds())
}

// Check reports whether cookie was made by this jar for the same path and
// clientID no longer than 10 s ago. Its time does not depend on where a wrong
// cookie differs.
func (j *CookieJar) Check(now time.Time, path []byte, clientID uint64, cookie []byte) bool {
	if !j.Fresh(now, cookie) {
		return false
	}
	j.rotate(now)
	stamp := binary.BigEndian.Uint32(cookie)
	mac := j.current
	if int32(stamp-j.offset-uint32(j.rotated)) < 0 {
		mac = j.previous
	}
	if mac == nil {
		return false
	}
	want := j.mac(mac, stamp, path, clientID)
	return subtle.ConstantTimeCompare(cookie[cookieStampLen:], want) == 1
}

// elapsed returns now in milliseconds from the epoch.
func (j *CookieJar) elapsed(now time.Time) int64 {
	return now.Sub(j.epoch).Milliseconds()
}

// stamp returns now as a cookie carries it. It wraps after 49.7 days, long
// after the secret of the first use of a value is gone.
func (j *CookieJar) stamp(now time.Time) uint32 {
	return j.offset + uint32(j.elapsed(now))
}

// mac returns MAC(stamp ‖ clientID ‖ path) in scratch that the next call
// overwrites. Only the last part varies in length, so that no two triples give
// the same input.
func (j *CookieJar) mac(h hash.Hash, stamp uint32, path []byte, clientID uint64) []byte {
	j.input = binary.BigEndian.AppendUint32(j.input[:0], stamp)
	j.input = binary.BigEndian.AppendUint64(j.input, clientID)
	j.input = append(j.input, path...)
	h.Reset()
	h.Write(j.input)
	return h.Sum(j.output[:0])
}

// rotate replaces the secret when it is due. It is the one step that allocates,
// once in cookieRotation. If the random source fails the secret stays, and the
// next call tries again: an old secret is better than a predictable one.
func (j *CookieJar) rotate(now time.Time) {
	elapsed := j.elapsed(now)
	since := elapsed - j.rotated
	if since < cookieRotation.Milliseconds() {
		return
	}
	fresh, err := newCookieMAC(j.random)
	if err != nil {
		return
	}
	j.previous = j.current
	if since > 1<<31 {
		// Nobody called for so long that stamps may have wrapped: a cookie
		// under the old secret could look young.
		j.previous = nil
	}
	j.current, j.rotated = fresh, elapsed
}

func newCookieMAC(random io.Reader) (hash.Hash, error) {
	var secret [cookieSecretLen]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return nil, fmt.Errorf("handshake: reading random bytes: %w", err)
	}
	return blake2s.New128(secret[:])
}
