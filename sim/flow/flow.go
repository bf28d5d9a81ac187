package flow

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A Flow is traffic that runs on a Stage.
type Flow interface {
	// Err returns why the flow cannot go on, such as that it never
	// connected; nil if it can. It ends the run.
	Err() error

	// Quiet reports whether nothing that the flow sent is still to arrive,
	// as far as it knows. It is asked after Stage.Until, when flows have
	// nothing more to say.
	Quiet() bool

	// Result returns what the flow measured so far.
	Result() result.Flow
}

// A Kind is a kind of flow: what a scenario may say about it, and how one
// begins.
type Kind struct {
	scenario.Kind

	// Begin puts a flow on a stage, before its time begins. The options are
	// those that Kind.New made.
	Begin func(s *Stage, name string, options scenario.Options) (Flow, error)
}

// Kinds returns the kinds that this package has: connection and udp.
func Kinds() []Kind {
	return []Kind{
		{
			Kind: scenario.Kind{
				Name: "connection", About: "one connection of our protocol, with its channels",
				New: func() scenario.Options { return NewConnectionOptions() },
			},
			Begin: beginConnection,
		},
		{
			Kind: scenario.Kind{
				Name: "udp", About: "plain datagrams without recovery: what the links do",
				New: func() scenario.Options { return NewUDPOptions() },
			},
			Begin: beginUDP,
		},
	}
}

// ScenarioKinds returns what scenario.Parse needs of kinds.
func ScenarioKinds(kinds []Kind) []scenario.Kind {
	of := make([]scenario.Kind, len(kinds))
	for i, k := range kinds {
		of[i] = k.Kind
	}
	return of
}

// FirstServerPort is where the first flow of a scenario has its server; every
// further flow has the next port.
const FirstServerPort = 7777

// A Stage is what a flow runs on.
type Stage struct {
	Net   *vnet.Internet
	Seed  uint64    // of the run
	Epoch time.Time // the run's beginning
	Until time.Time // from when on flows say nothing more

	// IPv6 makes clients dial IPv6 addresses.
	IPv6 bool

	// Step is how long a step of the series for plots is. If zero, flows
	// keep none.
	Step time.Duration

	// Hosts are the names of the machines, in the scenario's order.
	Hosts []string

	// Tracer, if not nil, returns who watches the core of a flow on a host;
	// it may return nil.
	Tracer func(flow, host string) netcode.Tracer

	events []result.Event
	ports  uint16
}

// Events returns what flows have told, in the order in which they did.
func (s *Stage) Events() []result.Event { return s.events }

// Tell notes that something happened at a time.
func (s *Stage) Tell(at time.Time, e result.Event) {
	e.Seconds = at.Sub(s.Epoch).Seconds()
	s.events = append(s.events, e)
}

// Machine returns the machine of a host, or an error that says that there is
// none.
func (s *Stage) Machine(host string) (*vnet.Machine, error) {
	if m := s.Net.Machine(host); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("there is no host %q", host)
}

// Idle reports whether no datagram is on its way on any link.
func (s *Stage) Idle() bool {
	for _, e := range s.Net.Edges() {
		if e.OnTheWay(vnet.Up)+e.OnTheWay(vnet.Down) > 0 {
			return false
		}
	}
	return true
}

// ServerPort returns a port for a flow's server that no other flow has.
func (s *Stage) ServerPort() uint16 {
	s.ports++
	return FirstServerPort + s.ports - 1
}

// AddressOf returns where a socket is reached.
func (s *Stage) AddressOf(socket *vnet.Socket) netip.AddrPort {
	if s.IPv6 {
		return socket.Addr6()
	}
	return socket.Addr4()
}

// SeedOf returns a seed for one use in a flow: that of a name and an index.
func (s *Stage) SeedOf(flow string, use uint64) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, flow) // never fails
	return link.SubSeed(link.SubSeed(s.Seed, h.Sum64()), use)
}

// phase returns when within an interval something begins. (rand.Int64N has
// another answer where an int has 32 bits.)
func (s *Stage) phase(flow string, use uint64, interval time.Duration) int64 {
	if interval == 0 {
		return 0
	}
	return int64(s.SeedOf(flow, use) % uint64(interval))
}

// TracerOf returns who watches a core, or nil.
func (s *Stage) TracerOf(flow, host string) netcode.Tracer {
	if s.Tracer == nil {
		return nil
	}
	return s.Tracer(flow, host)
}

// Random returns a source of bytes that follow from a seed, for
// netcode.Config.Random.
func Random(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}
