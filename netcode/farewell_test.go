package netcode

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestCloseReachesAMovingClient: a server that closes while its client is
// moving tells it where it is now, for no more bytes than came from there.
func TestCloseReachesAMovingClient(t *testing.T) {
	for _, test := range []struct {
		name   string
		before bool // the server closes before a packet from there arrives
		size   int  // of the client's messages
		reason CloseReason
		text   string
		want   string
	}{
		{"while it is challenged", false, 300, CloseKicked, "no shouting", "no shouting"},
		{"before it is heard", true, 300, CloseKicked, "no shouting", "no shouting"},
		{"a long text", false, 20, CloseKicked, strings.Repeat("x", 190), strings.Repeat("x", 190)},
		{"where to go", false, 20, CloseRedirect, strings.Repeat("y", 150), strings.Repeat("y", 150)},
	} {
		t.Run(test.name, func(t *testing.T) {
			nonces := newLedger(t)
			l := connect(t, nonces.watch)
			l.run(2 * time.Second)
			g := newGateway(l)
			g.rebind()
			in, out, size := 0, 0, 0 // of the new path; of the last datagram
			l.mangle = func(_ bool, d []byte) []byte {
				size = len(d)
				return d
			}
			l.route = func(toServer bool, path Path) (Path, bool) {
				if toServer {
					in += size
				} else if path.Remote == g.outside().Remote {
					out += size
				}
				if out > in {
					t.Fatalf("%d bytes to a path from which %d came", out, in)
				}
				return g.route(toServer, path)
			}
			say := func() { l.conn.Send(l.now, chInput, make([]byte, test.size)) }
			say()
			if !test.before {
				l.until("the packet arrives", func() bool { return l.accepted.others != nil })
			}
			l.accepted.Close(l.now, test.reason, test.text)
			for ms := 0; l.conn.State() == StateOpen && ms < 1000; ms++ {
				if ms%16 == 0 {
					say()
				}
				l.step()
			}
			var why *CloseError
			if !errors.As(l.conn.Err(), &why) || why.Reason != test.reason || why.Text != test.want || !why.Remote {
				t.Errorf("the client's Err() = %v", l.conn.Err())
			}
			l.run(time.Second)
			l.empty()
		})
	}
}

// TestCloseFollowsNobodyElse: only who sends the newest packet, and more than
// a probe, is told on a path that was never validated.
func TestCloseFollowsNobodyElse(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	var late [][]byte // that somebody holds back
	l.mangle = func(toServer bool, d []byte) []byte {
		if toServer && len(d) > 1000 {
			late = append(late, bytes.Clone(d))
			d[0] = 0
		}
		return d
	}
	for range 3 {
		l.conn.Send(l.now, chState, make([]byte, 1050))
		l.step()
		l.conn.Send(l.now, chState, make([]byte, 100))
		l.step()
	}
	l.run(100 * time.Millisecond)
	before := l.accepted.in.Next()
	l.accepted.Close(l.now, CloseNormal, "bye")
	elsewhere := Path{Remote: netip.MustParseAddrPort("203.0.113.9:9")}
	for _, d := range late {
		for range 3 { // copies count once
			l.server.Receive(l.now, elsewhere, bytes.Clone(d))
		}
	}
	var r pathRecorder
	for range 4 {
		l.server.Flush(l.now, &r)
		l.now = l.now.Add(closeInterval)
	}
	if len(late) == 0 || before == 0 || len(r.paths) != closeRepeats {
		t.Fatalf("%d held back, %d notes", len(late), len(r.paths))
	}
	for _, p := range r.paths {
		if p == elsewhere {
			t.Errorf("a note to %v, where old packets came from", p)
		}
	}
}

// TestCloseAfterClose: a packet from elsewhere that comes after the close is
// answered once for each time that the note is sent, if it pays, and its
// repetition pays for nothing.
func TestCloseAfterClose(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	l.conn.Send(l.now, chState, make([]byte, 10))
	var up recorder
	l.client.Flush(l.now, &up)
	l.accepted.Close(l.now, CloseKicked, "")
	elsewhere := Path{Remote: netip.MustParseAddrPort("203.0.113.9:9")}
	for range 50 {
		l.server.Receive(l.now, elsewhere, bytes.Clone(up.datagrams[0]))
	}
	var r pathRecorder
	for range 4 {
		l.server.Flush(l.now, &r)
		l.now = l.now.Add(closeInterval)
	}
	there := 0
	for i, p := range r.paths {
		if p == elsewhere {
			there += r.sizes[i]
		}
	}
	if there == 0 || there > len(up.datagrams[0]) {
		t.Errorf("%d bytes for %d", there, len(up.datagrams[0]))
	}
}

// A pathRecorder notes where datagrams go.
type pathRecorder struct {
	paths []Path
	sizes []int
}

func (r *pathRecorder) SendDatagram(path Path, datagram []byte) {
	r.paths, r.sizes = append(r.paths, path), append(r.sizes, len(datagram))
}
