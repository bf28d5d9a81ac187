package vnet_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A greeter says hello to a peer once, and answers whatever it receives.
type greeter struct {
	name  string
	greet netip.AddrPort
	reply netcode.Path
}

func (g *greeter) Receive(now time.Time, path netcode.Path, datagram []byte) {
	fmt.Printf("%v: %s hears %q\n", now.Sub(time.Unix(0, 0)), g.name, datagram)
	if string(datagram) == "hello" {
		g.reply = path
	}
}

func (g *greeter) Flush(_ time.Time, out netcode.Sender) {
	if g.greet.IsValid() {
		out.SendDatagram(netcode.Path{Remote: g.greet}, []byte("hello"))
		g.greet = netip.AddrPort{}
	}
	if g.reply.Remote.IsValid() {
		out.SendDatagram(g.reply, []byte("hello yourself"))
		g.reply = netcode.Path{}
	}
}

func (g *greeter) NextDeadline() time.Time { return time.Time{} }

func ExampleNetwork() {
	network, err := vnet.New(vnet.Config{Seed: 1, Link: link.Config{Delay: 40 * time.Millisecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	here, there := netip.MustParseAddrPort("10.0.0.1:7777"), netip.MustParseAddrPort("10.0.0.2:7777")
	for _, err := range []error{
		network.Add(here, &greeter{name: "here", greet: there}, nil),
		network.Add(there, &greeter{name: "there"}, nil),
		network.Run(network.Now().Add(time.Hour)), // takes no time at all
	} {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(network.Counters(here, there).Delivered, "datagram there")
	// Output:
	// 40ms: there hears "hello"
	// 80ms: here hears "hello yourself"
	// 1 datagram there
}
