package handshake

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"unsafe"
)

var suites = []Suite{ChaCha20Poly1305, AES256GCM}

// testProtectors returns two Protectors with the same keys for every mode.
func testProtectors(t testing.TB) map[string]func() Protector {
	build := func(suite Suite) func() Protector {
		return func() Protector {
			p, err := newAEAD(suite, counting(1, KeyLen), counting(2, ivLen))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	return map[string]func() Protector{
		"chacha20poly1305": build(ChaCha20Poly1305),
		"aes256gcm":        build(AES256GCM),
		"crc32c":           func() Protector { return NewChecksum(1, [8]byte{2}) },
	}
}

func eachProtector(t *testing.T, f func(t *testing.T, seal, open Protector)) {
	for name, build := range testProtectors(t) {
		t.Run(name, func(t *testing.T) { f(t, build(), build()) })
	}
}

// TestKnownPackets holds the ciphers and the nonce against published packets.
func TestKnownPackets(t *testing.T) {
	for _, test := range []struct {
		name                               string
		suite                              Suite
		key, iv, header, plaintext, sealed string
		number                             uint64
	}{
		{
			name: "RFC 9001, appendix A.5", suite: ChaCha20Poly1305,
			key: "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8",
			iv:  "e0459b3474bdd0e44a41c144", number: 654360564,
			header: "4200bff4", plaintext: "01",
			sealed: "655e5cd55c41f69080575d7999c25a5bfb",
		},
		{
			name: "GCM specification, test case 16", suite: AES256GCM,
			key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
			iv:  "cafebabefacedbaddecaf888", number: 0,
			header: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
			plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
				"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
			sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
				"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
				"76fc6ece0f4e1768cddf8853bb2d551b",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := newAEAD(test.suite, unhex(test.key), unhex(test.iv))
			if err != nil {
				t.Fatal(err)
			}
			check(t, "Seal", p.Seal(nil, unhex(test.header), unhex(test.plaintext), test.number), unhex(test.sealed))
			got, err := p.Open(nil, unhex(test.header), unhex(test.sealed), test.number)
			if err != nil {
				t.Fatal(err)
			}
			check(t, "Open", got, unhex(test.plaintext))
		})
	}
}

func TestSealAndOpen(t *testing.T) {
	eachProtector(t, func(t *testing.T, seal, open Protector) {
		for _, n := range []int{0, 1, 15, 16, 17, 64, 255, 1200, 1452} {
			for _, number := range []uint64{0, 1, 1 << 32, MaxPacketNumber, math.MaxUint64} {
				header, plaintext := counting(3, n%7), counting(4, n)
				sealed := seal.Seal([]byte("before"), header, plaintext, number)
				if !bytes.HasPrefix(sealed, []byte("before")) {
					t.Fatalf("Seal does not append: %x", sealed)
				}
				sealed = sealed[len("before"):]
				if len(sealed) != n+seal.Overhead() {
					t.Errorf("%d bytes sealed to %d, want %d more", n, len(sealed), seal.Overhead())
				}
				got, err := open.Open([]byte("before"), header, sealed, number)
				if err != nil {
					t.Fatalf("%d bytes, number %d: Open: %v", n, number, err)
				}
				check(t, "Open", got, append([]byte("before"), plaintext...))
			}
		}
	})
}

// TestInPlace: a packet is built and opened in one buffer, header first.
func TestInPlace(t *testing.T) {
	eachProtector(t, func(t *testing.T, seal, open Protector) {
		buffer := make([]byte, 0, 100)
		buffer = append(buffer, "header"...)
		buffer = append(buffer, "plaintext"...)
		header, plaintext := buffer[:6], buffer[6:]
		packet := seal.Seal(header, header, plaintext, 9)
		want := seal.Seal(nil, []byte("header"), []byte("plaintext"), 9)
		check(t, "Seal in place", packet[6:], want)
		got, err := open.Open(packet[6:6], packet[:6], packet[6:], 9)
		if err != nil || string(got) != "plaintext" {
			t.Errorf("Open in place = %q, %v", got, err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	eachProtector(t, func(t *testing.T, seal, open Protector) {
		header, plaintext := []byte("header"), []byte("some plaintext")
		sealed := seal.Seal(nil, header, plaintext, 5)
		refuse := func(what string, header, sealed []byte, number uint64) {
			t.Helper()
			got, err := open.Open([]byte("dst"), header, sealed, number)
			if !errors.Is(err, ErrOpen) || string(got) != "dst" {
				t.Errorf("%s: Open = %q, %v, want dst and ErrOpen", what, got, err)
			}
		}
		for i := range len(sealed) * 8 {
			m := bytes.Clone(sealed)
			m[i/8] ^= 1 << (i % 8)
			refuse("flipped bit", header, m, 5)
		}
		for i := range len(header) * 8 {
			h := bytes.Clone(header)
			h[i/8] ^= 1 << (i % 8)
			refuse("flipped bit of header", h, sealed, 5)
		}
		for n := range sealed {
			refuse("truncated", header, sealed[:n], 5)
		}
		refuse("nothing", nil, nil, 5)
		refuse("no header", nil, sealed, 5)
		refuse("extended", header, append(bytes.Clone(sealed), 0), 5)
		for bit := range 64 {
			refuse("number", header, sealed, 5^1<<bit)
		}
		if open.Overhead() != ChecksumLen {
			refuse("byte moved from header", header[:5], append([]byte("r"), sealed...), 5)
		}
		if got, err := open.Open(nil, header, sealed, 5); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("Open after refusals = %q, %v", got, err)
		}
	})
}

// TestKeysAreSeparate: neither the other direction, nor the other suite, nor
// another handshake opens a packet.
func TestKeysAreSeparate(t *testing.T) {
	var all []struct{ send, receive Protector }
	for seed := range byte(2) {
		for _, pattern := range []Pattern{IK, XX} {
			p := newPair(t, pattern)
			p.responder.Random = seeded(40 + seed)
			p.start(t).upTo(t, pattern.Messages())
			for _, suite := range suites {
				for _, s := range []*State{p.i, p.r} {
					send, receive := p.protectors(t, s.withKeys(), suite)
					all = append(all, struct{ send, receive Protector }{send, receive})
				}
			}
		}
	}
	for i, from := range all {
		sealed := from.send.Seal(nil, nil, []byte("plaintext"), 0)
		for j, to := range all {
			_, err := to.receive.Open(nil, nil, sealed, 0)
			if want := i^1 == j; (err == nil) != want {
				t.Errorf("packet of %d opened by %d: %v, want %t", i, j, err, want)
			}
		}
	}
}

func TestSealAllocates(t *testing.T) {
	eachProtector(t, func(t *testing.T, seal, open Protector) {
		header, plaintext := counting(0, 6), counting(0, 1200)
		sealed := make([]byte, 0, 1500)
		opened := make([]byte, 0, 1500)
		var number uint64
		allocs := testing.AllocsPerRun(100, func() {
			sealed = seal.Seal(sealed[:0], header, plaintext, number)
			var err error
			if opened, err = open.Open(opened[:0], header, sealed, number); err != nil {
				t.Fatal(err)
			}
			if _, err = open.Open(opened[:0], header, sealed, number+1); err == nil {
				t.Fatal("Open accepts another number")
			}
			number++
		})
		if allocs != 0 {
			t.Errorf("Seal and Open allocate %v times, want 0", allocs)
		}
	})
}

func TestSuites(t *testing.T) {
	for _, s := range suites {
		if s.MaxSealed() == 0 || s.MaxForged() == 0 {
			t.Errorf("%v has no limits", s)
		}
	}
	for _, s := range []Suite{0, 3, 255} {
		if s.MaxSealed() != 0 || s.MaxForged() != 0 {
			t.Errorf("%v has limits", s)
		}
		if p, err := newAEAD(s, make([]byte, KeyLen), make([]byte, ivLen)); err == nil {
			t.Errorf("newAEAD(%v) = %v, want an error", s, p)
		}
	}
	if AES256GCM.MaxSealed() != 1<<28 || AES256GCM.MaxForged() != 1<<52 {
		t.Errorf("limits of AES256GCM: %d, %d", AES256GCM.MaxSealed(), AES256GCM.MaxForged())
	}
	if ChaCha20Poly1305.MaxSealed() != 1<<62 || ChaCha20Poly1305.MaxForged() != 1<<36 {
		t.Errorf("limits of ChaCha20Poly1305: %d, %d", ChaCha20Poly1305.MaxSealed(), ChaCha20Poly1305.MaxForged())
	}
	want := ChaCha20Poly1305
	if HasAESHardware() {
		want = AES256GCM
	}
	if got := Preferred(); got != want {
		t.Errorf("Preferred() = %v, want %v", got, want)
	}
	// Wire values, docs/PROTOCOL.md.
	if ChaCha20Poly1305 != 1 || AES256GCM != 2 || IK != 1 || XX != 2 || NNpsk0 != 3 {
		t.Error("a wire value has changed")
	}
}

// TestTouch: any packet of any suite can be prepared for, also with keys that
// are gone, and plaintext.
func TestTouch(t *testing.T) {
	for _, suite := range []Suite{ChaCha20Poly1305, AES256GCM} {
		p, err := newAEAD(suite, make([]byte, KeyLen), make([]byte, ivLen))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, gcmLong - 1, gcmLong, 1 << 20} {
			Touch(p)
			TouchKeys(p, n)
		}
		if got, want := p.Overhead(), p.cipher.Overhead(); got != want {
			t.Errorf("%v: overhead %d, want %d", suite, got, want)
		}
		Forget(p)
		Touch(p)
		TouchKeys(p, 0)
	}
	Touch(nil)
	TouchKeys(nil, 0)
	var a aead
	if got := unsafe.Offsetof(a.key); got > hotBytes {
		t.Errorf("packets need %d bytes of an aead, want at most %d", got, hotBytes)
	}
	if got := unsafe.Sizeof(a); got != 2*hotBytes {
		t.Errorf("an aead has %d bytes, want %d, which the heap aligns", got, 2*hotBytes)
	}
}
