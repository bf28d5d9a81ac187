package scenario

import "time"

// A Change is something that happens at a time of the run.
type Change struct {
	At   time.Duration
	Line int // in the file
	Text string

	// One of these is set.
	Links  []LinkChange
	Rebind string // name of the router whose NAT forgets its mappings
	Move   *Move
}

// A LinkChange gives the link of a place new configurations from then on.
type LinkChange struct {
	Place string
	Line  Line
}

// A Move is a host that changes its parent, as from Wi-Fi to mobile.
type Move struct {
	Host, Parent string
	Line         Line
}
