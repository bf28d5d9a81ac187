package netcode

import (
	"bytes"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// script hands out the bytes of a fuzz input; zeros when they are used up.
type script struct{ rest []byte }

func (s *script) next() byte {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

func (s *script) take(n int) []byte {
	n = min(n, len(s.rest))
	b := s.rest[:n]
	s.rest = s.rest[n:]
	return b
}

// sane checks what must hold of both cores whatever was received.
func (l *lab) sane() {
	for _, c := range []*Core{l.server, l.client} {
		accepted := 0
		for _, a := range c.conns {
			conn := a.conn
			if conn.state == StateOpen && !conn.dialled {
				accepted++
			}
			if conn.out.InFlightBytes < 0 || conn.out.Flight < 0 || conn.control.Window() <= 0 {
				l.t.Fatalf("%d bytes in flight of %d", conn.out.Flight, conn.control.Window())
			}
			// What one packet completes comes on top: the messages in
			// progress.
			if o := conn.others; o != nil && (len(o.candidates) > maxCandidates || len(o.answers) > maxCandidates) {
				l.t.Fatalf("%d candidates, %d answers", len(o.candidates), len(o.answers))
			}
			if q := conn.queue.Bytes(); q > 2*c.cfg.MaxQueued {
				l.t.Fatalf("%d bytes are queued, MaxQueued is %d", q, c.cfg.MaxQueued)
			}
			conn.Stats()
		}
		if accepted != c.accepted || c.accepted > c.cfg.MaxConns {
			l.t.Fatalf("%d open, counted %d", accepted, c.accepted)
		}
		if len(c.conns) > 4+maxPending || len(c.replies) > maxReplies {
			l.t.Fatalf("%d connections, %d replies", len(c.conns), len(c.replies))
		}
	}
}

// sealed returns a packet from one end with frames as its sealed part, which
// opens at the other: the fuzzer reaches what is behind the tag.
func sealed(from *Conn, first byte, number uint64, plain []byte) []byte {
	h := wire.Header{
		HasConnID: from.dialled, ConnID: from.remoteID, AckForm: wire.AckForm(first % 4),
		Number: number, NumberLen: 1 + 2*int(first/4%2),
	}
	if from.send == nil {
		return nil // closed and forgotten
	}
	header := wire.AppendHeader(nil, h, from.idLen)
	return from.send.Seal(header, bytes.Clone(header), plain, number)
}

// FuzzCoreReceive plays an input as a script: bytes as datagrams from
// strangers and from the peer's address, bytes behind a valid tag, messages,
// and time. Nothing panics, memory stays bounded, the state stays sane.
func FuzzCoreReceive(f *testing.F) {
	f.Add([]byte{1, 2, 1, 2, 0x20, 'h', 3, 7, 9, 9})
	f.Add(append([]byte{0, 0, 255, 0}, wire.AppendHandshake(nil, &wire.Handshake{Type: wire.Hello, Version: 1, Mode: 2})...))
	f.Add([]byte{1, 3, 6, 1, 0x80, 0, 0, 1, 2, 3, 1, 9, 0x72, 0, 0, 2, 'h', 'i', 1})
	f.Add([]byte{2, 2, 5, 1, 2, 3, 2, 'h', 'i'})
	f.Add([]byte{8, 5, 1, 0x0b, 5, 0, 0x2c, 5, 9, 3, 6, 40, 2, 4, 0x24, 5, 0, 0, 2, 4, 0xa3, 1, 0, 7, 7})
	f.Fuzz(func(t *testing.T, in []byte) {
		s := &script{in}
		mode := s.next()
		l := connect(t, func(server, client *Config) {
			server.Plaintext = mode%4 != 0
			client.Plaintext = server.Plaintext
			server.MaxQueued, client.MaxQueued = 1<<20, 1<<20
			if mode&8 != 0 {
				server.Channels, client.Channels = fiveModes, fiveModes
			}
		})
		conns := []*Conn{l.conn, l.accepted}
		fresh := newLab(t, nil)
		for len(s.rest) > 0 {
			op, size := s.next(), int(s.next())
			from, to, path := conns[0], l.server, clientPath
			if op&0x80 != 0 {
				from, to, path = conns[1], l.client, serverPath
			} else if op&0x40 != 0 {
				path = directFrom // the client, from elsewhere
			}
			switch op % 8 {
			case 0:
				to.Receive(l.now, path, s.take(5*size))
			case 1:
				fresh.server.Receive(l.now, path, s.take(5*size))
				fresh.server.Flush(l.now, &recorder{})
			case 2, 3, 4: // the next number, or one further on or back
				number := from.out.Next()
				switch op % 8 {
				case 3:
					number += uint64(s.next())
				case 4:
					number -= min(number, uint64(s.next()))
				}
				first := s.next()
				to.Receive(l.now, path, sealed(from, first, number, s.take(size)))
			case 5:
				ch := s.next()
				from.SendWith(l.now, int(ch%6), make([]byte, 30*(size>>(ch>>6))), SendOptions{
					Urgent: ch&8 != 0, Notify: ch&16 != 0, Lifetime: time.Duration(ch&32) * time.Millisecond, Key: uint16(size >> 2),
				})
			case 6:
				l.now = l.now.Add(time.Duration(size) * time.Millisecond)
				l.step()
			case 7:
				l.step()
				l.lose = func(bool, int) bool { return size&1 != 0 }
			}
			l.sane()
		}
		l.run(5 * time.Millisecond)
		l.sane()
		fresh.sane()
	})
}
