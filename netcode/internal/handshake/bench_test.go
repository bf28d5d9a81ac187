package handshake

import (
	"fmt"
	"testing"
)

var (
	benchNames = []string{"chacha20poly1305", "aes256gcm", "crc32c"}
	benchSizes = []int{64, 256, 1200}
)

func BenchmarkSeal(b *testing.B) {
	for _, name := range benchNames {
		for _, size := range benchSizes {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				p := testProtectors(b)[name]()
				header, plaintext := counting(0, 6), counting(0, size)
				sealed := make([]byte, 0, 1500)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				var number uint64
				for b.Loop() {
					sealed = p.Seal(sealed[:0], header, plaintext, number)
					number++
				}
			})
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, name := range benchNames {
		for _, size := range benchSizes {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				p := testProtectors(b)[name]()
				header := counting(0, 6)
				sealed := p.Seal(nil, header, counting(0, size), 7)
				opened := make([]byte, 0, 1500)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					var err error
					if opened, err = p.Open(opened[:0], header, sealed, 7); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkHandshake is the work of both ends, keys included.
func BenchmarkHandshake(b *testing.B) {
	for _, pattern := range []Pattern{IK, XX} {
		b.Run(pattern.String(), func(b *testing.B) {
			p := newPair(b, pattern)
			b.ReportAllocs()
			for b.Loop() {
				run := &pair{initiator: p.initiator, responder: p.responder}
				run.start(b).upTo(b, pattern.Messages())
				run.protectors(b, run.i, ChaCha20Poly1305)
				run.protectors(b, run.r, ChaCha20Poly1305)
			}
		})
	}
}

// BenchmarkFirstMessage is what a server pays for a first message of IK, and for
// a forged one.
func BenchmarkFirstMessage(b *testing.B) {
	p := newPair(b, IK).start(b)
	var err error
	if p.responder.Parsed, err = p.responder.Static.Parse(); err != nil {
		b.Fatal(err)
	}
	good := p.write(b)
	forged := append([]byte{}, good...)
	forged[len(forged)-1] ^= 1
	b.Run("read and answer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := New(p.responder)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Read(good); err != nil {
				b.Fatal(err)
			}
			if _, err := s.Write(nil, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("key not parsed", func(b *testing.B) {
		responder := p.responder
		responder.Parsed = StaticKey{}
		for b.Loop() {
			if _, err := New(responder); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("forged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := New(p.responder)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Read(forged); err == nil {
				b.Fatal("a forged message was taken")
			}
		}
	})
}

func BenchmarkCookieCheck(b *testing.B) {
	j := mustJar(b, 1)
	cookie := j.Append(nil, cookieStart, cookiePath, cookieClient)
	b.ReportAllocs()
	for b.Loop() {
		if !j.Check(cookieStart, cookiePath, cookieClient, cookie) {
			b.Fatal("Check = false")
		}
	}
}

func BenchmarkReplayWindow(b *testing.B) {
	var w ReplayWindow
	b.ReportAllocs()
	var number uint64
	for b.Loop() {
		if w.Check(number) {
			w.Mark(number)
		}
		number++
	}
}
