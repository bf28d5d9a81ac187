package ack

// Weights of one packet in the estimates of Losses. The slow one remembers 512
// packets, 8 s at 60 a second: at 1 % loss five of them are lost, which tells
// 1 % from half of it or twice. The recent one remembers 64, and finds within
// a second that a path got worse.
const (
	slowGain   = 1.0 / 512
	recentGain = 1.0 / 64
)

// burstGain is the weight of one burst in the mean of their lengths.
const burstGain = 1.0 / 32

// The estimates begin as if so many packets had arrived, and one burst of one
// packet had been lost, so that a first loss does not look like the rule.
const (
	priorPackets = 12
	priorBursts  = 0.5
)

// forgotten is the weight of lost packets below which a path counts as clean
// again: three memories after a single loss.
const forgotten = 0.05

// Losses estimates how the packets of one direction get lost: how many, and in
// how long bursts. It is told the fate of each packet in the order of their
// numbers, and counts both with weights that fade. The zero value has seen
// nothing.
type Losses struct {
	packets float64
	lost    float64 // of packets
	recent  float64 // share lost among the last few
	bursts  float64
	bunched float64 // packets lost in bursts
	run     int     // lost in a row until now
}

// add counts the fate of the next packet.
func (l *Losses) add(lost bool) {
	x := 0.0
	switch {
	case lost:
		x = 1
		l.run++
	case l.run > 0:
		l.bursts += 1 - float64(l.bursts*burstGain)
		l.bunched += float64(l.run) - float64(l.bunched*burstGain)
		l.run = 0
	}
	l.packets += 1 - float64(l.packets*slowGain)
	l.lost += x - float64(l.lost*slowGain)
	l.recent += float64((x - l.recent) * recentGain)
}

// mistaken takes back one loss: the packet arrived after all.
func (l *Losses) mistaken() {
	l.lost = max(0, l.lost-1)
	l.recent = max(0, l.recent-recentGain)
}

// Rate returns the share of packets lost, 0 to 1. It is zero on a path that
// lost nothing for long.
func (l *Losses) Rate() float64 {
	if l.lost < forgotten {
		return 0
	}
	slow := l.lost / (l.packets + priorPackets)
	// More than one loss lately, and twice as many as usual: it got worse.
	if l.recent > 1.5*recentGain && l.recent > 2*slow {
		return l.recent
	}
	return slow
}

// Burst returns the mean number of packets lost in a row, at least 1.
func (l *Losses) Burst() float64 {
	return (l.bunched + priorBursts) / (l.bursts + priorBursts)
}
