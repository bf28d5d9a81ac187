package link

import (
	"math"
	"testing"
	"time"
)

// The probability after each update, against RFC 8033, section 4.2, in
// floating point.
func TestPIEAgainstRFC(t *testing.T) {
	var p pie
	p.set(&Config{}, 0, true)
	const reference, update = 0.015, 0.015
	probability, old, burst := 0.0, 0.0, 0.150
	most := 0.0
	for i := range 20_000 {
		// Delays that swing from nothing to 42 ms, and rest now and then.
		delay := 0.02*(1+math.Sin(float64(i)/700)) + float64(scale(newRandomness(1).draw(1, uint64(i)), 2000))/1e6
		if i%4000 > 3000 {
			delay = 0
		}
		nanos := int64(delay * 1e9)
		delay = float64(nanos) / 1e9

		change := 0.125*(delay-reference) + 1.25*(delay-old)
		switch {
		case probability < 0.000001:
			change /= 2048
		case probability < 0.00001:
			change /= 512
		case probability < 0.0001:
			change /= 128
		case probability < 0.001:
			change /= 32
		case probability < 0.01:
			change /= 8
		case probability < 0.1:
			change /= 2
		}
		if probability >= 0.1 && change > 0.02 {
			change = 0.02
		}
		probability += change
		quiet := delay < reference/2 && old < reference/2
		if quiet {
			probability *= 0.98
		}
		probability = min(max(probability, 0), 1)
		old = delay
		burst = max(0, burst-update)
		if probability == 0 && quiet {
			burst = 0.150
		}

		p.update(nanos)
		got := float64(p.probability) / (1 << 53)
		if math.Abs(got-probability) > 1e-6*probability+1e-9 {
			t.Fatalf("update %d: probability %.9f, want %.9f", i, got, probability)
		}
		if math.Abs(float64(p.burst)/1e9-burst) > 1e-6 {
			t.Fatalf("update %d: burst allowance %d ns, want %.3f s", i, p.burst, burst)
		}
		most = max(most, got)
	}
	t.Logf("the probability went up to %.3f", most)
	if most < 0.2 {
		t.Errorf("the probability never exceeded %.3f: the test tests little", most)
	}
}

// A sender that does not back off is dropped until the delay is the target.
func TestPIEHoldsItsTarget(t *testing.T) {
	for _, overload := range []float64{1.1, 1.5, 2} {
		l := mustNew(t, Config{Rate: 10_000_000, QueueBytes: MaxQueueBytes, AQM: ActiveQueue{Algorithm: PIE}}, 1)
		interval := time.Duration(float64(1000*8*time.Second/10_000_000) / overload)
		var waits time.Duration
		samples := 0
		for now := time.Duration(0); now < 120*time.Second; now += interval {
			l.Send(epoch.Add(now), 1000)
			if now > 30*time.Second {
				waits += l.Backlog(epoch.Add(now)).Time
				samples++
			}
		}
		wait := waits / time.Duration(samples)
		c := l.Counters()
		t.Logf("overload %g: mean wait %v, %.4f dropped", overload, wait, float64(c.DroppedAQM)/float64(c.Sent))
		// Steps up are capped and steps down are not (section 4.2), so that
		// the mean is a little above the target.
		if wait < 13*ms || wait > 20*ms {
			t.Errorf("overload %g: mean wait %v, want about 15 ms", overload, wait)
		}
		if c.DroppedQueue != 0 {
			t.Errorf("overload %g: %d dropped by the queue's end", overload, c.DroppedQueue)
		}
	}
}

// A burst after a pause passes.
func TestPIELetsBurstsPass(t *testing.T) {
	l := mustNew(t, Config{Rate: 10_000_000, QueueBytes: MaxQueueBytes, AQM: ActiveQueue{Algorithm: PIE}}, 1)
	for i := range 100 {
		if fate := l.Send(epoch.Add(time.Duration(i)*ms), 2500); fate.Cause != Delivered { // twice the rate for 100 ms
			t.Fatalf("datagram %d of a burst: %v", i, fate.Cause)
		}
	}
}
