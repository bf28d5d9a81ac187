package vnet

import (
	"net/netip"
)

// The label of a datagram in an Internet, which is all that is written on its
// envelope: its number, and the numbers of its two endpoints in the directory.
//
//	 63          40 39          20 19           0
//	┌──────────────┬──────────────┬──────────────┐
//	│    number    │     from     │      to      │
//	└──────────────┴──────────────┴──────────────┘
const (
	endpointBits = 20
	numberBits   = 64 - 2*endpointBits
	maxEndpoints = 1 << endpointBits
	endpointMask = maxEndpoints - 1
	numberMask   = 1<<numberBits - 1
)

func labelOf(number uint32, from, to uint32) uint64 {
	return uint64(number)<<(2*endpointBits) | uint64(from)<<endpointBits | uint64(to)
}

func openLabel(label uint64) (number, from, to uint32) {
	return uint32(label >> (2 * endpointBits)), uint32(label >> endpointBits & endpointMask), uint32(label & endpointMask)
}

// An endpoint is an address and port that was once written on a datagram.
type endpoint struct {
	address netip.AddrPort
	host    uint32 // number of its address without the port
	mark    uint64 // hash, for the digest
	v6      bool
}

// A directory numbers endpoints and addresses, so that a datagram's envelope
// is one word and routing looks nothing up by its text. It never forgets: it
// is bounded by maxEndpoints. The zero value is empty.
type directory struct {
	endpoints []endpoint
	number    map[netip.AddrPort]uint32 // looked up, never ranged over
	hosts     map[netip.Addr]uint32     // likewise
}

// endpoint returns the number of an endpoint. It reports false if the
// directory is full.
func (d *directory) endpoint(address netip.AddrPort) (number uint32, ok bool) {
	if number, ok = d.number[address]; ok {
		return number, true
	}
	if len(d.endpoints) == maxEndpoints {
		return 0, false
	}
	if d.number == nil {
		d.number = map[netip.AddrPort]uint32{}
	}
	var mark digest
	mark.address(address)
	number = uint32(len(d.endpoints))
	d.endpoints = append(d.endpoints, endpoint{address, d.host(address.Addr()), uint64(mark), address.Addr().Is6()})
	d.number[address] = number
	return number, true
}

// host returns the number of an address.
func (d *directory) host(address netip.Addr) uint32 {
	if number, ok := d.hosts[address]; ok {
		return number
	}
	if d.hosts == nil {
		d.hosts = map[netip.Addr]uint32{}
	}
	number := uint32(len(d.hosts))
	d.hosts[address] = number
	return number
}
