package link

import (
	"fmt"
	"time"
)

// maxSpikeLength is the longest mean of a Spikes.
const maxSpikeLength = 1e9

// Spikes are times in which datagrams are late and lost together: a handover,
// a scan, a fade that the radio answers with retransmissions. A chain of two
// states, calm and spike, moves with every datagram sent, like that of
// GilbertElliott; in a spike datagrams are delayed by Delay, and lost with
// probability Loss.
//
// Lengths are counted in datagrams, so that a seed has the same datagrams
// late and lost whatever the clock does. At n datagrams a second a spike of a
// time t is n·t long.
//
// The zero value has no spikes.
type Spikes struct {
	// Every is the mean number of datagrams from the end of a spike to the
	// beginning of the next. Zero means never; else from 1 to 1e9.
	Every float64

	// Length is the mean number of datagrams in a spike. From 1 to 1e9 where
	// Every is set.
	Length float64

	// Delay is the extra delay of datagrams in a spike. From 0 to MaxDelay.
	Delay time.Duration

	// Loss is the probability that a datagram in a spike is lost. From 0 to
	// 1.
	Loss float64
}

// Share returns the share of datagrams that are in a spike in the long run.
func (s Spikes) Share() float64 {
	if s.Every == 0 {
		return 0
	}
	return s.Length / (s.Every + s.Length)
}

func (s Spikes) validate() error {
	if err := firstError(checkDelay("Spikes.Delay", s.Delay), checkProbability("Spikes.Loss", s.Loss)); err != nil {
		return err
	}
	switch {
	case s.Every != 0 && !(s.Every >= 1 && s.Every <= maxSpikeLength):
		return &FieldError{"Spikes.Every", fmt.Sprint(s.Every), "0 or 1 to 1e+09 datagrams"}
	case s.Every != 0 && !(s.Length >= 1 && s.Length <= maxSpikeLength):
		return &FieldError{"Spikes.Length", fmt.Sprint(s.Length), "1 to 1e+09 datagrams"}
	case s.Every != 0 && s.Delay == 0 && s.Loss == 0:
		return &FieldError{"Spikes.Delay", "0s", "more than 0s, or Spikes.Loss more than 0, where Spikes.Every is set"}
	case s.Every == 0 && s != (Spikes{}):
		return &FieldError{"Spikes.Every", "0", "1 to 1e+09 datagrams where another field of Spikes is set"}
	}
	return nil
}

// A spiker runs the chain of a Spikes.
type spiker struct {
	begin, end, loss chance
	delay            int64
	spiking          bool
}

// set changes the model; the state stays.
func (s *spiker) set(c Spikes) {
	s.begin, s.end, s.loss, s.delay = 0, 0, chanceOf(c.Loss), int64(c.Delay)
	if c.Every == 0 {
		s.spiking = false
		return
	}
	s.begin, s.end = max(1, chanceOf(1/c.Every)), max(1, chanceOf(1/c.Length))
}

// next returns the extra delay of datagram index and whether it is lost, then
// moves the chain.
func (s *spiker) next(random *randomness, index uint64) (extra int64, lost bool) {
	if s.begin == 0 {
		return 0, false
	}
	move := s.begin
	if s.spiking {
		extra, lost = s.delay, random.happens(s.loss, decideSpikeLoss, index)
		move = s.end
	}
	if random.happens(move, decideSpikeMove, index) {
		s.spiking = !s.spiking
	}
	return extra, lost
}
