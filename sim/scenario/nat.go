package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// natForm is a NAT as it is written.
type natForm struct {
	Kind           natName       `toml:"kind"`
	Mapping        natName       `toml:"mapping"`
	Filtering      natName       `toml:"filtering"`
	Ports          natName       `toml:"ports"`
	KeepParity     bool          `toml:"keep-parity"`
	FirstPort      uint16        `toml:"first-port"`
	LastPort       uint16        `toml:"last-port"`
	Hairpin        natName       `toml:"hairpin"`
	Pooling        natName       `toml:"pooling"`
	Lifetime       time.Duration `toml:"lifetime"`
	FirstLifetime  time.Duration `toml:"first-lifetime"`
	RefreshInbound bool          `toml:"refresh-inbound"`
	MaxMappings    int           `toml:"max-mappings"`
}

// natName is the name of a behaviour, "" for what a router at home has.
type natName string

// nat reads the NAT of a router. Without filtering and ports a NAT is as
// RFC 4787 wants it.
func (p *parser) nat(s *site, n *document.Node) {
	if n == nil {
		return
	}
	key := s.key + ".nat"
	form := natForm{Kind: "translate"}
	if n.Kind == document.String { // nat = "firewall"
		form.Kind = natName(n.Text)
	} else {
		document.Decode(n, key, &form, p.Problems)
	}
	c := nat.Config{
		KeepParity: form.KeepParity, FirstPort: form.FirstPort, LastPort: form.LastPort,
		Lifetime: form.Lifetime, FirstLifetime: form.FirstLifetime, RefreshInbound: form.RefreshInbound,
		MaxMappings: form.MaxMappings,
	}
	pick(p, n, key, "kind", form.Kind, &c.Kind, nat.Translate, nat.OneToOne, nat.Firewall, nat.Blocked)
	pick(p, n, key, "mapping", form.Mapping, &c.Mapping, nat.EndpointIndependent, nat.AddressDependent, nat.AddressAndPortDependent)
	pick(p, n, key, "filtering", form.Filtering, &c.Filtering, nat.EndpointIndependent, nat.AddressDependent, nat.AddressAndPortDependent)
	pick(p, n, key, "ports", form.Ports, &c.Ports, nat.Preserving, nat.Sequential, nat.Random)
	pick(p, n, key, "hairpin", form.Hairpin, &c.Hairpin, nat.HairpinOff, nat.HairpinExternal, nat.HairpinInternal)
	pick(p, n, key, "pooling", form.Pooling, &c.Pooling, nat.Paired, nat.Arbitrary)
	var field *nat.FieldError
	if errors.As(c.Validate(), &field) {
		inner := kebab(field.Field)
		p.Add(n.LineOf(inner), key+"."+inner, "want %s, not %s", field.Limits, field.Value)
	}
	s.NAT = c
}

// pick finds the constant of a name: as its String has it, with hyphens.
func pick[T fmt.Stringer](p *parser, n *document.Node, key, name string, text natName, field *T, all ...T) {
	if text == "" {
		return
	}
	var names []string
	for _, v := range all {
		known := strings.ReplaceAll(v.String(), " ", "-")
		if known == string(text) {
			*field = v
			return
		}
		names = append(names, known)
	}
	p.Add(n.LineOf(name), key+"."+name, "want %s, not %q", document.List(names, "or"), string(text))
}

// addresses reads the addresses of a site: one, or a list.
func (p *parser) addresses(s *site, n *document.Node) {
	if n == nil {
		return
	}
	list := []*document.Node{n}
	if n.Kind == document.Array {
		list = n.Items
	}
	for _, item := range list {
		address, err := netip.ParseAddr(item.Text)
		switch {
		case item.Kind != document.String || err != nil || address.Is4In6() || address.Zone() != "":
			p.Add(item.Line, s.key+".address", "want an address such as \"203.0.113.7\" or \"2001:db8::7\", not %s", item.Short())
		case address.IsUnspecified() || address.IsMulticast() || address.IsLoopback():
			p.Add(item.Line, s.key+".address", "want an address that can be routed to, not %v", address)
		default:
			s.Addresses = append(s.Addresses, address)
		}
	}
}
