// Package stage puts a whole Arena match into virtual time: the real server,
// and real clients that predict, interpolate and are played by bots. It has no
// network of its own: whoever has one gives every host its place in it.
//
//	match, err := stage.New(stage.Config{Players: 64, Seed: 1})
//	network.Add(serverAddress, match.Server.Core(), match.Server)
//	for i, p := range match.Players {
//		network.Add(addressOf(i), p.Core(), p)
//		err = p.Connect(network.Now(), netcode.Path{Remote: serverAddress})
//	}
//
// Server and Player are vnet.Loops, and their Cores the vnet.Hosts, of a
// vnet.Network as well as of the sockets of a vnet.Internet. netsim's flow kind
// "arena" and the tests and benchmarks of this package are made of it.
//
// What happens follows from the configuration, the seed and the datagrams, and
// from nothing else: the suite is pinned, and all randomness is seeded.
//
// A Match belongs to one goroutine. Its players share nothing that changes, so
// that their sockets may stand apart (vnet.Socket.SetApart): each player is then
// played on whatever processor is free.
package stage
