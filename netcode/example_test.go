package netcode_test

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A server and a client on one machine, in one loop. Games have them in two
// programs, and wait for the tick where this example waits a millisecond.
func Example() {
	config := netcode.Config{
		Game: netcode.Identity{Name: "example", Build: 1},
		Channels: []netcode.Channel{
			{Name: "state", Mode: netcode.Unreliable},
			{Name: "chat", Mode: netcode.ReliableOrdered},
		},
	}
	const chat = 1
	listen := func(maxConns int) (*netcode.Core, *netcode.Endpoint) {
		config.MaxConns = maxConns // 0: connects out, accepts nobody
		core, err := netcode.NewCore(config)
		if err != nil {
			panic(err)
		}
		endpoint, err := netcode.Listen("127.0.0.1:0", core, netcode.EndpointOptions{})
		if err != nil {
			panic(err)
		}
		return core, endpoint
	}
	server, serverSocket := listen(16)
	client, clientSocket := listen(0)
	defer serverSocket.Close()
	defer clientSocket.Close()

	path := netcode.Path{Remote: serverSocket.LocalAddr()}
	options := netcode.DialOptions{ServerKey: server.PublicKey(), Hello: []byte("Ada")}
	if _, err := client.Dial(time.Now(), path, options); err != nil {
		panic(err)
	}
	var guest *netcode.Conn
	for open := true; open; {
		serverSocket.WaitUntil(time.Now().Add(time.Millisecond))
		clientSocket.WaitUntil(time.Now().Add(time.Millisecond))
		for e, ok := server.NextEvent(); ok; e, ok = server.NextEvent() {
			if e.Kind == netcode.EventConnected {
				fmt.Printf("server: %s is here\n", e.Hello)
				guest = e.Conn
			}
		}
		for e, ok := client.NextEvent(); ok; e, ok = client.NextEvent() {
			switch e.Kind {
			case netcode.EventConnected:
				e.Conn.Send(time.Now(), chat, []byte("hello"))
			case netcode.EventClosed:
				fmt.Println("client:", e.Err)
				open = false
			}
		}
		if guest == nil {
			continue
		}
		if channel, message, ok := guest.Receive(); ok {
			fmt.Printf("server: %q on channel %d\n", message, channel)
			guest.Close(time.Now(), netcode.CloseKicked, "no small talk")
		}
	}
	// Output:
	// server: Ada is here
	// server: "hello" on channel 1
	// client: netcode: kicked by peer: no small talk
}
