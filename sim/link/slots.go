package link

import (
	"fmt"
	"time"
)

// MaxSlotPhases is how many phases Slots may have.
const MaxSlotPhases = 8

// Slots divide time into slots of equal length, and change the delay by the
// slot and by the phase in it. Starlink reassigns satellites every 15 s: the
// delay jumps to another level, and near the boundaries it spikes. Times count
// from the link's epoch (see Link.SetEpoch); what counts for a datagram is
// when it leaves the bottleneck. The zero value is off.
type Slots struct {
	// Period is the length of a slot. Zero switches the model off. From 1 ms
	// to 24 h.
	Period time.Duration

	// Level is the most by which a slot's delay is raised: each slot draws
	// its level evenly from 0 to Level. From 0 to MaxDelay.
	Level time.Duration

	// Phases are the parts of a slot that differ from the rest. They must
	// not overlap. Unused ones are zero.
	Phases [MaxSlotPhases]SlotPhase
}

// A SlotPhase is a part of each slot in which datagrams are late, and maybe
// lost. The zero value is unused.
type SlotPhase struct {
	// From is when the phase begins, counted from the beginning of the
	// slot.
	From time.Duration

	// For is how long it lasts. Zero means that the phase is not used.
	// From + For is at most the period.
	For time.Duration

	// Delay is the extra delay of each datagram in it. From 0 to MaxDelay.
	Delay time.Duration

	// Jitter is the most by which Delay is exceeded, drawn evenly for each
	// datagram. From 0 to MaxDelay.
	Jitter time.Duration

	// Loss is the probability of loss in it. From 0 to 1.
	Loss float64
}

func (s *Slots) validate() error {
	if s.Period == 0 {
		if *s != (Slots{}) {
			return &FieldError{"Slots.Period", "0s", "1ms to 24h where another field of Slots is set"}
		}
		return nil
	}
	if s.Period < time.Millisecond || s.Period > maxPeriod {
		return &FieldError{"Slots.Period", s.Period.String(), "0s or 1ms to 24h"}
	}
	if err := checkDelay("Slots.Level", s.Level); err != nil {
		return err
	}
	for i := range s.Phases {
		if err := s.validatePhase(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *Slots) validatePhase(i int) error {
	p := &s.Phases[i]
	name := fmt.Sprintf("Slots.Phases[%d]", i)
	if p.For == 0 {
		if *p != (SlotPhase{}) {
			return &FieldError{name + ".For", "0s", "more than 0s where another field of the phase is set"}
		}
		return nil
	}
	if err := firstError(
		checkDuration(name+".From", p.From, s.Period, fmt.Sprintf("0s to the period, %v", s.Period)),
		checkDuration(name+".For", p.For, s.Period-p.From, fmt.Sprintf("0s to %v, the rest of the period", s.Period-p.From)),
		checkDelay(name+".Delay", p.Delay), checkDelay(name+".Jitter", p.Jitter),
		checkProbability(name+".Loss", p.Loss),
	); err != nil {
		return err
	}
	for j := range i {
		if o := &s.Phases[j]; o.For > 0 && p.From < o.From+o.For && o.From < p.From+p.For {
			return &FieldError{name + ".From", p.From.String(), fmt.Sprintf("a phase that does not overlap Slots.Phases[%d]", j)}
		}
	}
	return nil
}

// A slotClock finds the slot and the phase of a time.
type slotClock struct {
	origin int64 // epoch of the slots; nanoseconds of the link
	period int64 // 0 = off
	level  int64
	phases [MaxSlotPhases]phaseClock
	used   int
}

// A phaseClock is a SlotPhase in whole numbers.
type phaseClock struct {
	from, until   int64
	delay, jitter int64
	loss          chance
}

func (s *slotClock) set(c *Slots) {
	s.period, s.level, s.used = int64(c.Period), int64(c.Level), 0
	for i := range c.Phases {
		p := &c.Phases[i]
		if p.For == 0 {
			continue
		}
		s.phases[s.used] = phaseClock{
			from: int64(p.From), until: int64(p.From + p.For),
			delay: int64(p.Delay), jitter: int64(p.Jitter), loss: chanceOf(p.Loss),
		}
		s.used++
	}
}

// delayAt returns the extra delay of datagram index at a time, and whether it
// is lost.
func (s *slotClock) delayAt(random *randomness, at int64, index uint64) (extra int64, lost bool) {
	into := max(0, at-s.origin)
	slot := uint64(into / s.period)
	into %= s.period
	if s.level > 0 {
		extra = int64(scale(random.draw(decideSlotLevel, slot), uint64(s.level)+1))
	}
	for i := range s.used {
		p := &s.phases[i]
		if into < p.from || into >= p.until {
			continue
		}
		extra += p.delay
		if p.jitter > 0 {
			extra += int64(scale(random.draw(decideSlotJitter, index), uint64(p.jitter)+1))
		}
		return extra, random.happens(p.loss, decideSlotLoss, index)
	}
	return extra, false
}
