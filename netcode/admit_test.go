package netcode

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAdmit: the application hears of a client's key, hello and token before
// anyone else does, in every mode, and has the last word.
func TestAdmit(t *testing.T) {
	long := strings.Repeat("t", 997)
	for _, mode := range []string{"IK", "XX", "plaintext"} {
		t.Run(mode, func(t *testing.T) {
			var asked []Applicant
			l := newLab(t, func(server, client *Config) {
				server.Plaintext, client.Plaintext = mode == "plaintext", mode == "plaintext"
				server.Admit = func(_ time.Time, a Applicant) (any, error) {
					a.Hello, a.Token = bytes.Clone(a.Hello), bytes.Clone(a.Token)
					asked = append(asked, a)
					return "player 7", nil
				}
			})
			opt := DialOptions{Hello: []byte("ada"), Token: []byte(long)}
			if mode == "IK" {
				opt.ServerKey = l.server.PublicKey()
			}
			l.dial(opt)
			l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
			if len(asked) != 1 {
				t.Fatalf("asked %d times", len(asked))
			}
			a := asked[0]
			if string(a.Hello) != "ada" || string(a.Token) != long || a.Path.Remote != clientPath.Remote {
				t.Errorf("asked about %q, %d bytes of token, from %v", a.Hello, len(a.Token), a.Path.Remote)
			}
			if mode != "plaintext" && a.PeerKey != l.client.PublicKey() {
				t.Error("the key is not the client's")
			}
			if l.accepted.User() != "player 7" {
				t.Errorf("User is %v", l.accepted.User())
			}
		})
	}
}

func TestNotAdmitted(t *testing.T) {
	for _, test := range []struct {
		err  error
		want *CloseError
	}{
		{errors.New("token: expired"), &CloseError{Reason: CloseNotAdmitted, Text: "token: expired", Remote: true}},
		{fmt.Errorf("no: %w", &CloseError{Reason: CloseBanned, Text: "until Friday"}), &CloseError{Reason: CloseBanned, Text: "until Friday", Remote: true}},
	} {
		l := newLab(t, func(server, _ *Config) {
			server.Admit = func(time.Time, Applicant) (any, error) { return nil, test.err }
		})
		l.dial(DialOptions{ServerKey: l.server.PublicKey()})
		l.until("refused", func() bool { return l.conn.State() == StateClosed })
		var got *CloseError
		if !errors.As(l.conn.Err(), &got) || *got != *test.want {
			t.Errorf("%v, want %v", l.conn.Err(), test.want)
		}
		if l.accepted != nil || l.server.Stats().NotAdmitted != 1 {
			t.Errorf("announced: %v; %d counted", l.accepted != nil, l.server.Stats().NotAdmitted)
		}
	}
}

func TestTokenTooLong(t *testing.T) {
	l := newLab(t, nil)
	_, err := l.client.Dial(l.now, serverPath, DialOptions{Hello: make([]byte, 512), Token: make([]byte, 489)})
	if err == nil || !strings.Contains(err.Error(), "1001 bytes, want at most 1000") {
		t.Errorf("Dial: %v", err)
	}
}
