package peer_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/peer"
	"github.com/reckon-engine/reckon/netcode/rpc"
)

// A server that answers, and a client that asks.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	cfg := peer.Config{Config: netcode.Config{
		Game:     netcode.Identity{Name: "example", Build: 1},
		Channels: []netcode.Channel{{Name: "chat", Mode: netcode.ReliableOrdered}},
		MaxConns: 16, // the client leaves it at 0: it accepts nobody
	}}
	listener, err := peer.Listen("127.0.0.1:0", cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept(ctx)
			if err != nil {
				return
			}
			message, err := conn.Receive(ctx)
			if err == nil {
				err = conn.Send(ctx, message.Channel, append([]byte("you said "), message.Data...))
			}
			if err != nil {
				log.Print(err)
			}
		}
	}()

	cfg.MaxConns = 0
	conn, err := peer.Dial(ctx, listener.Addr().String(), cfg, netcode.DialOptions{ServerKey: listener.PublicKey()})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Send(ctx, 0, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	answer, err := conn.Receive(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(answer.Data))
	// Output: you said hello
}

// A typed question with a deadline.
func Example_rpc() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	cfg := peer.Config{Config: netcode.Config{
		Game:     netcode.Identity{Name: "example", Build: 1},
		Channels: []netcode.Channel{{Name: "rpc", Mode: netcode.ReliableOrdered}},
		MaxConns: 16,
	}}
	listener, err := peer.Listen("127.0.0.1:0", cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()

	type join struct{ Team string }

	// serve passes a connection's messages to the calls on it.
	serve := func(conn *peer.Conn) *rpc.Peer {
		calls := rpc.New(rpc.Options{Send: func(m []byte) error { return conn.TrySend(0, m) }})
		rpc.Handle(calls, "join", func(j join) (string, error) {
			return "welcome to the " + j.Team + " team", nil
		})
		go func() {
			defer calls.Close()
			for {
				message, err := conn.Receive(ctx)
				if err != nil {
					return
				}
				if err := calls.Receive(time.Now(), message.Data); err != nil {
					log.Print(err)
				}
			}
		}()
		return calls
	}
	go func() {
		if conn, err := listener.Accept(ctx); err == nil {
			serve(conn)
		}
	}()

	cfg.MaxConns = 0
	conn, err := peer.Dial(ctx, listener.Addr().String(), cfg, netcode.DialOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	reply, err := rpc.Call[string](ctx, serve(conn), time.Now(), "join", join{Team: "red"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply)
	// Output: welcome to the red team
}
