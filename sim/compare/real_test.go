package compare

import (
	"errors"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/tun"
)

// The kernel's TCP over a bad line falls behind, and ours does not. It is
// short, on a machine that has other things to do: no more than the order is
// certain.
func TestSoakReal(t *testing.T) {
	if race.Enabled {
		t.Skip("measures real time")
	}
	c := lossy(125*time.Millisecond, 0.10)
	c.Duration = time.Duration(long.Of(2500, 20_000)) * time.Millisecond
	c.only = []string{OursState, TCPCubic}
	r, err := Real(t.Context(), c)
	if errors.Is(err, tun.ErrPermission) || errors.Is(err, tun.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	show(t, r)
	t.Log(r.Notes)
	for _, s := range r.Subjects {
		if s.Reliable && s.Delivered != s.Sent || s.Delivered < s.Sent*3/4 {
			t.Errorf("%s delivered %d of %d", s.Title, s.Delivered, s.Sent)
		}
		if s.P50 < 62.5 {
			t.Errorf("%s is faster than the line: %.1f ms", s.Title, s.P50)
		}
	}
	ours := r.Find(OursState)
	for _, name := range []string{TCPCubic, TCPBBR} {
		if tcp := r.Find(name); tcp != nil && tcp.AgeP99 < ours.AgeP99 {
			t.Errorf("age at p99: %s %.1f ms, %s %.1f ms", tcp.Title, tcp.AgeP99, ours.Title, ours.AgeP99)
		}
	}
}
