package scenario

import (
	"hash/fnv"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A Scenario is what a file says, checked and with presets filled in.
type Scenario struct {
	File     string // where it was read from, for messages
	Sum      string // SHA-256 of that and of every file beside it that it names, in hex
	Name     string
	About    string
	Duration time.Duration // of the run, in virtual time
	Seed     uint64        // unless the command says another

	// IPv6 makes the hosts speak IPv6.
	IPv6 bool

	// Places are the hosts and routers, parents before children.
	Places []Place

	// Groups are the names of the hosts that a host with a count stands for.
	Groups map[string][]string

	Flows      []Flow
	Timeline   []Change // in order of time
	Assertions []Assertion
}

// The hosts that every scenario has unless it names its own.
const (
	Client = "client"
	Server = "server"
)

// A Place is a host or a router. Places form a tree whose root is the
// internet.
type Place struct {
	Name   string
	Router bool
	Parent string // name of the router it hangs on; "" for the internet
	Line   Line   // between it and its parent

	// NAT is what a router does with addresses; the zero value nothing.
	NAT nat.Config

	// Addresses are those of a host, or the external ones of a NAT. None
	// means that the network gives it some.
	Addresses []netip.Addr
}

// A Line is a link in both directions: Up leads towards the internet.
type Line struct {
	Preset   string // the name of the preset it began as; "" if none
	Up, Down link.Config
}

// LinkSeed returns the seed of one direction of the link of a place, 0 for up
// and 1 for down. It is the same in every mode, so that the same datagrams
// are lost.
func LinkSeed(seed uint64, place string, direction uint64) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(place)) // never fails
	return link.SubSeed(link.SubSeed(seed, h.Sum64()), direction)
}

// A Flow is traffic between hosts.
type Flow struct {
	Name    string
	Kind    string
	Options Options // of the Kind
	Line    int     // in the file
}

// A Kind is a kind of flow. Programs add theirs to those of package flow.
type Kind struct {
	Name  string
	About string // one line, for help

	// New returns a pointer to a struct with toml tags that holds the
	// defaults.
	New func() Options
}

// Options are what a scenario says about a flow.
type Options interface {
	// Validate checks the options; hosts are the names of the scenario's
	// hosts. The error is a *KeyError where a key is to blame.
	Validate(hosts []string) error
}

// A KeyError says what is wrong with the value of a key. The parser adds the
// file and the line.
type KeyError struct {
	Key  string // as in the file, relative to the table: "channel.0.size"
	Want string // what was expected
}

// Error names the key and what was expected.
func (e *KeyError) Error() string { return e.Key + ": want " + e.Want }
