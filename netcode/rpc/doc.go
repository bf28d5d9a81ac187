// Package rpc asks questions over a connection and gets answers: typed
// requests and responses, with deadlines and cancellation, for the rare things
// that are not state, such as joining a team, buying an item or loading a
// profile.
//
// A [Peer] is one end. It is a state machine without input or output, like the
// protocol below it: it gives messages to a send function, takes those that
// arrived, and is told the time. Both ends may call each other over one
// ReliableOrdered or ReliableUnordered channel; what order answers come in
// depends on the handlers.
//
//	p := rpc.New(rpc.Options{Send: func(m []byte) error {
//		_, err := conn.Send(now, chRPC, m)
//		return err
//	}})
//	rpc.Handle(p, "join", func(r JoinRequest) (JoinReply, error) { … })
//
//	call, err := rpc.Start[JoinReply](p, now, "join", JoinRequest{Team: 2}, 2*time.Second)
//	// each frame: p.Receive(now, message) for messages of the channel, p.Update(now)
//	if reply, done, err := call.Result(); done { … }
//
// Goroutines that may wait use [Call]. Requests and responses are JSON unless
// Options.Codec says otherwise. Everything here is safe for concurrent use.
package rpc
