package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A server that closes a connection whose client is moving says so where the
// client was, and where it seems to be now: nobody may be left at the former
// (docs/PROTOCOL.md, section 7). As everything to a path that is not validated,
// that takes no more bytes than came from there.

// heardClosed looks at where a packet came from that opened after the close:
// its sender does not know yet, and may have moved.
func (c *Conn) heardClosed(now time.Time, path Path, number uint64, bytes int, frames []byte) {
	if c.ending == nil || c.dialled || c.shaking != nil || c.core.cfg.Plaintext || samePeer(path, c.path) {
		return
	}
	c.replay.Mark(number) // a copy pays for nothing
	k := c.candidate(path)
	if k == nil {
		if number < c.in.Next() || wire.OnlyProbes(frames) || c.addCandidate(now, path) != nil {
			return
		}
		k = c.candidate(path)
	}
	k.heardAt, k.path.Local = now, path.Local
	k.credit += bytes
}

// closeAside sends the note of the close to the paths that were being
// validated, where enough came from. The last one goes without its text if that
// is too dear, but not if the text is where to go.
func (c *Conn) closeAside(now time.Time, out Sender) {
	if c.others == nil || c.dialled {
		return
	}
	e := c.ending
	f := wire.Frame{Channel: wire.ControlClose, Reason: uint8(e.reason), Data: []byte(e.text)}
	for i := range c.others.candidates {
		k := &c.others.candidates[i]
		if f.Data = []byte(e.text); k.credit < c.asideLen(&f) && e.left == 0 && e.reason != CloseRedirect {
			f.Data = nil
		}
		if k.credit >= c.asideLen(&f) {
			k.credit -= c.sendAside(now, out, k.path, &f, 0, 0)
		}
	}
}
