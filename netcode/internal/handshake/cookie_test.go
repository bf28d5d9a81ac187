package handshake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/crypto/blake2s"
)

var (
	cookieStart = time.Unix(0, 0)
	cookiePath  = []byte("192.0.2.1:7777 on 192.0.2.2")
)

const cookieClient = 0x0123456789abcdef

func mustJar(t testing.TB, seed byte) *CookieJar {
	t.Helper()
	j, err := NewCookieJar(seeded(seed), cookieStart)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestCookie(t *testing.T) {
	j := mustJar(t, 1)
	cookie := j.Append([]byte("before"), cookieStart, cookiePath, cookieClient)
	if !bytes.HasPrefix(cookie, []byte("before")) || len(cookie) != len("before")+CookieLen {
		t.Fatalf("Append = %x", cookie)
	}
	cookie = cookie[len("before"):]
	for range 2 { // not single use
		if !j.Check(cookieStart, cookiePath, cookieClient, cookie) {
			t.Error("Check of a new cookie = false")
		}
	}
}

// TestCookieConstruction computes the MAC by hand.
func TestCookieConstruction(t *testing.T) {
	random := make([]byte, 36)
	if _, err := io.ReadFull(seeded(1), random); err != nil {
		t.Fatal(err)
	}
	stamp := binary.BigEndian.Uint32(random) + 1234
	want := binary.BigEndian.AppendUint32(nil, stamp)
	mac, err := blake2s.New128(random[4:])
	if err != nil {
		t.Fatal(err)
	}
	mac.Write(want)
	mac.Write(binary.BigEndian.AppendUint64(nil, cookieClient))
	mac.Write(cookiePath)
	want = mac.Sum(want)
	got := mustJar(t, 1).Append(nil, cookieStart.Add(1234*time.Millisecond+999), cookiePath, cookieClient)
	check(t, "Append", got, want)
}

func TestCookieRefuses(t *testing.T) {
	j := mustJar(t, 1)
	now := cookieStart.Add(time.Minute)
	cookie := j.Append(nil, now, cookiePath, cookieClient)
	refuse := func(what string, path []byte, clientID uint64, cookie []byte) {
		t.Helper()
		if j.Check(now, path, clientID, cookie) {
			t.Errorf("%s: Check = true", what)
		}
	}
	for i := range cookie {
		for bit := range 8 {
			c := bytes.Clone(cookie)
			c[i] ^= 1 << bit
			refuse("flipped bit", cookiePath, cookieClient, c)
		}
	}
	for n := range cookie {
		refuse("truncated", cookiePath, cookieClient, cookie[:n])
	}
	refuse("extended", cookiePath, cookieClient, append(bytes.Clone(cookie), 0))
	refuse("no path", nil, cookieClient, cookie)
	refuse("longer path", append(bytes.Clone(cookiePath), 0), cookieClient, cookie)
	for i := range cookiePath {
		p := bytes.Clone(cookiePath)
		p[i] ^= 1
		refuse("other path", p, cookieClient, cookie)
	}
	for bit := range 64 {
		refuse("other client", cookiePath, cookieClient^1<<bit, cookie)
	}
	refuse("zeros", cookiePath, cookieClient, make([]byte, CookieLen))
	if mustJar(t, 2).Check(now, cookiePath, cookieClient, cookie) {
		t.Error("Check = true after a restart with a new secret")
	}
	if !j.Check(now, cookiePath, cookieClient, cookie) {
		t.Error("Check = false after refusals")
	}
}

// TestCookieLife tries every millisecond around the edges, across changes of the
// secret, and over the wrap of the stamp.
func TestCookieLife(t *testing.T) {
	for _, issued := range []time.Duration{
		0, time.Second,
		cookieRotation - cookieLife, cookieRotation - time.Millisecond, cookieRotation,
		3 * cookieRotation,
		1<<32*time.Millisecond - 5*time.Second, 100 * 24 * time.Hour,
	} {
		j := mustJar(t, 1)
		cookie := j.Append(nil, cookieStart.Add(issued), cookiePath, cookieClient)
		for _, test := range []struct {
			age  time.Duration
			want bool
		}{
			{0, true},
			{time.Nanosecond, true},
			{cookieLife / 2, true},
			{cookieLife, true},
			{cookieLife + time.Millisecond, false},
			{cookieRotation, false},
			{2 * cookieRotation, false},
			{1 << 32 * time.Millisecond, false},
			{1<<33*time.Millisecond + time.Second, false},
		} {
			if got := j.Check(cookieStart.Add(issued+test.age), cookiePath, cookieClient, cookie); got != test.want {
				t.Errorf("issued at %v, %v old: Check = %t, want %t", issued, test.age, got, test.want)
			}
		}
	}
}

func TestCookieFromTheFuture(t *testing.T) {
	j := mustJar(t, 1)
	cookie := j.Append(nil, cookieStart.Add(time.Second), cookiePath, cookieClient)
	if j.Check(cookieStart.Add(999*time.Millisecond), cookiePath, cookieClient, cookie) {
		t.Error("Check = true before the cookie was made")
	}
}

// TestCookieRotation: the secret changes when it should, the one before stays
// good for cookies made under it, and the one before that is gone.
func TestCookieRotation(t *testing.T) {
	random := &countingReader{Reader: seeded(1)}
	j, err := NewCookieJar(random, cookieStart)
	if err != nil {
		t.Fatal(err)
	}
	for step := range 10 * 120 {
		now := cookieStart.Add(time.Duration(step) * time.Second)
		cookie := j.Append(nil, now, cookiePath, cookieClient)
		if want := 36 + 32*(step/120); random.n != want {
			t.Fatalf("after %d s: %d random bytes drawn, want %d", step, random.n, want)
		}
		trial := *j // Check moves the jar on
		trial.random = seeded(9)
		if !trial.Check(now.Add(cookieLife), cookiePath, cookieClient, cookie) {
			t.Fatalf("made at %d s: Check = false at the end of its life", step)
		}
	}
}

func TestCookieRandomFailure(t *testing.T) {
	if _, err := NewCookieJar(nil, cookieStart); err == nil {
		t.Error("NewCookieJar(nil) succeeds")
	}
	for _, n := range []int{0, 3, 4, 35} {
		if _, err := NewCookieJar(bytes.NewReader(make([]byte, n)), cookieStart); err == nil {
			t.Errorf("NewCookieJar with %d random bytes succeeds", n)
		}
	}
	// Enough for the first secret only: it stays in use.
	j, err := NewCookieJar(io.LimitReader(seeded(1), 36), cookieStart)
	if err != nil {
		t.Fatal(err)
	}
	now := cookieStart.Add(time.Hour)
	cookie := j.Append(nil, now, cookiePath, cookieClient)
	if !j.Check(now.Add(cookieLife), cookiePath, cookieClient, cookie) {
		t.Error("Check = false when the random source fails")
	}
	j.random = io.MultiReader(&failOnce{}, seeded(2))
	j.rotate(now)
	if j.previous != nil {
		t.Error("rotated without randomness")
	}
	j.rotate(now)
	if j.previous == nil {
		t.Error("not rotated when randomness is back")
	}
}

func TestCookieDeterminism(t *testing.T) {
	a, b := mustJar(t, 1), mustJar(t, 1)
	for step := range 500 {
		now := cookieStart.Add(time.Duration(step) * time.Second)
		ca := a.Append(nil, now, cookiePath, uint64(step))
		cb := b.Append(nil, now, cookiePath, uint64(step))
		if !bytes.Equal(ca, cb) {
			t.Fatalf("after %d s: %x and %x", step, ca, cb)
		}
	}
}

func TestCookieAllocates(t *testing.T) {
	j := mustJar(t, 1)
	cookie := j.Append(make([]byte, 0, CookieLen), cookieStart, cookiePath, cookieClient)
	allocs := testing.AllocsPerRun(100, func() {
		var path [27]byte // on the caller's stack, and stays there
		copy(path[:], cookiePath)
		cookie = j.Append(cookie[:0], cookieStart, path[:], cookieClient)
		if !j.Check(cookieStart, path[:], cookieClient, cookie) {
			t.Fatal(errors.New("Check = false"))
		}
	})
	if allocs != 0 {
		t.Errorf("Append and Check allocate %v times, want 0", allocs)
	}
}
