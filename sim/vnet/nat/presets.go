package nat

import "time"

// RFC4787 is a NAT that does all that RFC 4787 requires and recommends:
// endpoint-independent mapping (REQ-1), paired addresses (REQ-2), no
// overloading (REQ-3), parity (REQ-4), five minutes (REQ-5), refresh by what
// goes out (REQ-6), address-dependent filtering where, as REQ-8 says, the
// owner prefers stringency, and hairpinning (REQ-9).
func RFC4787() Config {
	return Config{
		Kind: Translate, Mapping: EndpointIndependent, Filtering: AddressDependent,
		Ports: Preserving, KeepParity: true, Hairpin: HairpinExternal, Lifetime: 5 * time.Minute,
	}
}

// FullCone, RestrictedCone, PortRestrictedCone and Symmetric are the four
// classes of RFC 3489, section 5, in the words of RFC 4787.

// FullCone lets everyone in by a mapping that is the same for everyone.
func FullCone() Config {
	return Config{Kind: Translate, Mapping: EndpointIndependent, Filtering: EndpointIndependent}
}

// RestrictedCone lets in by address.
func RestrictedCone() Config {
	return Config{Kind: Translate, Mapping: EndpointIndependent, Filtering: AddressDependent}
}

// PortRestrictedCone lets in by address and port.
func PortRestrictedCone() Config {
	return Config{Kind: Translate, Mapping: EndpointIndependent, Filtering: AddressAndPortDependent}
}

// Symmetric has another, random port for everyone outside.
func Symmetric() Config {
	return Config{Kind: Translate, Mapping: AddressAndPortDependent, Filtering: AddressAndPortDependent, Ports: Random}
}

// Linux is what nftables' masquerade does with its defaults: ports preserved,
// and 30 s until something comes in and 120 s after that
// (nf_conntrack_udp_timeout and nf_conntrack_udp_timeout_stream, which
// docs.kernel.org, networking/nf_conntrack-sysctl, documents). What comes in
// counts too. That the mapping of a port is the same for everyone, while
// another port of the same peer is filtered, was tried on Linux 6.18.
func Linux() Config {
	return Config{
		Kind: Translate, Mapping: EndpointIndependent, Filtering: AddressAndPortDependent,
		FirstLifetime: 30 * time.Second, Lifetime: 2 * time.Minute, RefreshInbound: true,
	}
}
