package main

import (
	"errors"
	"flag"
	"testing"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/tun"
)

// A second beside the kernel's TCP: too short to say who gets what, but both
// get something, and the state arrives.
func TestSoakBulkBesideKernel(t *testing.T) {
	if race.Enabled {
		t.Skip("measures real time")
	}
	set := flag.NewFlagSet("bulk", flag.ContinueOnError)
	measure, err := bulkCommand().parse(set, []string{"--rate", "10mbit", "--seconds", "1", "--competitor", "cubic-kernel"})
	if err != nil {
		t.Fatal(err)
	}
	figures, err := measure(t.Context(), t.Output())
	if errors.Is(err, tun.ErrPermission) || errors.Is(err, tun.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	f := figures.(*bulkFigures)
	t.Logf("%+v", f)
	if f.Share < 0.05 || f.Competitor < 0.05 || f.Utilisation > 1.01 || f.Delivered < 0.8 || f.StateP50 < 20 {
		t.Errorf("%+v", f)
	}
}
