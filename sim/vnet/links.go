package vnet

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/reckon-engine/reckon/sim/link"
)

// SetLink gives the direction from one host to another a configuration of its
// own. It holds for what is sent from now on.
func (n *Network) SetLink(from, to netip.AddrPort, cfg link.Config) error {
	a, b := n.byAddress[from], n.byAddress[to]
	if a == nil || b == nil {
		return fmt.Errorf("vnet: SetLink: no host at both %v and %v", from, to)
	}
	f := n.flow(a, b)
	if err := f.wire.pipe.SetConfig(cfg); err != nil {
		return err
	}
	f.own = true
	return nil
}

// SetLinks gives both directions between two hosts the same configuration.
func (n *Network) SetLinks(a, b netip.AddrPort, cfg link.Config) error {
	if err := n.SetLink(a, b, cfg); err != nil {
		return err
	}
	return n.SetLink(b, a, cfg)
}

// SetDefault changes Config.Link: for links to come, and for those there are
// and SetLink was not called for. It holds for what is sent from now on.
func (n *Network) SetDefault(cfg link.Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	n.cfg.Link = cfg
	for _, f := range n.flows {
		if f.own {
			continue
		}
		if err := f.wire.pipe.SetConfig(cfg); err != nil {
			return err
		}
	}
	return nil
}

// Counters returns what was counted on the link from one host to another.
func (n *Network) Counters(from, to netip.AddrPort) link.Counters {
	a, b := n.byAddress[from], n.byAddress[to]
	if a == nil || b == nil || b.number >= len(a.out) || a.out[b.number] == nil {
		return link.Counters{}
	}
	return a.out[b.number].wire.pipe.Counters()
}

// A LinkCounters is one direction between two hosts and what it counted.
type LinkCounters struct {
	From, To netip.AddrPort
	link.Counters
}

// Links returns the counters of every link that was used or configured, in
// the order of the hosts they lead from and to.
func (n *Network) Links() []LinkCounters {
	flows := slices.Clone(n.flows)
	slices.SortFunc(flows, func(a, b *flow) int {
		return cmp.Or(cmp.Compare(a.from.number, b.from.number), cmp.Compare(a.to.number, b.to.number))
	})
	all := make([]LinkCounters, len(flows))
	for i, f := range flows {
		all[i] = LinkCounters{f.from.address, f.to.address, f.wire.pipe.Counters()}
	}
	return all
}
