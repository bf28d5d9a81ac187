package netcode

import (
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/pace"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A connection is its ID and its keys, not its address (docs/PROTOCOL.md,
// section 11). The client decides where it is, by sending from there; the
// server follows, once the new path has answered a challenge.

// ErrNoMigration means that the connection cannot change its path: it is the
// server's end, which follows its client, or it is in plaintext mode, where
// nobody can prove who is at the other end of a new path.
var ErrNoMigration = errors.New("netcode: this end of the connection does not choose its path")

const (
	// maxCandidates bounds the paths that are being validated at once: where
	// the peer is now, and where it was a moment ago.
	maxCandidates = 2

	// challengeTries is how often a path is challenged, with intervals that
	// double up to maxChallengeInterval, before it is given up: all of them, or
	// their answers, get lost in 2 of 100 cases at 30 % loss each way, and the
	// next packet from there begins anew.
	challengeTries = 5

	// minChallengeInterval is the shortest time between two challenges of one
	// path; it is the probe delay (RFC 9002, section 6.2.1) where that is
	// longer.
	minChallengeInterval = 50 * time.Millisecond

	// maxChallengeInterval is the longest, but for the last, which is at least
	// a probe delay. A client that changed its port hears nothing but
	// challenges: without this bound, at a round trip of 2 s and 25 % loss, one
	// in fifteen heard none before it gave up (TestSoakSeeds).
	maxChallengeInterval = 500 * time.Millisecond

	// minChallengeSpace lies between any two challenges of a connection. Who
	// can make it believe in new paths, by overtaking its peer's packets from
	// false addresses, makes it send 50 of these a second.
	minChallengeSpace = 20 * time.Millisecond

	// formerTime is how long the path before the present one is remembered.
	// RFC 9000, section 9.3, wants three probe delays.
	formerTime = 3 * time.Second
)

// paths is what a connection knows of paths beside the one it uses. It exists
// while there is anything to know.
type paths struct {
	candidates []candidate // at most maxCandidates; a client's one

	former      Path // used before; invalid if none
	formerUntil time.Time
	checkFormer bool // a challenge is to go there

	answers   []answer  // responses to send on paths that are not used, at most maxCandidates
	challenge time.Time // no other challenge leaves before
}

// A candidate is a path that is being validated.
//
//	(none) ── TryPath; server: newest packet from there ──▸ challenged
//	challenged ── response from there ──▸ the connection's path
//	challenged ── challengeTries without a response ──▸ (none)
type candidate struct {
	path    Path
	data    [wire.ChallengeLen]byte
	since   time.Time // when the first packet from there came
	heardAt time.Time
	sentAt  time.Time // of the last challenge
	sendAt  time.Time // of the next
	tries   int
	credit  int  // bytes received from there, less bytes sent there
	starved bool // more has to come from there before anything may go there
}

// An answer is a response that waits for a flush.
type answer struct {
	path Path
	data [wire.ChallengeLen]byte
}

// TryPath asks whether the server can be reached over path, and moves the
// connection there when it has answered: from a relay to a direct path, or to
// another socket. EventPathChanged or EventPathFailed follows. Until then
// nothing changes. Asking again while a path is being tried does nothing.
// Nothing follows if the connection uses the path already, or ends before.
//
// The last word counts: another path that is being tried is given up, with
// EventPathFailed, and its answer, should it still come, moves nothing.
//
// The errors are ErrClosed, ErrNotConnected, ErrNoMigration, and ErrPathInUse
// if another connection uses the path.
func (c *Conn) TryPath(now time.Time, path Path) error {
	if err := c.checkMove(path); err != nil {
		return err
	}
	c.giveUpTries(path)
	if samePeer(path, c.path) || c.candidate(path) != nil {
		return nil
	}
	if err := c.addCandidate(now, path); err != nil {
		return err
	}
	c.core.byPeer[keyOf(path)] = c
	c.touch(now)
	return nil
}

// MovePath moves the connection to path at once: for when it is known that the
// present one is gone, as after a change of network. The server follows when
// it has validated the path. What TryPath is trying is given up, with
// EventPathFailed unless it is path. The errors are those of TryPath.
func (c *Conn) MovePath(now time.Time, path Path) error {
	if err := c.checkMove(path); err != nil {
		return err
	}
	c.giveUpTries(path)
	if samePeer(path, c.path) {
		return nil
	}
	c.core.trace.at(now)
	c.dropCandidate(path)
	c.core.byPeer[keyOf(path)] = c
	c.moveTo(now, path, 0)
	c.touch(now)
	return nil
}

// giveUpTries makes the challenges of a client's other attempts void: a later
// instruction than theirs is to move to path, or to stay there.
func (c *Conn) giveUpTries(path Path) {
	if c.others == nil {
		return
	}
	for i := len(c.others.candidates) - 1; i >= 0; i-- {
		if tried := c.others.candidates[i].path; !samePeer(tried, path) {
			c.tryFailed(tried)
		}
	}
}

// tryFailed gives up a path that was being validated. The application of a
// client asked for it, and is told.
func (c *Conn) tryFailed(path Path) {
	c.dropCandidate(path)
	if !c.dialled {
		return
	}
	if !samePeer(path, c.others.former) {
		c.unlist(path)
	}
	c.core.emit(Event{Kind: EventPathFailed, Conn: c, Path: path})
}

// checkMove returns why the application may not move the connection to path.
func (c *Conn) checkMove(path Path) error {
	switch other := c.core.byPeer[keyOf(path)]; {
	case c.state == StateClosed:
		return ErrClosed
	case !c.dialled || c.core.cfg.Plaintext || !path.Remote.IsValid():
		return ErrNoMigration
	case c.state != StateOpen || c.shaking != nil:
		return ErrNotConnected
	case other != nil && other != c:
		return ErrPathInUse
	}
	return nil
}

// mayMigrate reports whether packets from elsewhere mean anything.
func (c *Conn) mayMigrate() bool {
	return c.state == StateOpen && c.shaking == nil && !c.core.cfg.Plaintext
}

func (c *Conn) candidate(path Path) *candidate {
	if c.others == nil {
		return nil
	}
	for i := range c.others.candidates {
		if k := &c.others.candidates[i]; samePeer(k.path, path) {
			return k
		}
	}
	return nil
}

// addCandidate begins to validate path, in place of the candidate that was
// heard of longest ago if there are too many.
func (c *Conn) addCandidate(now time.Time, path Path) error {
	k := candidate{path: path, since: now, heardAt: now, sendAt: now}
	if _, err := io.ReadFull(c.core.cfg.Random, k.data[:]); err != nil {
		return err
	}
	if c.others == nil {
		c.others = &paths{}
	}
	o := c.others
	if len(o.candidates) < maxCandidates {
		o.candidates = append(o.candidates, k)
		return nil
	}
	oldest := &o.candidates[0]
	for i := range o.candidates {
		if o.candidates[i].heardAt.Before(oldest.heardAt) {
			oldest = &o.candidates[i]
		}
	}
	*oldest = k
	return nil
}

// dropCandidate forgets path as a candidate.
func (c *Conn) dropCandidate(path Path) {
	if c.others == nil {
		return
	}
	o := c.others
	for i := range o.candidates {
		if samePeer(o.candidates[i].path, path) {
			o.candidates = append(o.candidates[:i], o.candidates[i+1:]...)
			return
		}
	}
}

// arrivedFrom looks at where a packet that opened came from. newest says that
// its number is above all before: a delayed or a recorded packet moves nobody.
func (c *Conn) arrivedFrom(now time.Time, path Path, newest bool, bytes int, frames []byte) {
	if samePeer(path, c.path) {
		if newest && !c.dialled && path.Local != c.path.Local {
			// Answer from the address asked. A client leaves the choice to
			// its routes, which may change under it.
			old := c.path
			c.path.Local = path.Local
			c.core.trace.moved(c, old)
		}
		return
	}
	if c.dialled || !c.mayMigrate() {
		return // a client decides for itself where it is
	}
	k := c.candidate(path)
	if k != nil {
		k.heardAt, k.path.Local = now, path.Local
		k.credit += bytes
		if k.starved {
			k.starved, k.sendAt = false, now
		}
	}
	if !newest || wire.OnlyProbes(frames) {
		return
	}
	if o := c.others; o != nil && samePeer(path, o.former) && now.Before(o.formerUntil) {
		c.moveTo(now, path, 0) // it has proven itself before
		return
	}
	if k == nil && c.addCandidate(now, path) == nil {
		c.candidate(path).credit = bytes
	}
}

// receiveChallenge owes the path that a challenge came over a response.
func (c *Conn) receiveChallenge(data []byte) {
	if !c.mayMigrate() {
		return
	}
	from := c.core.from
	a := answer{from, [wire.ChallengeLen]byte(data)}
	if samePeer(from, c.path) {
		c.owed |= owedResponse
		c.response = a.data
		c.reboundSeen()
		return
	}
	if c.others == nil {
		c.others = &paths{}
	}
	o := c.others
	for i := range o.answers {
		if samePeer(o.answers[i].path, from) {
			o.answers[i] = a
			return
		}
	}
	if len(o.answers) < maxCandidates {
		o.answers = append(o.answers, a)
	}
}

// receiveResponse validates the candidate that a response came over.
func (c *Conn) receiveResponse(now time.Time, data []byte) {
	k := c.candidate(c.core.from)
	if k == nil || k.tries == 0 || k.data != [wire.ChallengeLen]byte(data) || !c.mayMigrate() {
		return // late, or about a path that was tried in vain
	}
	path, since, trip := k.path, k.since, time.Duration(0)
	if k.tries == 1 {
		trip = now.Sub(k.sentAt) // else nobody knows which one was answered
	}
	newPort := !c.dialled && !otherNetwork(path, c.path)
	c.dropCandidate(path)
	c.moveTo(now, path, trip)
	if newPort {
		// A NAT gave the client another port. What went to the old one since
		// is lost, and nobody needs to wait for proof.
		c.out.GiveUp(since)
		c.loseAll(now)
	}
}

// otherNetwork reports whether more than the peer's port differs. A new port
// alone is most likely the same network behind the same NAT (RFC 9000, section
// 9.4).
func otherNetwork(a, b Path) bool {
	return a.Remote.Addr() != b.Remote.Addr() || a.Carrier != b.Carrier
}

// moveTo makes path the connection's. trip is a sample of its round-trip time,
// or zero.
func (c *Conn) moveTo(now time.Time, path Path, trip time.Duration) {
	if c.others == nil {
		c.others = &paths{}
	}
	o, old := c.others, c.path
	returning := samePeer(path, o.former)
	c.path = path
	c.forgetFormer()
	if c.dialled || !returning {
		// The server looks whether the old path lives as well. If its peer
		// never left, and somebody else overtook its packets from here, it
		// answers from there, and takes the connection back (RFC 9000,
		// section 9.3.3). A path left in that way must prove itself again.
		o.former, o.formerUntil, o.checkFormer = old, now.Add(formerTime), !c.dialled
	}
	c.out.Since = c.out.Next() // what was sent before tells nothing of this path
	c.mtu.probe = 0
	if otherNetwork(old, path) {
		c.control = pace.Controller{}
		c.out.RTT = ack.RTT{}
		if trip > 0 {
			c.out.RTT.Add(trip, 0)
		}
		c.mtu = mtu{at: now.Add(mtuPathWait)}
	}
	if c.dialled {
		c.ping, c.owed = true, c.owed|owedPadding // so that the server sees it
	} else {
		c.owed |= carriesObserved
	}
	c.stats.PathChanges++
	c.core.trace.moved(c, old)
	c.core.emit(Event{Kind: EventPathChanged, Conn: c, Path: path})
}

// forgetFormer forgets the path before this one.
func (c *Conn) forgetFormer() {
	o := c.others
	if c.dialled && !samePeer(o.former, c.path) && c.candidate(o.former) == nil {
		c.unlist(o.former)
	}
	o.former, o.formerUntil, o.checkFormer = Path{}, time.Time{}, false
}

// unlist stops finding the connection by a path.
func (c *Conn) unlist(path Path) {
	if key := keyOf(path); c.core.byPeer[key] == c {
		delete(c.core.byPeer, key)
	}
}

// unlistAll stops finding a dialled connection.
func (c *Conn) unlistAll() {
	c.unlist(c.path)
	if c.others == nil {
		return
	}
	c.unlist(c.others.former)
	for i := range c.others.candidates {
		c.unlist(c.others.candidates[i].path)
	}
}

// flushPaths sends what goes to paths that are not used, and forgets those
// that did not answer.
func (c *Conn) flushPaths(now time.Time, out Sender) {
	o := c.others
	if o == nil || !c.mayMigrate() {
		return
	}
	for i := range o.answers {
		a := &o.answers[i]
		c.sendAside(now, out, a.path, &wire.Frame{Channel: wire.ControlResponse, Data: a.data[:]}, 0, 0)
	}
	o.answers = o.answers[:0]
	if o.checkFormer {
		o.checkFormer = false
		var data [wire.ChallengeLen]byte // who is there answers with more than a response
		c.sendAside(now, out, o.former, &wire.Frame{Channel: wire.ControlChallenge, Data: data[:]}, 0, 0)
	}
	for i := 0; i < len(o.candidates); i++ {
		k := &o.candidates[i]
		if now.Before(c.challengeAt(k)) {
			continue
		}
		if k.tries == challengeTries || k.starved {
			c.tryFailed(k.path)
			i--
			continue
		}
		c.challengePath(now, out, k)
	}
	if o.former.Remote.IsValid() && !now.Before(o.formerUntil) {
		c.forgetFormer()
	}
	if len(o.candidates) == 0 && !o.former.Remote.IsValid() && len(o.answers) == 0 {
		c.others = nil
	}
}

// challengeAt returns when k is to be challenged, or given up.
func (c *Conn) challengeAt(k *candidate) time.Time {
	if k.tries < challengeTries && !k.starved && c.others.challenge.After(k.sendAt) {
		return c.others.challenge
	}
	return k.sendAt
}

// challengePath challenges a candidate, if that takes no more bytes than came
// from there. A client may: it was told to.
func (c *Conn) challengePath(now time.Time, out Sender, k *candidate) {
	f := wire.Frame{Channel: wire.ControlChallenge, Data: k.data[:]}
	if !c.dialled && k.credit < c.asideLen(&f) {
		k.starved, k.sendAt = true, now.Add(formerTime)
		return
	}
	k.sentAt = now
	probe := max(c.out.RTT.ProbeDelay(0), minChallengeInterval)
	interval := min(probe<<k.tries, maxChallengeInterval)
	if k.tries++; k.tries == challengeTries {
		interval = max(interval, probe)
	}
	k.sendAt = now.Add(interval)
	c.others.challenge = now.Add(minChallengeSpace)
	c.stats.Challenges++
	k.credit -= c.sendAside(now, out, k.path, &f, 0, 0)
}

// pathsDeadline returns when flushPaths has something to do.
func (c *Conn) pathsDeadline() (t time.Time) {
	o := c.others
	if o == nil || !c.mayMigrate() {
		return time.Time{}
	}
	if len(o.answers) > 0 || o.checkFormer {
		return c.atOnce()
	}
	for i := range o.candidates {
		t = earlier(t, c.challengeAt(&o.candidates[i]))
	}
	return earlier(t, o.formerUntil)
}

// ObservedAddr returns the address from which the server sees this client's
// datagrams come: outside its NAT, if there is one. It is not valid before the
// server has told, and on the server's end.
func (c *Conn) ObservedAddr() netip.AddrPort { return c.observed }
