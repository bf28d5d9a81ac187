package nat

import (
	"fmt"
	"time"
)

// A Kind says what a NAT does.
type Kind uint8

// The kinds.
const (
	// None lets everything pass unchanged.
	None Kind = iota

	// Translate gives internal endpoints ports of the external addresses
	// (RFC 2663, section 4.1.2: NAPT). It is what RFC 4787 is about.
	Translate

	// OneToOne gives each internal address an external one for itself and
	// leaves ports alone (RFC 2663, section 4.1.1: basic NAT). It filters
	// nothing and forgets nothing.
	OneToOne

	// Firewall translates nothing, and lets from outside in what Filtering
	// allows (RFC 6092, section 3.2, for IPv6).
	Firewall

	// Blocked lets no UDP pass in either direction.
	Blocked

	kindEnd
)

// String returns a short name.
func (k Kind) String() string {
	return name(k, "none", "translate", "one to one", "firewall", "blocked")
}

// A Dependence says on what of the remote endpoint a mapping or a filter
// depends (RFC 4787, sections 4.1 and 5).
type Dependence uint8

// The dependences.
const (
	EndpointIndependent     Dependence = iota // on nothing
	AddressDependent                          // on the remote address
	AddressAndPortDependent                   // on the remote address and port

	dependenceEnd
)

// String returns the name as RFC 4787 writes it, in lower case.
func (d Dependence) String() string {
	return name(d, "endpoint-independent", "address-dependent", "address-and-port-dependent")
}

// An Allocation says which external port a new mapping gets. A port is never
// given to two mappings at once: there is no overloading (RFC 4787, REQ-3).
type Allocation uint8

// The allocations.
const (
	Preserving Allocation = iota // the internal port where it is free, else as Sequential
	Sequential                   // the next free one
	Random                       // any free one

	allocationEnd
)

// String returns a short name.
func (a Allocation) String() string { return name(a, "preserving", "sequential", "random") }

// A Hairpin says what happens to a datagram from inside to an external
// address of the same NAT (RFC 4787, section 6).
type Hairpin uint8

// The hairpinning behaviours.
const (
	HairpinOff      Hairpin = iota // it is dropped
	HairpinExternal                // it is turned round, and comes from the sender's mapping, as REQ-9 wants
	HairpinInternal                // it is turned round, and comes from the sender's internal endpoint

	hairpinEnd
)

// String returns a short name.
func (h Hairpin) String() string { return name(h, "off", "external", "internal") }

// A Pooling says which of several external addresses a new mapping gets
// (RFC 4787, section 4.1).
type Pooling uint8

// The poolings.
const (
	Paired    Pooling = iota // always the same for one internal address, as REQ-2 wants
	Arbitrary                // one after the other

	poolingEnd
)

// String returns a short name.
func (p Pooling) String() string { return name(p, "paired", "arbitrary") }

func name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%T(%d)", v, uint8(v))
}

// Limits of a Config, and what zero means.
const (
	// DefaultLifetime is what RFC 4787, REQ-5, recommends at least.
	DefaultLifetime = 5 * time.Minute

	MinLifetime = time.Second
	MaxLifetime = 24 * time.Hour

	// DefaultMaxMappings is a table that a home router has.
	DefaultMaxMappings = 4096

	MaxMaxMappings = 1 << 20
)

// A Config describes a NAT or a firewall. The zero value is neither: it lets
// everything pass.
type Config struct {
	Kind Kind

	// Mapping says when two datagrams from one internal endpoint share an
	// external port: always, to the same address, to the same address and
	// port. Of Translate only.
	Mapping Dependence

	// Filtering says from where a mapping lets datagrams in: from anywhere,
	// from addresses, or from addresses with the port, to which the internal
	// endpoint has sent. Of Translate and Firewall.
	Filtering Dependence

	// Ports says which external port a mapping gets. Of Translate only, as
	// the following up to Pooling.
	Ports Allocation

	// KeepParity gives even ports to even ones and odd to odd, as REQ-4
	// wants for RTP. Only where a port of that kind is free.
	KeepParity bool

	// FirstPort and LastPort bound the external ports, both included. If
	// both are zero, internal ports below 1024 get one from 1 to 1023, and
	// others one from 1024 to 65535 (REQ-3a).
	FirstPort, LastPort uint16

	// Hairpin says whether two that are inside can talk by their external
	// addresses. Of Translate and OneToOne.
	Hairpin Hairpin

	// Pooling says how several external addresses are used.
	Pooling Pooling

	// Lifetime is how long a mapping lives after it was used, and what it
	// lets in after the internal endpoint sent there. From MinLifetime to
	// MaxLifetime. Zero means DefaultLifetime. Of Translate and Firewall, as
	// all that follows.
	Lifetime time.Duration

	// FirstLifetime is the same until the first datagram comes in, for NATs
	// that trust a conversation more than a single voice: Linux has 30 s for
	// the first and 120 s for the second. Zero means Lifetime.
	FirstLifetime time.Duration

	// RefreshInbound lets what comes in prolong a mapping's life too (REQ-6
	// asks for outbound only, which is always so). What is filtered never
	// does.
	RefreshInbound bool

	// MaxMappings bounds the table. What would need one more is dropped.
	// Zero means DefaultMaxMappings. At most MaxMaxMappings.
	MaxMappings int
}

// A FieldError says which field of a Config is out of its limits.
type FieldError struct {
	Field  string // name of the field
	Value  string // the value it has
	Limits string // what it should be
}

// Error names the field, its value and its limits.
func (e *FieldError) Error() string {
	return fmt.Sprintf("nat: %s is %s, want %s", e.Field, e.Value, e.Limits)
}

// Validate returns a *FieldError for the first field out of its limits.
func (c *Config) Validate() error {
	for _, enum := range []struct {
		field string
		value fmt.Stringer
		known bool
	}{
		{"Kind", c.Kind, c.Kind < kindEnd},
		{"Mapping", c.Mapping, c.Mapping < dependenceEnd},
		{"Filtering", c.Filtering, c.Filtering < dependenceEnd},
		{"Ports", c.Ports, c.Ports < allocationEnd},
		{"Hairpin", c.Hairpin, c.Hairpin < hairpinEnd},
		{"Pooling", c.Pooling, c.Pooling < poolingEnd},
	} {
		if !enum.known {
			return &FieldError{enum.field, enum.value.String(), "one of its constants"}
		}
	}
	for _, life := range []struct {
		field string
		value time.Duration
	}{{"Lifetime", c.Lifetime}, {"FirstLifetime", c.FirstLifetime}} {
		if life.value != 0 && (life.value < MinLifetime || life.value > MaxLifetime) {
			return &FieldError{life.field, life.value.String(), "0s or 1s to 24h"}
		}
	}
	switch {
	case c.MaxMappings < 0 || c.MaxMappings > MaxMaxMappings:
		return &FieldError{"MaxMappings", fmt.Sprint(c.MaxMappings), fmt.Sprintf("0 to %d", MaxMaxMappings)}
	case c.FirstPort == 0 && c.LastPort != 0:
		return &FieldError{"FirstPort", "0", "1 to LastPort"}
	case c.FirstPort > c.LastPort:
		return &FieldError{"LastPort", fmt.Sprint(c.LastPort), fmt.Sprintf("%d (FirstPort) to 65535", c.FirstPort)}
	}
	return nil
}
