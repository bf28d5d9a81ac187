package netcode

import "github.com/reckon-engine/reckon/netcode/internal/udp"

// ListenShards opens address once for every Core of one server ([NewShards])
// and returns an Endpoint for each, in their order. Each pair of Core and
// Endpoint belongs to a goroutine of its own, as if there were no others:
//
//	for i, endpoint := range endpoints {
//		go play(matches[i], endpoint) // Advance, Flush and WaitUntil, as ever
//	}
//
// On Linux every Endpoint has a socket, and the kernel gives each datagram to
// the one whose Core has its connection (SO_REUSEPORT; docs/PROTOCOL.md,
// section 3.1). Where a kernel does not, and in the moments in which sockets
// come and go, the Endpoint that receives it hands it over
// (EndpointStats.HandedOver). On other systems there is one socket, and a
// goroutine that reads it for all of them.
//
// All Endpoints are bound to the same port; with port 0 the system chooses.
// The address must be free: another server on it is an error, also one with
// shards. Buffers and limits of opt are those of each Endpoint. They are
// closed together, after their goroutines said what is to be said.
func ListenShards(address string, cores []*Core, opt EndpointOptions) ([]*Endpoint, error) {
	return listenShards(address, cores, opt, opt.socket())
}

// listenShards is ListenShards with options that only tests change.
func listenShards(address string, cores []*Core, opt EndpointOptions, socket udp.Options) ([]*Endpoint, error) {
	if err := checkCores(cores); err != nil {
		return nil, err
	}
	sockets, err := udp.ListenShards(address, len(cores), steering(), socket)
	if err != nil {
		return nil, err
	}
	endpoints := make([]*Endpoint, len(cores))
	for i, core := range cores {
		endpoints[i] = newEndpoint(core, sockets[i], opt)
	}
	return endpoints, nil
}
