package vnet

import (
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// An Edge joins a router or an interface of a machine to its parent: a link
// each way. It has the name of the router or interface.
type Edge struct {
	net    *Internet
	name   string
	parent *Router
	child  receiver // *Router or *Interface
	wires  [2]wire  // by Direction

	upConfig link.Config // of wires[Up]

	gone bool

	watcher Watcher // nil if nobody is
}

// Name returns the name that Internet.Edge finds it by.
func (e *Edge) Name() string { return e.name }

// String returns the name.
func (e *Edge) String() string { return e.name }

// Set changes one direction while it runs, as link.Pipe.SetConfig does. The
// error is a *link.FieldError, and then nothing changes.
func (e *Edge) Set(d Direction, cfg link.Config) error {
	if err := e.wires[d].pipe.SetConfig(cfg); err != nil {
		return err
	}
	if d == Up {
		e.upConfig = cfg
	}
	if !e.gone {
		e.net.scheduleWire(&e.wires[d])
	}
	return nil
}

// Config returns the present configuration of one direction.
func (e *Edge) Config(d Direction) link.Config { return e.wires[d].pipe.Config() }

// Counters returns what one direction has counted.
func (e *Edge) Counters(d Direction) link.Counters { return e.wires[d].pipe.Counters() }

// Backlog returns what waits for the bottleneck of one direction now.
func (e *Edge) Backlog(d Direction) link.Backlog { return e.wires[d].pipe.Backlog(e.net.time) }

// OnTheWay returns how many datagrams one direction holds, waiting for its
// bottleneck or flying, copies included.
func (e *Edge) OnTheWay(d Direction) int { return e.wires[d].pipe.Len() }

// NextDelivery returns when the next of them arrives, or the zero time.
func (e *Edge) NextDelivery(d Direction) time.Time { return e.wires[d].pipe.NextDelivery() }

// newEdge makes an edge below parent. The seeds of its links follow from its
// name, so that the same packets are lost wherever the same name is used.
func (n *Internet) newEdge(name string, child receiver, a Attachment) (*Edge, error) {
	e := &Edge{net: n, name: name, parent: a.Parent, child: child, upConfig: a.Up}
	for d, cfg := range [2]link.Config{Up: a.Up, Down: a.Down} {
		pipe, err := link.NewPipe(cfg, link.SubSeed(n.seedOf(name), uint64(d)), link.PipeLimits{})
		if err != nil {
			return nil, err
		}
		pipe.OnDrop(func(fate link.Fate, label uint64, datagram []byte) { e.dropped(Direction(d), fate, label, datagram) })
		e.wires[d] = wire{pipe: pipe, end: a.Parent}
	}
	e.wires[Down].end = child
	return e, nil
}

// open makes the edge part of the internet, and the addresses below it
// reachable.
func (e *Edge) open(addresses []netip.Addr) error {
	n := e.net
	for i, address := range addresses {
		if err := n.publish(address, e); err != nil {
			for _, address := range addresses[:i] {
				n.withdraw(address, e)
			}
			return err
		}
	}
	n.addWire(&e.wires[Up])
	n.addWire(&e.wires[Down])
	n.edges = append(n.edges, e)
	n.byName[e.name] = e
	e.parent.children++
	return nil
}

// close is the opposite of open.
func (e *Edge) close(addresses []netip.Addr) {
	n := e.net
	for _, address := range addresses {
		n.withdraw(address, e)
	}
	e.gone = true
	n.removeWire(&e.wires[Up])
	n.removeWire(&e.wires[Down])
	for i, other := range n.edges {
		if other == e {
			n.edges = append(n.edges[:i], n.edges[i+1:]...)
			break
		}
	}
	delete(n.byName, e.name)
	e.parent.children--
}

// carry puts a datagram on one direction. What comes out at once at a router
// goes on at once: routers take no time, and so the agenda needs not know.
func (e *Edge) carry(d Direction, label uint64, datagram []byte) {
	n, w := e.net, &e.wires[d]
	if e.gone {
		n.lost(Unroutable, label, e.name, datagram)
		return
	}
	fate := w.pipe.PushAt(n.now, label, datagram)
	if n.cfg.Observer != nil {
		event := n.event(Carried, label, e.name, datagram)
		event.Fate, event.Direction = fate, d
		n.cfg.Observer(event)
	}
	if e.watcher != nil {
		e.watcher.Carried(n.now, d, len(datagram), fate)
	}
	if router, ok := w.end.(*Router); ok {
		for at, _, ok := w.pipe.NextAt(); ok && at <= n.now; at, _, ok = w.pipe.NextAt() {
			if datagram, ok := w.pipe.PopAt(n.now); ok {
				router.receive(w, w.pipe.Label(), datagram)
			}
		}
	}
	n.scheduleWire(w)
}

// dropped tells the observer of a datagram that was Pending.
func (e *Edge) dropped(d Direction, fate link.Fate, label uint64, datagram []byte) {
	if n := e.net; n.cfg.Observer != nil {
		event := n.event(Dropped, label, e.name, datagram)
		event.Fate, event.Direction = fate, d
		n.cfg.Observer(event)
	}
	if e.watcher != nil {
		e.watcher.Dropped(e.net.now, d, len(datagram), fate)
	}
}
