package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Datagram packetization layer path MTU discovery, RFC 8899. What is believed
// is what our own packets show, acknowledged under the connection's keys. ICMP
// is never read: whoever can send one could else shrink a connection
// (CVE-2024-53259).
//
//	          2nd round trip     acknowledged: raise
//	 base ──────────────────▸ search ◂──────┐
//	  ▴ ▴  1,200 bytes          │  │ ▴──────┘ lost 3 times: not as high
//	  │ └── black hole ─────────┘  │ nothing left to ask
//	  └──── black hole ── done ◂───┘ after 10 minutes: search

// mtuLadder are the sizes that are asked for, in bytes of UDP payload: those
// that links and tunnels have, less 28 bytes for IPv4 or 48 for IPv6.
var mtuLadder = [...]uint16{
	wire.MaxDatagram, // BASE_PLPMTU: RFC 9000, section 14.2
	1232,             // IPv6's least MTU, 1,280
	1372,             // WireGuard, IPv6 (1,420); many mobile networks (1,400), IPv4
	1392,             // WireGuard, IPv4
	1432,             // PPPoE (1,492) or IPv4 tunnel (1,480), IPv6
	1452,             // Ethernet, IPv6; PPPoE or IPv6 tunnel, IPv4
	1472,             // Ethernet, IPv4
}

const (
	// limitDatagram is the largest datagram ever sent, and over IPv6.
	limitDatagram  = 1472
	limitDatagram6 = 1452

	// mtuLosses are as many lost probes of one size as say that it does not
	// fit (MAX_PROBES, RFC 8899, section 5.1.2).
	mtuLosses = 3

	// mtuRaise is when a search is made again that ended below the limit
	// (PMTU_RAISE_TIMER, section 5.1.1).
	mtuRaise = 600 * time.Second

	// mtuStart and mtuPathWait are how long after the beginning, and after a
	// change of path, the search begins: let what is urgent go first.
	mtuStart    = time.Second
	mtuPathWait = 100 * time.Millisecond

	// mtuSpace lies between a lost probe and the next, so that one burst of
	// losses does not take all of a size.
	mtuSpace = 200 * time.Millisecond

	// mtuHole is how many large packets in a row must be lost, while small
	// ones that were sent between them arrive, for a black hole: at 10 % loss
	// six do by chance once in a million. mtuHoleWait is when to search again.
	mtuHole     = 6
	mtuHoleWait = 60 * time.Second

	// mtuSilence is how many probe delays, and mtuSilenceMin at least how
	// long, a large packet may be out with nothing acknowledged at all. Most
	// likely it is an outage, so the search comes again soon.
	mtuSilence     = 3
	mtuSilenceMin  = time.Second
	mtuSilenceWait = 5 * time.Second
)

// mtu searches how large datagrams may be. The zero value sends 1,200 bytes
// and searches at once.
type mtu struct {
	at     time.Time // when the next probe may leave; the search's end if it is done
	probe  uint64    // one more than the packet that is the probe in flight; 0 if none
	large  uint64    // one more than the newest packet above the base sent
	hole   uint64    // one more than the large packet lost last, since one arrived
	small  uint64    // one more than the newest small packet that arrived
	size   uint16    // of datagrams; 0 means the base
	good   uint8     // rung of the ladder that size stands on
	bad    uint8     // lowest rung that failed; 0 if none did
	asked  uint8     // rung of the probe
	losses uint8     // of probes of this rung
	vanish uint8     // large packets lost since one arrived
}

// MaxDatagram returns the size up to which datagrams are filled at present, in
// bytes of UDP payload: 1,200 at first, and what the path is found to carry
// later (Config.MaxDatagram bounds it).
func (c *Conn) MaxDatagram() int { return max(int(c.mtu.size), wire.MaxDatagram) }

// mtuLimit is the largest datagram that the path could carry.
func (c *Conn) mtuLimit() uint16 {
	limit := c.core.cfg.MaxDatagram
	if a := c.path.Remote.Addr(); a.Is6() && !a.Is4In6() {
		limit = min(limit, limitDatagram6)
	}
	return uint16(limit)
}

// rungs returns how many sizes there are up to limit.
func rungs(limit uint16) (n uint8) {
	for n = 1; mtuLadder[n-1] < limit; n++ {
	}
	return n
}

// next returns the rung to ask for: the highest first, since most paths carry
// it; then halfway. Zero means that the search is done.
func (m *mtu) next(limit uint16) uint8 {
	if m.bad == 0 {
		if top := rungs(limit) - 1; top > m.good {
			return top
		}
		return 0
	}
	if m.bad == m.good+1 {
		return 0
	}
	return (m.good + m.bad) / 2
}

// mtuDeadline returns when a probe is due.
func (c *Conn) mtuDeadline() time.Time {
	limit := c.mtuLimit()
	if c.mtu.probe != 0 || c.shaking != nil || c.out.RTT.Samples == 0 ||
		c.mtu.next(limit) == 0 && (c.mtu.bad == 0 || c.mtu.at.IsZero()) {
		return time.Time{}
	}
	return c.mtu.at
}

// probeMTU sends a probe if one is due.
func (c *Conn) probeMTU(now time.Time, out Sender) {
	due := c.mtuDeadline()
	if due.IsZero() || now.Before(due) {
		return
	}
	m, limit := &c.mtu, c.mtuLimit()
	if m.next(limit) == 0 {
		m.bad, m.losses = 0, 0 // look again whether more fits by now
	}
	m.asked = m.next(limit)
	size := min(mtuLadder[m.asked], limit)
	c.stats.MTUProbes++
	c.sendAside(now, out, c.path, &wire.Frame{Channel: wire.ControlPing}, int(size), carriesProbe)
	m.probe = c.out.Next() // one more than its number, which may not be the next one
}

// acked learns from a packet that arrived, even if it was given up before.
func (m *mtu) acked(now time.Time, number uint64, p *ack.Packet, limit uint16) {
	if p.Bytes <= wire.MaxDatagram {
		m.small = max(m.small, number+1)
		return
	}
	m.vanish, m.hole = 0, 0
	if p.Carries&carriesProbe == 0 {
		return
	}
	if number+1 == m.probe {
		m.probe = 0
	}
	if p.Bytes <= m.size {
		return
	}
	m.size, m.losses, m.at = p.Bytes, 0, now
	for m.good+1 < rungs(limit) && min(mtuLadder[m.good+1], limit) <= p.Bytes {
		m.good++
	}
	if m.bad <= m.good {
		m.bad = 0
	}
	m.settle(now, limit)
}

// settle sets the time of the next search if this one is done.
func (m *mtu) settle(now time.Time, limit uint16) {
	if m.next(limit) == 0 {
		m.at = now.Add(mtuRaise)
	}
}

// lost learns from a packet that was given up, and reports whether it was the
// one that shows a black hole.
func (m *mtu) lost(now time.Time, number uint64, p *ack.Packet, limit uint16) bool {
	if p.Carries&carriesProbe != 0 {
		if number+1 == m.probe {
			m.probe = 0
			if at := now.Add(mtuSpace); m.at.Before(at) {
				m.at = at // later already, if a black hole was found meanwhile
			}
			if m.asked == 0 {
				return false
			}
			if m.losses++; m.losses == mtuLosses {
				m.bad, m.losses = m.asked, 0
				m.settle(now, limit)
			}
		}
		return false
	}
	if p.Bytes <= wire.MaxDatagram || m.size == 0 {
		return false
	}
	if m.hole == 0 || m.small > m.hole {
		m.vanish++
	}
	m.hole = max(m.hole, number+1)
	if m.vanish < mtuHole {
		return false
	}
	m.restart(now.Add(mtuHoleWait))
	return true
}

// restart goes back to the base, and searches again at a time.
func (m *mtu) restart(at time.Time) { *m = mtu{at: at, probe: m.probe, small: m.small} }

// checkSilence goes back to the base if large packets are out and nothing at
// all is heard.
func (c *Conn) checkSilence(now time.Time) {
	if c.mtu.large <= c.out.Acknowledged() {
		return
	}
	oldest := c.out.OldestInFlight(wire.MaxDatagram)
	if oldest == nil {
		return
	}
	patience := max(mtuSilence*c.out.RTT.ProbeDelay(c.core.cfg.MaxAckDelay), mtuSilenceMin)
	if since := c.out.SentAt(oldest).Add(patience); !now.Before(since) {
		c.mtu.restart(since.Add(mtuSilenceWait))
	}
}
