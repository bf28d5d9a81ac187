package netcode

import (
	"errors"
	"math"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// When the keys change by themselves, whichever comes first: quic-go's default
// number of packets of one direction, WireGuard's time (REKEY_AFTER_TIME). Both
// are far below what a key may do (docs/PROTOCOL.md, section 6.7), and bound
// how much a stolen key gives away.
const (
	rekeyPackets  = 100_000
	rekeyInterval = 120 * time.Second
)

// keepOldKeys is for how many probe delays late packets of the phase before
// can be opened (RFC 9001, section 6.5).
const keepOldKeys = 3

// notYet is a packet number that does not exist.
const notYet = math.MaxUint64

// phases is what a connection knows of its keys besides those in use, Conn.send
// and Conn.receive. Both directions are in the same phase, but for the time
// that a change takes to reach the peer (RFC 9001, section 6; docs/PROTOCOL.md, section 6.11).
//
//	       ours: Rekey, or due        first packet from the peer      3 probe delays
//	settled ────────────────▸ begun ────────────────────────▸ changed ─────────────▸ settled
//	   │  previous opens what the peer sends   previous opens what is late   no previous
//	   └──────────────────────────────────────────────────────▸
//	                    theirs: a packet that next opens
//
// The header carries the lowest bit of the phase, in the clear: there is nothing
// for the timing of a derivation to give away, so next is made when it is first
// needed. A forger can make us do so once a phase, and hold one key more.
type phases struct {
	number uint64             // of the phase of Conn.send and Conn.receive
	seeds  *handshake.Secrets // of the phase after it; nil in plaintext mode

	previous handshake.Protector // opens packets of the phase before; or nil
	next     handshake.Protector // opens packets of the phase after; or nil
	until    time.Time           // when previous goes; zero if the peer has not followed yet

	firstSent     uint64 // our first packet in this phase
	firstReceived uint64 // the peer's lowest packet in this phase that arrived, or notYet
	since         time.Time
	wanted        bool // Rekey was called
}

var (
	// errOldKeys reports a packet of a phase whose keys are gone.
	errOldKeys = errors.New("netcode: packet of an old key phase")
	// errKeyPhase reports a peer that changed keys before it could know that
	// we had changed them.
	errKeyPhase = errors.New("netcode: keys changed twice")
)

// startPhases makes the keys of phase 0 from the secrets of the handshake,
// which it takes.
func (c *Conn) startPhases(secrets *handshake.Secrets) (err error) {
	if c.send, err = secrets.Send.Protector(c.suite); err != nil {
		return err
	}
	if c.receive, err = secrets.Receive.Protector(c.suite); err != nil {
		return err
	}
	secrets.Send.Next(c.suite)
	secrets.Receive.Next(c.suite)
	c.phases = phases{seeds: secrets, firstReceived: notYet}
	c.sealLimit = c.suite.MaxSealed() - closeRepeats
	c.core.trace.keysChanged(c, 0, c.send, c.receive)
	return nil
}

// Rekey asks for new keys, of which the first packets are sent with a Flush as
// soon as the peer is known to use those of now: at once, or a few round trips
// after the last change. It happens by itself with the first packet after
// 100,000 others or two minutes. In plaintext mode it does nothing.
func (c *Conn) Rekey(now time.Time) {
	if c.state == StateClosed || c.core.cfg.Plaintext {
		return
	}
	c.phases.wanted = true
	c.touch(now)
}

// tendKeys forgets old keys and changes those of now, if it is time.
func (c *Conn) tendKeys(now time.Time) {
	k := &c.phases
	if k.seeds == nil {
		return
	}
	if k.previous != nil && !k.until.IsZero() && !now.Before(k.until) {
		handshake.Forget(k.previous)
		k.previous = nil
	}
	if k.since.IsZero() {
		k.since = now
	}
	// Time alone sends nothing, as in WireGuard: a packet that leaves anyway has
	// the new keys.
	due := k.wanted || c.wantsPacket(now) && (c.out.Next()-k.firstSent >= rekeyPackets || now.Sub(k.since) >= rekeyInterval)
	if due && c.keysSettled() && c.nextPhase(now) == nil {
		c.ping = true // whose answer says that the peer has followed
	}
}

// keysDeadline returns when tendKeys has something to do; the past if at once.
func (c *Conn) keysDeadline() time.Time {
	switch k := &c.phases; {
	case k.seeds == nil:
		return time.Time{}
	case k.previous != nil:
		return k.until
	case k.wanted && c.keysSettled():
		return c.lastReceived
	}
	return time.Time{}
}

// keysSettled reports whether the peer is known to have the keys of this phase,
// and old ones are not needed any more: only then may the next phase begin
// (RFC 9001, sections 6.1 and 6.5).
func (c *Conn) keysSettled() bool {
	k := &c.phases
	return c.shaking == nil && c.state == StateOpen && k.previous == nil && c.phaseAcknowledged()
}

// phaseAcknowledged reports whether the peer has acknowledged a packet of this
// phase.
func (c *Conn) phaseAcknowledged() bool { return c.out.Acknowledged() > c.phases.firstSent }

// nextPhase changes the keys of both directions. Packet numbers go on.
func (c *Conn) nextPhase(now time.Time) error {
	k := &c.phases
	if err := c.makeNext(); err != nil {
		return err
	}
	send, err := k.seeds.Send.Protector(c.suite)
	if err != nil {
		return err
	}
	k.seeds.Send.Next(c.suite)
	k.seeds.Receive.Next(c.suite)
	if k.previous != nil {
		handshake.Forget(k.previous)
	}
	handshake.Forget(c.send)
	k.previous, c.receive, k.next = c.receive, k.next, nil
	c.send = send
	k.number++
	k.until, k.since, k.wanted = time.Time{}, now, false
	k.firstSent, k.firstReceived = c.out.Next(), notYet
	c.sealLimit = min(k.firstSent+c.suite.MaxSealed(), handshake.MaxPacketNumber+1) - closeRepeats
	c.stats.KeyPhase = k.number
	c.core.trace.keysChanged(c, k.number, c.send, c.receive)
	return nil
}

// makeNext makes the keys that open packets of the next phase, if they are not
// there.
func (c *Conn) makeNext() (err error) {
	if k := &c.phases; k.next == nil {
		k.next, err = k.seeds.Receive.Protector(c.suite)
	}
	return err
}

// openPacket opens a packet with the keys that its bit and its number call for,
// and follows a peer that has changed them.
func (c *Conn) openPacket(now time.Time, datagram []byte, h *wire.Header, length int, number uint64) (plain []byte, phase uint64, err error) {
	k := &c.phases
	dst, header, sealed := c.core.plain[:0], datagram[:length], datagram[length:]
	switch {
	case h.KeyPhase == (k.number&1 != 0):
		plain, err = c.receive.Open(dst, header, sealed, number)
		if err == nil && number < k.firstReceived {
			c.phaseReceived(now, number)
		}
		return plain, k.number, err
	case k.seeds == nil:
		return nil, 0, wire.ErrMalformed
	case number < k.firstReceived && k.previous != nil:
		plain, err = k.previous.Open(dst, header, sealed, number)
		return plain, k.number - 1, err
	case number < k.firstReceived:
		return nil, 0, errOldKeys
	}
	if err = c.makeNext(); err != nil {
		return nil, 0, err
	}
	if plain, err = k.next.Open(dst, header, sealed, number); err != nil {
		return nil, 0, err
	}
	if c.out.Next() == k.firstSent {
		return nil, 0, errKeyPhase // we have sent nothing that could have told it of this phase
	}
	if err = c.nextPhase(now); err != nil {
		return nil, 0, err
	}
	c.phaseReceived(now, number)
	return plain, k.number, nil
}

// phaseReceived notes the lowest packet of this phase. After the first, those
// before it may be late for a while.
func (c *Conn) phaseReceived(now time.Time, number uint64) {
	k := &c.phases
	if k.firstReceived == notYet {
		k.until = now.Add(keepOldKeys * c.out.RTT.ProbeDelay(c.core.cfg.MaxAckDelay))
	}
	k.firstReceived = number
}

// forgetKeys clears the secrets of a connection that is over.
func (c *Conn) forgetKeys() {
	for _, p := range []handshake.Protector{c.send, c.receive, c.phases.previous, c.phases.next} {
		handshake.Forget(p)
	}
	if seeds := c.phases.seeds; seeds != nil {
		*seeds = handshake.Secrets{}
	}
	c.send, c.receive, c.phases = nil, nil, phases{}
}
