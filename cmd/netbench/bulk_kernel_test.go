package main

import (
	"errors"
	"flag"
	"strconv"
	"testing"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/tun"
)

// A second beside the kernel's TCP is too short to say who gets what, but both
// get something, and the state arrives. A minute has a bar: a third of TCP's
// share, at least, and three times at most.
func TestSoakBulkBesideKernel(t *testing.T) {
	if race.Enabled {
		t.Skip("measures real time")
	}
	seconds := long.Of(1, 60)
	set := flag.NewFlagSet("bulk", flag.ContinueOnError)
	measure, err := bulkCommand().parse(set, []string{"--rate", "10mbit", "--seconds", strconv.Itoa(seconds), "--competitor", "cubic-kernel"})
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
	if seconds >= 60 && (f.Share < f.Competitor/3 || f.Share > 3*f.Competitor) {
		t.Errorf("our share is %.3f beside TCP's %.3f, want a third to three times", f.Share, f.Competitor)
	}
	if f.Share < 0.05 || f.Competitor < 0.05 || f.Utilisation > 1.01 || f.Delivered < 0.8 || f.StateP50 < 20 {
		t.Errorf("%+v", f)
	}
}
