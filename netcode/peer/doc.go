// Package peer is the blocking face of netcode: connections that goroutines
// dial, accept, send on and receive from, with contexts. It is for tools,
// tests, lobbies and servers that are written that way; a game loop drives
// netcode.Core and netcode.Endpoint itself and never blocks.
//
//	conn, err := peer.Dial(ctx, "game.example:7777", peer.Config{Config: netcode.Config{…}})
//	…
//	defer conn.Close()
//	err = conn.Send(ctx, chChat, []byte("hello"))
//	message, err := conn.Receive(ctx)
//
// A socket has one goroutine of its own, which keeps the protocol's deadlines.
// Everything in this package is safe for concurrent use, and nothing is held
// while it waits. What is sent leaves at once.
package peer
