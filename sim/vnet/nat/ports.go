package nat

import (
	"net/netip"
	"slices"

	"github.com/reckon-engine/reckon/sim/link"
)

// A portPool knows which external ports are in use, and which is next.
type portPool struct {
	ranges  [2]portRange // of internal ports below 1024, and of others
	used    [][2]int     // by external address and range
	cursor  [][2]int     // where Sequential goes on, likewise
	address int          // where Arbitrary goes on
	paired  map[netip.Addr]int
	draws   uint64 // how often Random was asked
	shift   int    // how far Preserving is off, because of rebindings
}

type portRange struct{ first, count int }

// shiftPerRebinding is how far a port that is preserved moves at a rebinding:
// a NAT that lost its memory would preserve the same port again, and nobody
// would notice. Even, so that parity stays; otherwise of no meaning.
const shiftPerRebinding = 7918

// reset makes all ports free. What was handed out is not next again.
func (p *portPool) reset(cfg *Config, addresses int) {
	p.ranges = [2]portRange{{1, 1023}, {1024, 1<<16 - 1024}}
	if cfg.FirstPort != 0 {
		all := portRange{int(cfg.FirstPort), int(cfg.LastPort) - int(cfg.FirstPort) + 1}
		p.ranges = [2]portRange{all, all}
	}
	p.used = make([][2]int, addresses)
	if len(p.cursor) != addresses {
		p.cursor = make([][2]int, addresses)
		p.paired = map[netip.Addr]int{}
		p.address = 0
	}
}

// rangeOf returns which range an internal or external port is of. If both are
// the same range, it is the second.
func (p *portPool) rangeOf(port uint16) int {
	if p.ranges[0] != p.ranges[1] && port < 1024 {
		return 0
	}
	return 1
}

func (p *portPool) release(external []netip.Addr, outside netip.AddrPort) {
	p.used[slices.Index(external, outside.Addr())][p.rangeOf(outside.Port())]--
}

// allocate takes a free external port for an internal endpoint.
func (n *NAT) allocate(inside netip.AddrPort) (outside netip.AddrPort, ok bool) {
	p := &n.ports
	if n.cfg.Pooling == Paired {
		which, known := p.paired[inside.Addr()]
		if !known {
			which = len(p.paired) % len(n.external)
			p.paired[inside.Addr()] = which
		}
		return n.allocateOn(which, inside.Port())
	}
	for range n.external {
		which := p.address
		p.address = (p.address + 1) % len(n.external)
		if outside, ok = n.allocateOn(which, inside.Port()); ok {
			return outside, true
		}
	}
	return netip.AddrPort{}, false
}

// allocateOn takes a free port of one external address.
func (n *NAT) allocateOn(which int, inside uint16) (outside netip.AddrPort, ok bool) {
	p := &n.ports
	class := p.rangeOf(inside)
	ports := p.ranges[class]
	if p.used[which][class] >= ports.count {
		return netip.AddrPort{}, false
	}
	offset, sequential := 0, false
	switch {
	case n.cfg.Ports == Random:
		p.draws++
		offset = int(link.SubSeed(n.seed, p.draws) % uint64(ports.count))
	case n.cfg.Ports == Preserving && n.preserved(which, ports, inside, &offset):
	default:
		offset, sequential = p.cursor[which][class], true
	}
	port := -1
	if n.cfg.KeepParity {
		port = n.search(which, ports, offset, int(inside)&1)
	}
	if port < 0 {
		port = n.search(which, ports, offset, -1)
	}
	p.used[which][class]++
	if sequential {
		p.cursor[which][class] = (port - ports.first + 1) % ports.count
	}
	return netip.AddrPortFrom(n.external[which], uint16(port)), true
}

// preserved reports whether the port that preserves an internal one is free,
// and sets the offset of it.
func (n *NAT) preserved(which int, ports portRange, inside uint16, offset *int) bool {
	own := int(inside) - ports.first
	if own < 0 || own >= ports.count {
		return false
	}
	*offset = (own + n.ports.shift) % ports.count
	_, taken := n.byOutside[netip.AddrPortFrom(n.external[which], uint16(ports.first+*offset))]
	return !taken
}

// search returns the first free port from an offset on, of a parity or of any
// if that is negative; or -1.
func (n *NAT) search(which int, ports portRange, offset, parity int) int {
	for k := range ports.count {
		port := ports.first + (offset+k)%ports.count
		if parity >= 0 && port&1 != parity {
			continue
		}
		if _, taken := n.byOutside[netip.AddrPortFrom(n.external[which], uint16(port))]; !taken {
			return port
		}
	}
	return -1
}
