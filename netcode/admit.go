package netcode

import (
	"errors"
	"time"
)

// An Applicant is a client that asks to be let in: it has proven its key, or
// comes back with a ticket that only the owner of the key has.
type Applicant struct {
	Path    Path     // proven, but for a client that comes back: anybody may send its datagram on
	PeerKey [32]byte // zero in plaintext mode, which proves nothing
	Hello   []byte   // DialOptions.Hello
	Token   []byte   // DialOptions.Token; empty if there is none, or Prior is not nil

	// Prior, if not nil, is the connection in which a client that comes back
	// was given its ticket: its User tells who it was let in as. It is closed
	// or, with CloseReplaced, will be if the client is let in; do nothing to it.
	Prior *Conn
}

// ask asks the application about a client.
func (c *Core) ask(now time.Time, a Applicant) (user any, err error) {
	if c.cfg.Admit == nil {
		return nil, nil
	}
	return c.cfg.Admit(now, a)
}

// admit opens an accepted connection unless there is no room, or the
// application does not want it.
func (c *Conn) admit(now time.Time, hello, token []byte) {
	core := c.core
	if core.accepted >= core.cfg.MaxConns {
		c.Close(now, CloseFull, "")
		return
	}
	user, err := core.ask(now, Applicant{Path: c.path, PeerKey: c.peerKey, Hello: hello, Token: token})
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
	c.open(Event{Hello: hello})
}
