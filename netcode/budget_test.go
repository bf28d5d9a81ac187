package netcode

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// TestBudget: nothing before the connection is open, and what a tick may have
// at first.
func TestBudget(t *testing.T) {
	l := newLab(t, nil)
	l.dial(DialOptions{ServerKey: l.server.PublicKey()})
	if b := l.conn.Budget(time.Second); b != 0 {
		t.Errorf("%d bytes before the connection is open", b)
	}
	l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
	if b := l.conn.Budget(time.Second / 60); b < 1000 {
		t.Errorf("%d bytes a tick on a path of 20 ms, want at least 1000", b)
	}
	st := l.conn.Stats()
	if !st.AppLimited || st.Competing || st.SendWindow != 12000 || st.PacingRate <= 0 {
		t.Errorf("%+v on a quiet connection", st)
	}
}

// TestSoakTinyState: a thousand seconds of small state, with losses and one
// blackout, never stall, and a reliable message is never held back.
func TestSoakTinyState(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	l := connect(t, nil)
	l.lose = func(_ bool, n int) bool { return n%11 == 5 }
	got, chats, silent, longest := 0, 0, 0, 0
	for ms := range 1_000_000 {
		if ms%50 == 0 {
			l.conn.Send(l.now, chState, []byte("state"))
			l.accepted.Send(l.now, chState, []byte("state"))
		}
		if ms%1000 == 0 {
			l.conn.Send(l.now, chChat, []byte("hello"))
		}
		l.step()
		silent++
		for ch, _, ok := l.accepted.Receive(); ok; ch, _, ok = l.accepted.Receive() {
			got++
			silent = 0
			if ch == chChat {
				chats++
			}
		}
		for _, _, ok := l.conn.Receive(); ok; _, _, ok = l.conn.Receive() {
		}
		for _, c := range []*Conn{l.conn, l.accepted} {
			for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
			}
		}
		longest = max(longest, silent)
	}
	if longest > 300 || chats < 999 || got < 17_500 {
		t.Errorf("%d messages, %d reliable of 1000, %d ms without one", got, chats, longest)
	}
}
