// Package vnet is a network in virtual time: hosts that speak a protocol, and
// links between them. It runs as fast as the machine computes, and one seed
// gives the same run, byte for byte, on every machine.
//
// There are two of them. A [Network] is flat: a host has an address, and a
// link each way to every other host. It is the shortest way to a test of two
// ends over a bad line. An [Internet] is a tree of routers and machines, with
// shared links, NATs, firewalls, several interfaces and both IP versions. Both
// run on the same clockwork and call hosts by the same contract; they are two
// types because a flat network has no place for a datagram to be between its
// two ends, which makes it twice as fast.
//
//	network, err := vnet.New(vnet.Config{Seed: 1, Link: link.Config{Delay: 40 * time.Millisecond}})
//	network.Add(serverAddress, server.Core(), vnet.LoopFuncs{AdvanceFunc: server.Advance, NextFunc: server.NextTick})
//	network.Add(clientAddress, client.Core(), …)
//	network.Run(network.Now().Add(time.Hour))
//
//	internet := vnet.NewInternet(vnet.InternetConfig{Seed: 1})
//	home, err := internet.AddRouter("home", vnet.RouterConfig{IPv4: nat.Config{Kind: nat.Translate}})
//	client, err := internet.AddMachine("client", vnet.Attachment{Parent: home})
//	socket, err := client.Bind(0, core, loop)
//
// # The contract with a host
//
// A [Host] is a protocol core, such as *netcode.Core; a [Loop] is what drives
// it, such as a game's server or client, and is optional. The network calls
// them like this, and never otherwise:
//
//   - when a datagram arrives: Host.Receive, Loop.Advance, Host.Flush
//   - at the earlier of Host.NextDeadline and Loop.NextDeadline:
//     Loop.Advance, Host.Flush
//   - when Run first meets a host, and after Socket.Wake: Loop.Advance,
//     Host.Flush
//   - at the beginning of every Run: Host.Flush, so that what the caller
//     queued since the last one leaves
//
// Both deadlines are asked again after each of these; the zero time means
// none, and one that has passed means now. Several datagrams that arrive at
// one instant are several arrivals.
//
// # Order
//
// What happens at different times happens in order of time. What happens at
// the same time happens in the order in which it was caused: datagrams in the
// order they were sent, deadlines in the order they were set.
//
// There are no goroutines but those of hosts that stand apart
// ([Socket.SetApart]), and no clock, and in the steady state no allocation.
// A Network or an Internet is not safe for concurrent use; different ones are
// independent, so a sweep can run one on each core.
package vnet
