package netcode

import (
	"errors"
	"time"
)

// An Applicant is a client that has proven its key and asks to be let in.
type Applicant struct {
	Path    Path
	PeerKey [32]byte // zero in plaintext mode, which proves nothing
	Hello   []byte   // DialOptions.Hello
	Token   []byte   // DialOptions.Token; empty if there is none
}

// admit opens an accepted connection unless there is no room, or the
// application does not want it.
func (c *Conn) admit(now time.Time, hello, token []byte) {
	core := c.core
	if core.accepted >= core.cfg.MaxConns {
		c.Close(now, CloseFull, "")
		return
	}
	if core.cfg.Admit != nil {
		user, err := core.cfg.Admit(now, Applicant{Path: c.path, PeerKey: c.peerKey, Hello: hello, Token: token})
		if err != nil {
			core.stats.NotAdmitted++
			reason, text := CloseNotAdmitted, err.Error()
			var why *CloseError
			if errors.As(err, &why) {
				reason, text = why.Reason, why.Text
			}
			c.Close(now, reason, text)
			return
		}
		c.user = user
	}
	c.open(Event{Hello: hello})
}
