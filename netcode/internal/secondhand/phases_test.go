package secondhand

import (
	"errors"
	"time"
)

// phases are the keys of a connection (section 6.11). In plaintext mode there
// is one, which never changes.
type phases struct {
	suite    uint8
	phase    uint64
	upPRK    []byte // of the phase of now, packets to the server
	downPRK  []byte
	up, down sealer
	before   sealer // opens packets of the phase before; nil if gone

	received bool   // a packet of this phase,
	lowest   uint64 // of which this is the lowest number,
	first    time.Time
	sent     bool   // we sent one,
	sentFrom uint64 // of which this is the first number

	begun, followed int // how often we, or the server, changed them
}

// newPhases derives those of phase 0 from what a handshake leaves.
func newPhases(suite uint8, hash, up, down []byte) (*phases, error) {
	k := &phases{suite: suite, upPRK: extract(hash, up), downPRK: extract(hash, down)}
	var err error
	if k.up, err = newSealer(suite, k.upPRK); err != nil {
		return nil, err
	}
	k.down, err = newSealer(suite, k.downPRK)
	return k, err
}

func (k *phases) nextPRK(prk []byte) []byte {
	name, _ := suiteName(k.suite)
	return expand(prk, "reckon v1 "+name+" next", 32)
}

// advance makes the next phase that of now.
func (k *phases) advance() {
	k.upPRK, k.downPRK = k.nextPRK(k.upPRK), k.nextPRK(k.downPRK)
	k.before = k.down
	k.up, _ = newSealer(k.suite, k.upPRK)
	k.down, _ = newSealer(k.suite, k.downPRK)
	k.phase++
	k.received, k.sent = false, false
}

// mayBegin says whether we may go on to the next phase, if packets below
// acknowledged are known to have arrived.
func (k *phases) mayBegin(s *sender) bool {
	if k.upPRK == nil || k.before != nil || !k.sent {
		return false
	}
	for n := k.sentFrom; n < s.acknowledged; n++ {
		if p := s.sent[n]; p != nil && p.acked {
			return true
		}
	}
	return false
}

// open opens a packet with the keys that K and the number call for.
func (k *phases) open(h header, number uint64, head, sealed []byte, now time.Time) ([]byte, error) {
	if k.upPRK == nil {
		return k.down.open(number, head, sealed)
	}
	if h.phase == (k.phase&1 == 1) {
		data, err := k.down.open(number, head, sealed)
		if err == nil {
			if !k.received {
				k.received, k.lowest, k.first = true, number, now
			}
			k.lowest = min(k.lowest, number)
		}
		return data, err
	}
	if !k.received || number < k.lowest {
		if k.before == nil {
			return nil, errors.New("of a phase whose keys are gone")
		}
		return k.before.open(number, head, sealed)
	}
	next, err := newSealer(k.suite, k.nextPRK(k.downPRK))
	if err != nil {
		return nil, err
	}
	data, err := next.open(number, head, sealed)
	if err != nil {
		return nil, err
	}
	if !k.sent {
		return nil, errViolation
	}
	k.advance()
	k.followed++
	k.received, k.lowest, k.first = true, number, now
	return data, nil
}

// forget lets the keys of the phase before go.
func (k *phases) forget(now time.Time, probeDelay time.Duration) {
	if k.before != nil && k.received && now.Sub(k.first) > 3*probeDelay {
		k.before = nil
	}
}

var errViolation = errors.New("the server broke the protocol")
