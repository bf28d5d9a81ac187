// Package proxy is a bad network in front of any program that speaks UDP: a
// proxy with a link of package link each way for every client.
//
//	game client ⇄ proxy ══ up link ══→ game server
//	                    ←═ down link ══
//
// Every client address gets its own socket towards the target, so the target
// sees as many addresses as there are clients, and its own pair of links,
// whose chance follows from the seed and the number of the client.
//
// # Limits
//
// The proxy terminates UDP: the target sees the proxy's address, and options
// of the IP header (ECN, the don't-fragment bit) are not carried over. On a
// machine with several addresses, answers leave from the one the routing
// table chooses; listen on a specific address if that matters.
package proxy
