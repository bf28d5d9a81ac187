package handshake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"
)

// FuzzReadMessage feeds arbitrary bytes to every position of every pattern. The
// message never gets in unless it is the true one, and the true one still works.
func FuzzReadMessage(f *testing.F) {
	for _, pattern := range []Pattern{IK, XX, NNpsk0} {
		p := newPair(f, pattern).start(f).upTo(f, pattern.Messages())
		for i, m := range p.messages {
			f.Add(byte(pattern), byte(i), m)
			f.Add(byte(pattern), byte(i), m[:len(m)/2])
			f.Add(byte(pattern), byte(i), make([]byte, len(m)))
		}
	}
	f.Fuzz(func(t *testing.T, pattern, position byte, message []byte) {
		p := Pattern(pattern%3 + 1)
		i := int(position) % p.Messages()
		pair := newPair(t, p).start(t).upTo(t, i)
		good := pair.write(t)
		_, reader := pair.sides(i)
		if p == XX && i == 0 {
			// Nothing authenticates it: any point will do.
			trial := *reader
			payload, err := trial.Read(message)
			if (err == nil) != (len(message) >= 32) {
				t.Fatalf("Read(%x) = %v", message, err)
			}
			if err == nil && !bytes.Equal(payload, message[32:]) {
				t.Fatalf("Read(%x) = %x", message, payload)
			}
			if err == nil {
				_, _ = trial.Write(nil, nil) // must not panic
			}
		} else if !bytes.Equal(message, good) {
			if _, err := reader.Read(message); !errors.Is(err, ErrMessage) {
				t.Fatalf("%v message %d: Read(%x) = %v, want ErrMessage", p, i, message, err)
			}
		}
		pair.read(t)
		pair.finish(t)
	})
}

// FuzzCookieCheck: no bytes but the jar's own are a cookie.
func FuzzCookieCheck(f *testing.F) {
	f.Add(int64(0), []byte{}, uint64(0), []byte{})
	f.Add(int64(time.Second), cookiePath, uint64(cookieClient), mustJar(f, 1).Append(nil, cookieStart, cookiePath, cookieClient))
	f.Add(int64(200*time.Second), cookiePath, uint64(cookieClient), make([]byte, CookieLen))
	f.Fuzz(func(t *testing.T, at int64, path []byte, clientID uint64, cookie []byte) {
		j := mustJar(t, 1)
		now := cookieStart.Add(time.Duration(at))
		if j.Check(now, path, clientID, cookie) {
			stamp := binary.BigEndian.Uint32(cookie)
			// It must be the one that was made at its stamp.
			made := now.Add(-time.Duration(j.stamp(now)-stamp) * time.Millisecond)
			if want := mustJar(t, 1).Append(nil, made, path, clientID); !bytes.Equal(cookie, want) {
				t.Fatalf("Check(%x) = true, want only %x", cookie, want)
			}
		}
		own := j.Append(nil, now, path, clientID)
		if !j.Check(now, path, clientID, own) {
			t.Fatalf("Check(%x) = false, its own cookie", own)
		}
	})
}

// FuzzOpen: an AEAD opens nothing that was not sealed, a checksum only what
// Seal gives back.
func FuzzOpen(f *testing.F) {
	for _, build := range testProtectors(f) {
		sealed := build().Seal(nil, []byte("header"), []byte("plaintext"), 7)
		f.Add([]byte("header"), sealed, uint64(7))
		f.Add([]byte("header"), sealed[:3], uint64(7))
		f.Add([]byte{}, []byte{}, uint64(1<<64-1))
	}
	f.Fuzz(func(t *testing.T, header, ciphertext []byte, number uint64) {
		for name, build := range testProtectors(t) {
			p := build()
			plaintext, err := p.Open(nil, header, ciphertext, number)
			if err == nil {
				// Whatever opens is what Seal makes: there is one encoding.
				if again := p.Seal(nil, header, plaintext, number); !bytes.Equal(again, ciphertext) {
					t.Fatalf("%s: Open(%x) seals again to %x", name, ciphertext, again)
				}
			}
			sealed := p.Seal(nil, header, ciphertext, number)
			got, err := p.Open(nil, header, sealed, number)
			if err != nil || !bytes.Equal(got, ciphertext) {
				t.Fatalf("%s: Open(Seal(%x)) = %x, %v", name, ciphertext, got, err)
			}
		}
	})
}

// FuzzReplayWindow moves through the numbers as its input says and compares each
// step with the model.
func FuzzReplayWindow(f *testing.F) {
	f.Add(uint64(0), []byte{0, 1, 1, 2, 0x80, 0xff, 0xc1})
	f.Add(uint64(1<<64-1), []byte{0, 0, 0x81, 0x90})
	f.Add(uint64(1<<63), []byte{0x40, 0x7f, 0xbf, 0xff})
	f.Fuzz(func(t *testing.T, start uint64, steps []byte) {
		w, m := &ReplayWindow{}, &replayModel{seen: map[uint64]bool{}}
		at := start
		for _, s := range steps {
			// Two bits choose unit and direction, six a distance. Numbers wrap
			// here, so that both ends of the range meet.
			distance := uint64(s & 0x1f)
			if s&0x20 != 0 {
				distance = 8192 - 16 + distance
			}
			if s&0x40 != 0 {
				distance *= 64
			}
			if s&0x80 != 0 {
				at -= distance
			} else {
				at += distance
			}
			compareReplay(t, w, m, at)
		}
	})
}
