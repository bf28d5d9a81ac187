package netcode

import "time"

// KeepaliveNAT is a Config.Keepalive for connections that may have nothing to
// say for minutes, such as a lobby's: the client speaks as rarely as the NAT
// in front of it lets it, and finds out how rarely that is; the server keeps
// silent. Both ends should choose it, with a Timeout of a minute or more, or
// none.
//
// The client begins with 15 seconds and doubles the interval while its
// mapping holds. A mapping that was gone shows when the server sees it come
// from elsewhere and challenges it, which costs a round trip, and says that
// the interval was too long.
const KeepaliveNAT time.Duration = -1

const (
	// natStart is where the search begins: half of the 30 seconds that the
	// hastiest common NATs and firewalls hold a UDP mapping. RFC 4787,
	// requirement 5, asks for two minutes, and recommends five.
	natStart = 15 * time.Second

	// natMin and natMax bound the interval.
	natMin = 5 * time.Second
	natMax = 10 * time.Minute

	// natMargin is subtracted from the longest interval that held: 1/8, for
	// NATs that sweep now and then.
	natMargin = 8

	// natRepeats is how often a keepalive that is not acknowledged is sent
	// again at once, with intervals that double: if all that got lost, the
	// link is down, and the next interval comes.
	natRepeats = 4

	// natRepeat is the least time before the first repetition.
	natRepeat = time.Second

	// minTimeoutNAT leaves room for three lost keepalives of a beginner.
	minTimeoutNAT = 4 * natStart
)

// natSearch finds the longest interval that holds a NAT's mapping, between one
// that held and one that did not. A nil *natSearch belongs to a connection
// that does not search.
type natSearch struct {
	low, high time.Duration // held; did not (zero: not known)
	interval  time.Duration
	limit     time.Duration
	gap       time.Duration // of silence before the keepalive that waits
	waiting   bool          // for its acknowledgement
	repeats   int
}

// newNATSearch returns the search of a dialled connection, if cfg wants one.
func newNATSearch(cfg *Config) *natSearch {
	if cfg.Keepalive != KeepaliveNAT {
		return nil
	}
	limit := natMax
	if cfg.Timeout > 0 {
		limit = min(limit, cfg.Timeout/3)
	}
	return &natSearch{interval: natStart, limit: limit}
}

// held records that a keepalive was acknowledged, and no challenge came before.
func (n *natSearch) held() {
	if n == nil || !n.waiting {
		return
	}
	n.waiting = false
	n.low = max(n.low, n.gap)
	n.choose()
}

// expired records that the mapping was not there any more.
func (n *natSearch) expired() {
	if n == nil || !n.waiting {
		return
	}
	n.waiting = false
	n.high = n.gap
	if n.low >= n.high {
		n.low = 0 // it is another NAT than it was
	}
	n.choose()
}

// choose sets the next interval: doubling while nothing failed, then halfway,
// and within a quarter of the truth the longest that held, less a margin.
func (n *natSearch) choose() {
	switch {
	case n.high == 0: // a silence that others broke proves nothing
		n.interval = min(max(2*n.low, natStart), n.limit)
	case n.low == 0:
		n.interval = max(n.high/2, natMin)
	case n.high-n.low > n.low/4:
		n.interval = n.low + (n.high-n.low)/2
	default:
		n.interval = max(n.low-n.low/natMargin, natMin)
	}
}

// KeepaliveInterval returns how long the connection is silent at most. It is
// zero if it may be silent for ever: a server's with KeepaliveNAT.
func (c *Conn) KeepaliveInterval() time.Duration {
	switch {
	case c.nat != nil:
		return c.nat.interval
	case c.core.cfg.Keepalive == KeepaliveNAT:
		return 0
	}
	return c.core.cfg.Keepalive
}

// keepaliveDeadline returns when a keepalive is due; zero if never.
func (c *Conn) keepaliveDeadline() time.Time {
	interval := c.KeepaliveInterval()
	if interval == 0 {
		return time.Time{}
	}
	if n := c.nat; n != nil && n.waiting && n.repeats < natRepeats {
		repeat := max(2*c.out.RTT.ProbeDelay(c.core.cfg.MaxAckDelay), natRepeat) << n.repeats
		interval = min(interval, repeat)
	}
	return c.lastSent.Add(interval)
}

// keepAlive asks for a ping if the connection was silent for long enough.
func (c *Conn) keepAlive(now time.Time) {
	due := c.keepaliveDeadline()
	if due.IsZero() || now.Before(due) {
		return
	}
	c.ping = true
	if c.dialled && !c.core.cfg.Plaintext {
		c.owed |= owedPadding
	}
	n := c.nat
	if n == nil {
		return
	}
	c.owed |= carriesKeepalive
	if n.waiting && n.repeats < natRepeats {
		n.repeats++
		return
	}
	last := c.lastSent
	if c.lastReceived.After(last) {
		last = c.lastReceived // which may have held the mapping too
	}
	n.waiting, n.repeats, n.gap = true, 0, now.Sub(last)
}

// reboundSeen is told that the server challenges the path in use: it sees this
// client come from elsewhere.
func (c *Conn) reboundSeen() { c.nat.expired() }
