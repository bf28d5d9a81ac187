package vnet

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/reckon-engine/reckon/netcode"
)

// firstEphemeral begins the range of ports for sockets that ask for none in
// particular (RFC 6335, section 6).
const firstEphemeral = 49152

// A Socket is a host at a port of all addresses of a machine. Create it with
// Machine.Bind.
type Socket struct {
	actor
	machine *Machine
	port    uint16
	sources []uint32 // numbers of the endpoints that it is, by index in machine.locals

	lastTo     netip.AddrPort // where the latest datagram went: usually where the next goes
	lastNumber uint32
	closed     bool
}

// Bind puts a host at a port of the machine. The loop may be nil. Port 0 means
// a free one of those from 49152. Hosts have their turn in the order in which
// they were bound, which is part of what a seed means.
func (m *Machine) Bind(port uint16, host Host, loop Loop) (*Socket, error) {
	switch {
	case host == nil:
		return nil, fmt.Errorf("vnet: Bind: host at port %d of %q is nil", port, m.name)
	case m.removed:
		return nil, fmt.Errorf("vnet: Bind: machine %q was removed", m.name)
	case m.sockets[port] != nil:
		return nil, fmt.Errorf("vnet: Bind: two hosts at port %d of %q", port, m.name)
	}
	if port == 0 {
		if port = m.freePort(); port == 0 {
			return nil, fmt.Errorf("vnet: Bind: no port of %q is free", m.name)
		}
	}
	s := &Socket{machine: m, port: port}
	s.actor = actor{name: fmt.Sprintf("%s:%d", m.name, port), host: host, loop: loop, out: s}
	m.net.addActor(&s.actor)
	m.sockets[port] = s
	m.listening = append(m.listening, s)
	return s, nil
}

// freePort returns the next free ephemeral port, or 0.
func (m *Machine) freePort() uint16 {
	for range 1<<16 - firstEphemeral {
		if m.ephemeral++; m.ephemeral < firstEphemeral {
			m.ephemeral = firstEphemeral
		}
		if m.sockets[m.ephemeral] == nil {
			return m.ephemeral
		}
	}
	return 0
}

// Machine returns the machine it is on.
func (s *Socket) Machine() *Machine { return s.machine }

// Port returns the port.
func (s *Socket) Port() uint16 { return s.port }

// Addr4 returns the machine's first IPv4 address with the port: where others
// reach it, if no NAT is between.
func (s *Socket) Addr4() netip.AddrPort { return netip.AddrPortFrom(s.machine.Addr4(), s.port) }

// Addr6 is Addr4 for IPv6.
func (s *Socket) Addr6() netip.AddrPort { return netip.AddrPortFrom(s.machine.Addr6(), s.port) }

// Wake gives the host and its loop a turn at the present time. Who changed
// something about a host outside of its turn, in a function of At, calls it so
// that its deadline is asked again and what it queued leaves.
func (s *Socket) Wake() {
	if !s.closed {
		s.machine.net.wake(&s.actor, s.machine.net.now)
	}
}

// Close takes the host off the machine. What arrives later is Undelivered.
func (s *Socket) Close() {
	if s.closed {
		return
	}
	s.closed = true
	m := s.machine
	m.net.removeActor(&s.actor)
	delete(m.sockets, s.port)
	m.listening = slices.DeleteFunc(m.listening, func(o *Socket) bool { return o == s })
}

// SendDatagram sends a datagram to path.Remote at the present time, from
// path.Local if the machine has that address and its interface is up, and else
// from the interface that Machine.Prefer names or the first that is up. It is
// called by the host during Flush; whoever has the Socket may call it too.
func (s *Socket) SendDatagram(path netcode.Path, datagram []byte) {
	m, n := s.machine, s.machine.net
	n.stats.Sent++
	source := m.sourceOf(path)
	to := s.lastNumber
	if path.Remote != s.lastTo || !s.lastTo.IsValid() {
		var ok bool
		if to, ok = n.book.endpoint(path.Remote); !ok || !path.Remote.IsValid() {
			n.unsendable(path.Remote, m.name, datagram)
			return
		}
		s.lastTo, s.lastNumber = path.Remote, to
	}
	if source < 0 || s.closed {
		n.unsendable(path.Remote, m.name, datagram)
		return
	}
	from, ok := s.endpointAt(source)
	if !ok {
		n.unsendable(path.Remote, m.name, datagram)
		return
	}
	label := labelOf(n.sent, from, to)
	n.sent = (n.sent + 1) & numberMask
	n.hash(&s.actor, Sent, label, datagram)
	if n.cfg.Observer != nil {
		n.cfg.Observer(n.event(Sent, label, m.name, datagram))
	}
	m.locals[source].on.edge.carry(Up, label, datagram)
}

// sourceOf returns which address of the machine a datagram leaves from, as an
// index in m.locals, or -1 if there is none.
func (m *Machine) sourceOf(path netcode.Path) int {
	if path.Local.IsValid() {
		for k := range m.locals {
			if l := &m.locals[k]; l.address == path.Local && !l.on.down {
				return k
			}
		}
	}
	return m.choice[familyOf(path.Remote.Addr().Is6())]
}

// endpointAt returns the number of the endpoint that the socket is at an
// address of the machine.
func (s *Socket) endpointAt(index int) (number uint32, ok bool) {
	for len(s.sources) <= index {
		address := netip.AddrPortFrom(s.machine.locals[len(s.sources)].address, s.port)
		if number, ok = s.machine.net.book.endpoint(address); !ok {
			return 0, false
		}
		s.sources = append(s.sources, number)
	}
	return s.sources[index], true
}

// unsendable counts a datagram that could not leave its machine: there is no
// interface for it, or its destination is no address.
func (n *Internet) unsendable(to netip.AddrPort, where string, datagram []byte) {
	n.stats.Unroutable++
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Unroutable, Time: n.time, To: to, Where: where, Datagram: datagram})
	}
}

// receive hands a datagram to the host.
func (s *Socket) receive(from uint32, local netip.Addr, label uint64, datagram []byte) *actor {
	n := s.machine.net
	n.stats.Arrived++
	n.hash(&s.actor, Arrived, label, datagram)
	if n.cfg.Observer != nil {
		n.cfg.Observer(n.event(Arrived, label, s.machine.name, datagram))
	}
	path := netcode.Path{Remote: n.book.endpoints[from].address, Local: local}
	if p := s.actor.apart; p != nil {
		p.coming.put(n.now, n.arriving, path, datagram)
		return nil
	}
	s.host.Receive(n.time, path, datagram)
	if s.closed {
		return nil // by its own hand
	}
	return &s.actor
}
