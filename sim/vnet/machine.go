package vnet

import (
	"fmt"
	"net/netip"
	"slices"
)

// A Machine is a leaf of an Internet: a computer with one or more interfaces,
// and sockets on which hosts speak. Create it with Internet.AddMachine.
type Machine struct {
	net        *Internet
	name       string
	interfaces []*Interface
	preferred  *Interface
	locals     []local
	choice     [families]int // index in locals of the default source; -1 if none
	sockets    map[uint16]*Socket
	listening  []*Socket // the same, in the order they were bound
	ephemeral  uint16    // the latest port that was chosen for a socket
	removed    bool
}

// An Interface joins a machine to a router by an edge. It has one or more
// addresses.
type Interface struct {
	machine *Machine
	edge    *Edge
	down    bool
	locals  []netip.Addr
}

// A local is an address of a machine.
type local struct {
	address netip.Addr
	on      *Interface
}

// AddMachine adds a machine with one interface, which has the machine's name.
func (n *Internet) AddMachine(name string, a Attachment) (*Machine, error) {
	m := &Machine{net: n, name: name, sockets: map[uint16]*Socket{}, ephemeral: firstEphemeral - 1}
	if _, err := m.AddInterface(name, a); err != nil {
		return nil, err
	}
	n.machines[name] = m
	return m, nil
}

// AddInterface gives the machine another interface. Names of interfaces and
// routers are unique. The earliest that is up is where datagrams leave, unless
// Prefer says otherwise.
func (m *Machine) AddInterface(name string, a Attachment) (*Interface, error) {
	n := m.net
	if err := n.checkName(name); err != nil {
		return nil, err
	}
	if m.removed {
		return nil, fmt.Errorf("vnet: machine %q was removed", m.name)
	}
	if a.Parent == nil {
		a.Parent = n.root
	}
	i := &Interface{machine: m}
	edge, err := n.newEdge(name, i, a)
	if err != nil {
		return nil, fmt.Errorf("vnet: interface %q: %w", name, err)
	}
	i.edge = edge
	if i.locals, err = n.addressesFor(a); err != nil {
		return nil, fmt.Errorf("vnet: interface %q: %w", name, err)
	}
	if err := edge.open(i.locals); err != nil {
		return nil, fmt.Errorf("vnet: interface %q: %w", name, err)
	}
	for _, address := range i.locals {
		m.locals = append(m.locals, local{address, i})
	}
	m.interfaces = append(m.interfaces, i)
	m.choose()
	return i, nil
}

// addressesFor returns the addresses of a new interface.
func (n *Internet) addressesFor(a Attachment) ([]netip.Addr, error) {
	if len(a.Addresses) == 0 {
		v4, err := a.Parent.realm4.free(a.Parent.isOutside)
		if err != nil {
			return nil, err
		}
		v6, err := n.realm6.free(nil)
		if err != nil {
			return nil, err
		}
		return []netip.Addr{v4, v6}, nil
	}
	for i, address := range a.Addresses {
		if err := n.realmOf(address, a.Parent).check(address); err != nil {
			return nil, err
		}
		if slices.Contains(a.Addresses[:i], address) || a.Parent.isOutside(address) {
			return nil, fmt.Errorf("vnet: %v is taken", address)
		}
	}
	return slices.Clone(a.Addresses), nil
}

// Name returns the name that Internet.Machine finds it by.
func (m *Machine) Name() string { return m.name }

// String returns the name.
func (m *Machine) String() string { return m.name }

// Interfaces returns the interfaces in the order they were added.
func (m *Machine) Interfaces() []*Interface { return slices.Clone(m.interfaces) }

// Addr4 returns the first IPv4 address, or the zero Addr.
func (m *Machine) Addr4() netip.Addr { return m.firstOf(false) }

// Addr6 returns the first IPv6 address, or the zero Addr.
func (m *Machine) Addr6() netip.Addr { return m.firstOf(true) }

func (m *Machine) firstOf(v6 bool) netip.Addr {
	for _, l := range m.locals {
		if l.address.Is6() == v6 {
			return l.address
		}
	}
	return netip.Addr{}
}

// Prefer makes an interface the one where datagrams leave while it is up and
// has an address of their family, as a phone prefers its Wi-Fi. Nil means
// none in particular.
func (m *Machine) Prefer(i *Interface) {
	m.preferred = i
	m.choose()
}

// choose decides from which address datagrams leave.
func (m *Machine) choose() {
	for family := range families {
		m.choice[family] = -1
		for k, l := range m.locals {
			if l.on.down || familyOf(l.address.Is6()) != family {
				continue
			}
			if m.choice[family] < 0 || l.on == m.preferred && m.locals[m.choice[family]].on != m.preferred {
				m.choice[family] = k
			}
		}
	}
}

// Remove closes the machine's sockets and takes it out of the network, with
// what is on its way on its edges: what was sent last arrives only if its time
// is given to it. Its names are free after that, and whoever takes them begins
// with the same seeds.
func (m *Machine) Remove() {
	if m.removed {
		return
	}
	m.removed = true
	for len(m.listening) > 0 {
		m.listening[0].Close()
	}
	for _, i := range m.interfaces {
		i.edge.close(i.locals)
	}
	delete(m.net.machines, m.name)
}

// Name returns the name of the interface and its edge.
func (i *Interface) Name() string { return i.edge.name }

// String returns the name.
func (i *Interface) String() string { return i.edge.name }

// Machine returns the machine it belongs to.
func (i *Interface) Machine() *Machine { return i.machine }

// Edge returns the edge it hangs on.
func (i *Interface) Edge() *Edge { return i.edge }

// Addresses returns the interface's addresses.
func (i *Interface) Addresses() []netip.Addr { return slices.Clone(i.locals) }

// IsUp reports whether the interface is up. It is in the beginning.
func (i *Interface) IsUp() bool { return !i.down }

// SetUp takes the interface up or down. What leaves the machine then takes
// another one that is up; what arrives at one that is down is Undelivered.
func (i *Interface) SetUp(up bool) {
	i.down = !up
	i.machine.choose()
}

// receive hands a datagram to the socket it is for.
func (i *Interface) receive(_ *wire, label uint64, datagram []byte) *actor {
	m := i.machine
	_, from, to := openLabel(label)
	dst := &m.net.book.endpoints[to]
	s := m.sockets[dst.address.Port()]
	if i.down || s == nil {
		m.net.lost(Undelivered, label, i.edge.name, datagram)
		return nil
	}
	return s.receive(from, dst.address.Addr(), label, datagram)
}
