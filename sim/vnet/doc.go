// Package vnet is a network in virtual time: hosts that speak a protocol, and
// a link each way between every two of them. It runs as fast as the machine
// computes, and one seed gives the same run, byte for byte, on every machine.
//
//	network, err := vnet.New(vnet.Config{Seed: 1, Link: link.Config{Delay: 40 * time.Millisecond}})
//	network.Add(serverAddress, server.Core(), vnet.LoopFuncs{AdvanceFunc: server.Advance, NextFunc: server.NextTick})
//	network.Add(clientAddress, client.Core(), …)
//	network.Run(network.Now().Add(time.Hour))
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
//   - when Run first meets a host: Loop.Advance, Host.Flush
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
// There are no goroutines and no clock, and in the steady state no allocation.
// A Network is not safe for concurrent use; different ones are independent, so
// a sweep can run one on each core.
package vnet
