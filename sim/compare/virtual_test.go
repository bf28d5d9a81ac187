package compare

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// lossy is a line that loses each way.
func lossy(rtt time.Duration, loss float64) Config {
	l := link.Config{Delay: rtt / 2, Loss: loss, Overhead: udpOverhead}
	return Config{Up: l, Down: l, Seed: 1, Duration: 30 * time.Second}
}

func show(t *testing.T, r *Result) {
	t.Helper()
	for _, s := range r.Subjects {
		t.Logf("%-30s age %.1f %.1f %.1f, delay %.1f %.1f %.1f, %d of %d, %d stalls, %.1f kbit/s",
			s.Title, s.AgeP50, s.AgeP99, s.AgeMax, s.P50, s.P99, s.Max, s.Delivered, s.Sent, s.Stalls, s.Wire)
	}
}

// On a clean line all are alike; on a bad one what waits falls behind, in the
// order in which it waits.
func TestVirtualOrder(t *testing.T) {
	clean, err := Virtual(t.Context(), lossy(50*time.Millisecond, 0))
	if err != nil {
		t.Fatal(err)
	}
	show(t, clean)
	for _, s := range clean.Subjects {
		if s.P99 != 25 || s.AgeP99 < 41 || s.AgeP99 > 42 || s.Delivered != s.Sent || s.Stalls != 0 {
			t.Errorf("%s on a clean line: %+v", s.Title, s.Figures)
		}
	}
	bad, err := Virtual(t.Context(), lossy(125*time.Millisecond, 0.05))
	if err != nil {
		t.Fatal(err)
	}
	show(t, bad)
	for _, order := range [][]string{
		{UDPCopies, OursState, OursOrdered, TCPCubic, GoBackN},
		{UDP, OursOrdered, Timers, GoBackN},
	} {
		for i := range order[1:] {
			better, worse := bad.Find(order[i]), bad.Find(order[i+1])
			if better.AgeP99 >= worse.AgeP99 {
				t.Errorf("age at p99: %s %.1f ms, %s %.1f ms", better.Title, better.AgeP99, worse.Title, worse.AgeP99)
			}
		}
	}
	tcp, ours := bad.Find(TCPCubic), bad.Find(OursOrdered)
	if tcp.AgeP99 < 2.5*ours.AgeP99 || ours.Stalls > 0 || tcp.Stalls == 0 {
		t.Errorf("TCP %.1f ms and %d stalls, ours in order %.1f ms and %d", tcp.AgeP99, tcp.Stalls, ours.AgeP99, ours.Stalls)
	}
	for _, s := range bad.Subjects {
		if s.Reliable && s.Delivered != s.Sent {
			t.Errorf("%s delivered %d of %d", s.Title, s.Delivered, s.Sent)
		}
	}
	state, udp := bad.Find(OursState), bad.Find(UDP)
	if state.AgeP99 > udp.AgeP99+5 || state.Wire > 1.2*udp.Wire {
		t.Errorf("our state: age %.1f ms, %.1f kbit/s; plain UDP %.1f, %.1f", state.AgeP99, state.Wire, udp.AgeP99, udp.Wire)
	}
}

// One seed is one run, and another is another.
func TestVirtualIsDeterministic(t *testing.T) {
	c := lossy(100*time.Millisecond, 0.03)
	c.Duration = 3 * time.Second
	digests := func(seed uint64) (all []string) {
		c.Seed = seed
		r, err := Virtual(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Subjects {
			all = append(all, s.Digest)
		}
		return all
	}
	first, again, other := digests(1), digests(1), digests(2)
	for i := range first {
		if first[i] != again[i] || first[i] == other[i] {
			t.Errorf("subject %d: digests %s, %s, and of another seed %s", i, first[i], again[i], other[i])
		}
	}
}

// An interrupted comparison says so.
func TestVirtualInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := lossy(100*time.Millisecond, 0.03)
	c.Duration = 2 * time.Second
	c.Began = func(_ Subject, number, of int) {
		if of != 7 {
			t.Errorf("of %d", of)
		}
		if number == 1 {
			cancel()
		}
	}
	r, err := Virtual(ctx, c)
	if err != nil || len(r.Subjects) != 2 || len(r.Notes) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestConfigErrors(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"duration": func(c *Config) { c.Duration = time.Second },
		"copies":   func(c *Config) { c.Copies = 1 },
		"up":       func(c *Config) { c.Up.Loss = 2 },
		"down":     func(c *Config) { c.Down.Loss = 2 },
	} {
		c := lossy(0, 0)
		change(&c)
		if _, err := Virtual(t.Context(), c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	c := lossy(50*time.Millisecond, 1)
	c.Duration = 2 * time.Second
	if _, err := Virtual(t.Context(), c); !errors.Is(err, errNotConnected) {
		t.Errorf("a line that loses everything: %v", err)
	}
}

// Ages are those of a screen: they grow until something newer comes.
func TestAges(t *testing.T) {
	m := meter{sent: 200}
	for i := range uint64(200) {
		sent := time.Duration(i) * time.Second / Rate
		at := sent + 50*time.Millisecond
		if i >= 90 && i < 120 { // half a second in which nothing comes, and then all of it
			at = 2*time.Second + 50*time.Millisecond
		}
		m.arrivals = append(m.arrivals, arrival{i, sent, at})
	}
	f := m.figures(3 * time.Second)
	if f.Stalls != 1 || f.AgeMax < 560 || f.AgeMax > 570 || f.AgeP50 < 57 || f.AgeP50 > 60 || f.Max != 550 {
		t.Errorf("%+v", f)
	}
	silent := (&meter{sent: 60}).figures(2 * time.Second)
	if silent.AgeMax != 2000 || silent.Loss != 1 {
		t.Errorf("nothing ever came: age %v, loss %v", silent.AgeMax, silent.Loss)
	}
}
