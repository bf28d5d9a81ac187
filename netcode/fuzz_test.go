package netcode

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
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
	l.t.Helper()
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

// roads are the ways from a client with two sockets behind NATs of its own to
// the server, by the socket's number.
type roads [2]uint16

// route is lab.route. Ports that were given up lead nowhere.
func (r *roads) route(toServer bool, path Path) (Path, bool) {
	host := func(carrier uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2 + byte(carrier)}), 5000+r[carrier])
	}
	if toServer {
		return Path{Remote: host(path.Carrier)}, true
	}
	for carrier := range uint16(2) {
		if path.Remote == host(carrier) {
			return Path{Remote: serverPath.Remote, Carrier: carrier}, true
		}
	}
	return Path{}, false
}

// FuzzPair lets two cores talk through an adversary that an input drives: it
// drops, repeats, delays and damages datagrams, gives the client other ports,
// and makes it change its socket. When it has had enough, every reliable
// message has arrived once and in order, or the connection is closed.
func FuzzPair(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add(bytes.Repeat([]byte{2, 0, 5, 0, 0, 3, 0, 9}, 30))
	f.Add(bytes.Repeat([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 6, 0, 0, 7, 0, 0, 0}, 20))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := &script{in[:min(len(in), 2000)]}
		l := newLab(t, nil)
		opt := DialOptions{}
		if mode := s.next(); mode&1 != 0 {
			opt.ServerKey = l.server.PublicKey()
		}
		var ways roads
		var move func(now time.Time, path Path) error
		l.route = ways.route
		l.mangle = func(toServer bool, d []byte) []byte {
			switch b := s.next(); b % 8 {
			case 5:
				ways[b>>7]++
			case 6:
				move = l.conn.TryPath
			case 7:
				move = l.conn.MovePath
			case 1: // lost
				return nil
			case 2: // again, later
				l.flying = append(l.flying, flight{l.now.Add(time.Duration(b) * time.Millisecond), toServer, 0, bytes.Clone(d), Path{}})
			case 3:
				d[int(s.next())%len(d)] ^= 1 << (b >> 5)
			case 4: // overtaken
				l.flying = append(l.flying, flight{l.now.Add(time.Duration(b) * time.Millisecond), toServer, 0, bytes.Clone(d), Path{}})
				return nil
			}
			return d
		}
		l.dial(opt)
		var sent, got [2]int
		for ms := 0; ms < 60_000; ms++ {
			for i, c := range []*Conn{l.conn, l.accepted} {
				if c == nil {
					continue
				}
				if len(s.rest) > 0 && ms%3 == 0 && c.State() == StateOpen {
					size := 4 + int(s.next())*int(s.next()&3)*4
					if _, err := c.Send(l.now, chChat, fmt.Appendf(nil, "%0*d", size, sent[i])); err == nil {
						sent[i]++
					}
				}
				for ch, m, ok := c.Receive(); ok; ch, m, ok = c.Receive() {
					var n int
					if _, err := fmt.Sscanf(string(bytes.TrimLeft(m[:len(m)-1], "0"))+string(m[len(m)-1:]), "%d", &n); err != nil || ch != chChat || n != got[i] {
						t.Fatalf("got %.20q on channel %d, want message %d", m, ch, got[i])
					}
					got[i]++
				}
			}
			if l.conn.State() == StateClosed || l.accepted != nil && l.accepted.State() == StateClosed {
				if err := l.conn.Err(); errors.Is(err, &CloseError{Reason: CloseProtocol}) {
					t.Fatal(err)
				}
				return // who loses enough wins
			}
			if len(s.rest) == 0 && l.accepted != nil && got[0] == sent[1] && got[1] == sent[0] {
				return
			}
			if len(s.rest) == 0 {
				ms += l.skip(l.now.Add(time.Minute))
			}
			l.step()
			if move != nil {
				_ = move(l.now, Path{Remote: serverPath.Remote, Carrier: 1 - l.conn.Path().Carrier})
				move = nil
			}
			l.sane()
		}
		t.Fatalf("after a minute %v of %v arrived", got, sent)
	})
}
