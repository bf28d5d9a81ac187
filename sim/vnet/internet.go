package vnet

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// An InternetConfig configures an Internet. The zero value is ready to use.
type InternetConfig struct {
	// Seed decides all chance in the network. What a link draws follows from
	// Seed and the link's name alone.
	Seed uint64

	// Start is the time at the beginning. If zero, time.Unix(0, 0).
	Start time.Time

	// Observer, if not nil, is told what happens to every datagram at every
	// hop. It must not call the network.
	Observer func(Event)
}

// An Internet is a tree of routers with machines as its leaves. Its root, "the
// internet", is a router that takes no time. Every other router, and every
// interface of a machine, hangs on its parent by an Edge, which is a link each
// way: what several machines behind one router send shares that router's edge.
// Create it with NewInternet.
//
//	             internet
//	      ┌─────────┴─────────┐         edge "home", edge "server"
//	home (NAT)             server
//	 ┌────┴─────┐                       edge "alice", edge "tv"
//	alice       tv
type Internet struct {
	clockwork
	cfg      InternetConfig
	root     *Router
	edges    []*Edge          // in the order they were added
	byName   map[string]*Edge // looked up, never ranged over
	machines map[string]*Machine
	realm6   *realm
	nats     int // how many NATs there were
	book     directory
	sent     uint32 // number of the next datagram

	aparts []*Socket // that stand apart, in the order they were set so
	busy   []*actor  // scratch: those of them that have a turn in a window
	mail   []posted  // scratch
	crew   crew
}

// rootName is the name of the root.
const rootName = "internet"

// NewInternet returns an internet without machines.
func NewInternet(cfg InternetConfig) *Internet {
	n := &Internet{
		clockwork: newClockwork(cfg.Start), cfg: cfg,
		byName: map[string]*Edge{}, machines: map[string]*Machine{},
		realm6: newRealm(netip.MustParsePrefix("2001:db8::/32")), // RFC 3849: for documentation
	}
	n.root = &Router{net: n, name: rootName, routes: map[uint32]*Edge{}}
	n.root.realm4 = newRealm(netip.MustParsePrefix("198.18.0.0/15")) // RFC 2544: for benchmarks
	return n
}

// An Attachment says how a router or an interface hangs on its parent.
type Attachment struct {
	// Parent is the router it hangs on. If nil, the root.
	Parent *Router

	// Up and Down are the links towards the root and from it.
	Up, Down link.Config

	// Addresses are those of an interface, or the external IPv4 addresses of
	// a NAT; a router without one has no addresses. They are unique among
	// those that are not separated by a NAT. If empty, free ones are taken:
	// an IPv4 and an IPv6 address for an interface, an IPv4 address for a
	// NAT. IPv4 addresses are never IPv6-mapped.
	Addresses []netip.Addr
}

// Root returns the router that everything hangs on.
func (n *Internet) Root() *Router { return n.root }

// Edges returns all edges, in the order they were added.
func (n *Internet) Edges() []*Edge { return slices.Clone(n.edges) }

// Edge returns the edge of the router or interface with a name, or nil.
func (n *Internet) Edge(name string) *Edge { return n.byName[name] }

// Machine returns the machine with a name, or nil.
func (n *Internet) Machine(name string) *Machine { return n.machines[name] }

// Router returns the router with a name, or nil.
func (n *Internet) Router(name string) *Router {
	if name == rootName {
		return n.root
	}
	if e := n.byName[name]; e != nil {
		r, _ := e.child.(*Router)
		return r
	}
	return nil
}

// Digest returns a hash of every datagram that was sent or has arrived, with
// its time and addresses, in order. Two runs with equal digests were the same.
func (n *Internet) Digest() uint64 {
	d := n.digest
	for _, s := range n.aparts {
		d.word(uint64(s.actor.apart.digest))
	}
	return uint64(d)
}

// seedOf returns the seed of the router or interface with a name: of its edge
// the links have sub-seeds 0 and 1, its NAT 2.
func (n *Internet) seedOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return link.SubSeed(n.cfg.Seed, h.Sum64())
}

// checkName refuses names that are empty or taken.
func (n *Internet) checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("vnet: the name is empty")
	case name == rootName || n.byName[name] != nil:
		return fmt.Errorf("vnet: there are two of %q", name)
	}
	return nil
}

// event begins an Event.
func (n *Internet) event(kind EventKind, label uint64, where string, datagram []byte) Event {
	number, from, to := openLabel(label)
	return Event{
		Kind: kind, Time: n.time, Number: number, Where: where, Datagram: datagram,
		From: n.book.endpoints[from].address, To: n.book.endpoints[to].address,
	}
}

// hash adds a datagram that a host sent or that has arrived at it to the digest.
func (n *Internet) hash(a *actor, kind EventKind, label uint64, datagram []byte) {
	d := &n.digest
	if a.apart != nil {
		d = &a.apart.digest
	}
	_, from, to := openLabel(label)
	d.word(uint64(n.now)<<1 | uint64(kind&1))
	d.word(n.book.endpoints[from].mark)
	d.word(n.book.endpoints[to].mark)
	d.bytes(datagram)
}

// lost counts a datagram that goes no further, for a reason that no link
// counts.
func (n *Internet) lost(kind EventKind, label uint64, where string, datagram []byte) {
	switch kind {
	case Unroutable:
		n.stats.Unroutable++
	case Undelivered:
		n.stats.Undelivered++
	}
	if n.cfg.Observer != nil {
		n.cfg.Observer(n.event(kind, label, where, datagram))
	}
}
