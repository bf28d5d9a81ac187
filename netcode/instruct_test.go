package netcode

import (
	"net/netip"
	"testing"
	"time"
)

// TestLaterInstructionWins: the answer from a path that was tried before moves
// nothing any more, however late or early it comes.
func TestLaterInstructionWins(t *testing.T) {
	third := Path{Remote: netip.MustParseAddrPort("10.0.9.3:7777"), Carrier: 2}
	thirdFrom := Path{Remote: netip.MustParseAddrPort("198.51.100.3:6001")}
	for _, test := range []struct {
		name  string
		later func(c *Conn, now time.Time) error
		end   func(l *lab) (client, server Path)
		tries int // that succeed
	}{
		{
			"MovePath", func(c *Conn, now time.Time) error { return c.MovePath(now, third) },
			func(*lab) (Path, Path) { return third, thirdFrom }, 1,
		},
		{
			"TryPath", func(c *Conn, now time.Time) error { return c.TryPath(now, third) },
			func(*lab) (Path, Path) { return third, thirdFrom }, 1,
		},
		{
			"MovePath to where it is", func(c *Conn, now time.Time) error { return c.MovePath(now, serverPath) },
			func(*lab) (Path, Path) { return serverPath, clientPath }, 0,
		},
		{
			"TryPath where it is", func(c *Conn, now time.Time) error { return c.TryPath(now, serverPath) },
			func(*lab) (Path, Path) { return serverPath, clientPath }, 0,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := connect(t, nil)
			ways := map[Path]Path{serverPath: clientPath, directPath: directFrom, third: thirdFrom}
			l.route = func(toServer bool, path Path) (Path, bool) {
				if toServer {
					return ways[path], true
				}
				for there, here := range ways {
					if samePeer(here, path) {
						return there, true
					}
				}
				return Path{}, false
			}
			l.exchange()
			if err := l.conn.TryPath(l.now, directPath); err != nil {
				t.Fatal(err)
			}
			l.run(l.delay + 5*time.Millisecond) // the answer is on its way
			if err := test.later(l.conn, l.now); err != nil {
				t.Fatal(err)
			}
			l.run(2 * time.Second)
			client, server := test.end(l)
			if !samePeer(l.conn.Path(), client) || !samePeer(l.accepted.Path(), server) {
				t.Errorf("the client is at %v, the server at %v", l.conn.Path(), l.accepted.Path())
			}
			failed, moved := 0, 0
			for _, e := range l.events {
				switch {
				case e.Conn != l.conn:
				case e.Kind == EventPathFailed && e.Path == directPath:
					failed++
				case e.Kind == EventPathChanged:
					moved++
				case e.Kind == EventPathFailed:
					t.Errorf("%v failed", e.Path)
				}
			}
			if failed != 1 || moved != test.tries {
				t.Errorf("%d times told of the failure, %d moves", failed, moved)
			}
			l.run(formerTime)
			if len(l.client.byPeer) != 1 {
				t.Errorf("the client can be found by %d paths", len(l.client.byPeer))
			}
			l.exchange()
		})
	}
}
