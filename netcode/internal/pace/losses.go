package pace

// lossSample is how many packets a loss rate is measured over, at least: with
// fewer, a burst looks like a rate.
const lossSample = 256

// Loss rates are in units of 1/65536.
const lossUnit = 1 << 16

// losses tells loss that rises with what we send from loss that is there
// anyway: the floor, which is what remains after we have sent less. Loss for
// want of room goes when as much less is sent as was lost; what stays at three
// quarters of itself is there anyway.
type losses struct {
	acked, lost uint32
	floor       uint32
	before      uint32 // rate that was answered
	answered    bool   // we send less since the last rate
}

// spurious takes back losses: the packets came late.
func (l *losses) spurious(n uint64) { l.lost -= uint32(min(n, uint64(l.lost))) }

// rate returns the loss rate if there were packets enough, and begins anew.
// excess reports whether it is more than what is there anyway: twice that and
// 2 %, which is what BBR tolerates (draft-ietf-ccwg-bbr, LossThresh).
func (l *losses) rate() (rate uint32, excess, ok bool) {
	sum := uint64(l.acked) + uint64(l.lost)
	if sum < lossSample {
		return 0, false, false
	}
	rate = uint32(uint64(l.lost) * lossUnit / sum)
	l.acked, l.lost = 0, 0
	switch {
	case rate < l.floor:
		l.floor -= (l.floor - rate) / 8
	case l.answered && rate >= l.before/4*3:
		l.floor = max(l.floor, min(rate, l.before)/4*3)
	}
	excess = rate > 2*l.floor+lossUnit/50
	l.answered, l.before = excess, rate
	return rate, excess, true
}

// learn takes three quarters of a rate for what is there anyway: the path
// carried more and more when it was measured.
func (l *losses) learn(rate uint32) { l.floor = max(l.floor, rate/4*3) }

// now returns the greater of the floor and the rate since it was last measured.
func (l *losses) now() int64 {
	lost := uint64(l.lost) * lossUnit / (uint64(l.acked) + uint64(l.lost) + 1)
	return int64(max(l.floor, uint32(min(lost, lossUnit/2))))
}

// forget drops what was counted.
func (l *losses) forget() { l.acked, l.lost = 0, 0 }
