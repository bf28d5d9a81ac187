package demo

import (
	"errors"
	"fmt"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// A Summary is what a run of a client came to.
type Summary struct {
	Players       int    // in the last world shown, oneself included
	Ticks         uint64 // predicted by the client; not those it simulated again
	Snapshots     uint64 // of the server's, received and decoded
	SnapshotsSent uint64 // to this client; see [Arrivals.Sent]
	InputsAcked   uint64 // made by the client and known to be with the server
	Seconds       int    // the run was asked to last
}

// What a good run reaches at the least. The first few ticks go into
// connecting: 5 % of ten seconds are half a second. A link that loses a fifth
// of everything is not one to show a game on.
const (
	minTicks     = 0.95 // of 60 a second
	minSnapshots = 0.80 // of those sent
)

// String returns the line that ends a good run.
func (s Summary) String() string {
	return fmt.Sprintf("demo: ok players=%d ticks=%d snapshots=%d inputs_acked=%d",
		s.Players, s.Ticks, s.Snapshots, s.InputsAcked)
}

// Check returns nil for a good run, or an error that says what it lacked.
func (s Summary) Check() error {
	for _, figure := range []struct {
		name string
		n    uint64
	}{
		{"players", uint64(max(s.Players, 0))},
		{"ticks", s.Ticks},
		{"snapshots", s.Snapshots},
		{"snapshots sent", s.SnapshotsSent},
		{"inputs_acked", s.InputsAcked},
	} {
		if figure.n == 0 {
			return errors.New("demo: " + figure.name + " is 0")
		}
	}
	if want := minTicks * arena.TickRate * float64(s.Seconds); float64(s.Ticks) < want {
		return fmt.Errorf("demo: %d ticks in %d s, want %.0f or more", s.Ticks, s.Seconds, want)
	}
	if want := minSnapshots * float64(s.SnapshotsSent); float64(s.Snapshots) < want {
		return fmt.Errorf("demo: %d of %d snapshots arrived, want %.0f or more", s.Snapshots, s.SnapshotsSent, want)
	}
	return nil
}
