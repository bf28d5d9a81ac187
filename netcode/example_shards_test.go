package netcode_test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// Two matches on one port, each on a core of its own. A match knows nothing
// of the other: its loop is that of a server that is alone.
func ExampleListenShards() {
	config := netcode.Config{
		Game:     netcode.Identity{Name: "example", Build: 1},
		Channels: []netcode.Channel{{Name: "chat", Mode: netcode.ReliableOrdered}},
		MaxConns: 16,
	}
	matches, err := netcode.NewShards(config, 2)
	if err != nil {
		panic(err)
	}
	endpoints, err := netcode.ListenShards("127.0.0.1:0", matches, netcode.EndpointOptions{})
	if err != nil {
		panic(err)
	}
	var running sync.WaitGroup
	for i, endpoint := range endpoints {
		running.Go(func() { play(i, endpoint) })
	}

	config.MaxConns = 0
	for i := range matches {
		route := uint8(len(matches) + i) // what a list of matches would say
		fmt.Println(welcome(config, endpoints[0].LocalAddr().String(), route))
	}
	for _, endpoint := range endpoints {
		endpoint.Close()
	}
	running.Wait()
	// Output:
	// netcode: kicked by peer: match 0 is full
	// netcode: kicked by peer: match 1 is full
}

// play is the loop of one match.
func play(match int, endpoint *netcode.Endpoint) {
	for !errors.Is(endpoint.Wait(time.Time{}), net.ErrClosed) {
		for e, ok := endpoint.Core().NextEvent(); ok; e, ok = endpoint.Core().NextEvent() {
			if e.Kind == netcode.EventConnected {
				e.Conn.Close(time.Now(), netcode.CloseKicked, fmt.Sprintf("match %d is full", match))
			}
		}
		endpoint.Flush(time.Now())
	}
}

// welcome connects and returns how it ended.
func welcome(config netcode.Config, address string, route uint8) error {
	core, err := netcode.NewCore(config)
	if err != nil {
		return err
	}
	endpoint, err := netcode.Listen(":0", core, netcode.EndpointOptions{})
	if err != nil {
		return err
	}
	defer endpoint.Close()
	path, err := endpoint.Resolve(address)
	if err != nil {
		return err
	}
	if _, err := core.Dial(time.Now(), path, netcode.DialOptions{Route: route}); err != nil {
		return err
	}
	for {
		if err := endpoint.Wait(time.Time{}); err != nil {
			return err
		}
		for e, ok := core.NextEvent(); ok; e, ok = core.NextEvent() {
			if e.Kind == netcode.EventClosed {
				return e.Err
			}
		}
	}
}
