package vnet

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// An EventKind says what an Event is about.
type EventKind uint8

// The kinds of events.
const (
	Sent       EventKind = iota // a host sent a datagram; in a Network, Event.Fate says what becomes of it
	Arrived                     // a host is about to receive it
	Unroutable                  // nobody is where it should go; Event.Where is the router that gave up

	Dropped // a link dropped it after a while, where Fate.Cause had been Pending; Event.Fate has it now

	// The others happen in an Internet only.

	Carried     // it was put on a link; Event.Fate says what becomes of it there
	Translated  // a NAT passed it on; From and To are as on the far side
	Refused     // a NAT or firewall did not pass it on; Event.Refusal says why
	Undelivered // it reached a machine, but no host: the port is closed, or the interface down
)

// String returns the name in lower case.
func (k EventKind) String() string {
	names := [...]string{"sent", "arrived", "unroutable", "dropped", "carried", "translated", "refused", "undelivered"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// A Direction is a direction of an Edge.
type Direction uint8

// The directions. Their numbers are part of what a seed means.
const (
	Up   Direction = iota // towards the internet
	Down                  // from the internet
)

// String returns "up" or "down".
func (d Direction) String() string {
	switch d {
	case Up:
		return "up"
	case Down:
		return "down"
	}
	return fmt.Sprintf("Direction(%d)", uint8(d))
}

// An Event is something that happened to a datagram.
type Event struct {
	Kind     EventKind
	Time     time.Time
	From, To netip.AddrPort // as written on the datagram at this place
	Datagram []byte         // valid during the call
	Fate     link.Fate      // of Carried, Dropped, and Sent in a Network

	// The rest is of an Internet only.

	// Number tells the datagrams of an Internet apart: it counts what hosts
	// send, and begins again at 0 after 2²⁴. Translation keeps it; both
	// copies of a duplicate have it.
	Number uint32

	Where     string    // the name of the edge, router or machine
	Direction Direction // of Carried and Dropped
	Refusal   nat.Verdict
}
