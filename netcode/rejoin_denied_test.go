package netcode

import (
	"errors"
	"testing"
	"time"
)

// TestRejoinDenied: who is not let back in hears why, from the ordinary
// handshake, and neither its ticket nor the connection that it had is lost.
func TestRejoinDenied(t *testing.T) {
	for _, test := range []struct {
		name  string
		deny  func(l *lab)
		allow func(l *lab)
		want  CloseReason
		admit int // turned away by Config.Admit
		lost  bool
	}{
		{
			"build",
			func(l *lab) { l.client.identity.Build++ },
			func(l *lab) { l.client.identity.Build-- }, CloseWrongVersion, 0, false,
		},
		{
			"full",
			func(l *lab) { l.server.accepted += l.server.cfg.MaxConns },
			func(l *lab) { l.server.accepted -= l.server.cfg.MaxConns }, CloseFull, 0, true,
		},
		{
			"admission",
			func(l *lab) {
				l.server.cfg.Admit = func(time.Time, Applicant) (any, error) {
					return nil, &CloseError{Reason: CloseBanned, Text: "for a day"}
				}
			},
			func(l *lab) { l.server.cfg.Admit = nil }, CloseBanned, 1, false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := ticketed(t, nil)
			ticket, old := l.conn.Ticket(), l.accepted
			if test.lost { // an open one needs no other place
				l.lose = func(bool, int) bool { return true }
				l.run(15 * time.Second)
				l.lose = nil
			}
			state := old.State()
			test.deny(l)
			l.rejoin(DialOptions{Early: []byte("never")})
			l.until("close", func() bool { return l.conn.State() == StateClosed })
			var why *CloseError
			if !errors.As(l.conn.Err(), &why) || why.Reason != test.want || l.conn.Resumed() {
				t.Errorf("resumed %v, closed with %v", l.conn.Resumed(), l.conn.Err())
			}
			if old.State() != state || old.User() != "seat 3" {
				t.Errorf("the connection before is in state %d, was in %d: %v", old.State(), state, old.Err())
			}
			stats := l.server.Stats()
			if stats.RejoinsDenied != 1 || stats.Rejoins != 0 || stats.TicketsRefused != 0 || int(stats.NotAdmitted) != test.admit {
				t.Errorf("%+v", stats)
			}
			l.run(pendingTimeout)
			if l.accepted != nil || len(l.server.pending) != 0 {
				t.Error("the server kept it")
			}
			test.allow(l)
			l.accepted = nil
			l.dial(DialOptions{Ticket: ticket, Early: []byte("now")})
			l.until("rejoin", func() bool { return l.accepted != nil && l.conn.shaking == nil })
			if e := l.eventOf(EventConnected, l.accepted); e.Prior != old || string(e.Early) != "now" || l.accepted.User() != "seat 3" {
				t.Errorf("after that: %+v", e)
			}
			l.exchange()
		})
	}
}

// TestRejoinInAFullServer: who replaces its own connection needs no place.
func TestRejoinInAFullServer(t *testing.T) {
	l := ticketed(t, func(server, client *Config) { server.MaxConns = 1 })
	old := l.rejoin(DialOptions{})
	l.until("rejoin", func() bool { return l.accepted != nil && l.conn.shaking == nil })
	if !l.conn.Resumed() || !errors.Is(old.Err(), &CloseError{Reason: CloseReplaced}) || l.server.accepted != 1 {
		t.Errorf("resumed %v, %v, %d open", l.conn.Resumed(), old.Err(), l.server.accepted)
	}
}

// TestRejoinAdmit: the application is asked again, told who comes back, and
// says who it is from now on, or lets it be who it was.
func TestRejoinAdmit(t *testing.T) {
	for _, test := range []struct {
		name       string
		user, want any
	}{{"stays", nil, "seat 3"}, {"is another", "seat 4", "seat 4"}} {
		t.Run(test.name, func(t *testing.T) {
			l := ticketed(t, nil)
			var asked []Applicant
			var users []any
			l.server.cfg.Admit = func(_ time.Time, a Applicant) (any, error) {
				asked, users = append(asked, a), append(users, a.Prior.User())
				return test.user, nil
			}
			key := l.client.PublicKey()
			old := l.rejoin(DialOptions{Hello: []byte("ada"), Token: []byte("not sent"), Early: []byte("x")})
			l.until("rejoin", func() bool { return l.accepted != nil && l.conn.shaking == nil })
			if len(asked) != 1 || asked[0].Prior != old || asked[0].PeerKey != key || len(asked[0].Token) > 0 || users[0] != "seat 3" {
				t.Fatalf("asked %+v of %v", asked, users)
			}
			if l.accepted.User() != test.want || !l.accepted.Resumed() {
				t.Errorf("user %v, resumed %v", l.accepted.User(), l.accepted.Resumed())
			}
			l.exchange()
			if len(asked) != 1 {
				t.Errorf("asked %d times", len(asked))
			}
		})
	}
}

// TestRejoinDeniedAgain: a recorded Rejoin of somebody who was denied costs
// the server a question, and gets 32 bytes, however often it comes; and is
// good once, when the reason has gone.
func TestRejoinDeniedAgain(t *testing.T) {
	l := ticketed(t, nil)
	denied := true
	l.server.cfg.Admit = func(time.Time, Applicant) (any, error) {
		if denied {
			return nil, errors.New("not now")
		}
		return nil, nil
	}
	d := l.rejoinDatagram()
	for range 5 {
		if got := l.answers(clientPath, d); len(got) != 1 || len(got[0]) != 32 {
			t.Fatalf("answer %x", got)
		}
	}
	denied = false
	for i, path := range []Path{clientPath, secondPath(true), directFrom} {
		got := l.answers(path, d)
		if resumed := len(got) == 1 && len(got[0]) > 32; resumed != (i == 0) {
			t.Errorf("%d: answer %x", i, got)
		}
	}
	if s := l.server.Stats(); s.Rejoins != 1 || s.RejoinsDenied != 5 || s.NotAdmitted != 0 {
		t.Errorf("%+v", s)
	}
}
