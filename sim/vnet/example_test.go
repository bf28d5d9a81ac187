package vnet_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
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

// A player at home, behind a NAT that forgets: the server is greeted from
// another port after it was bound again.
func ExampleInternet() {
	internet := vnet.NewInternet(vnet.InternetConfig{Seed: 1})
	home, err := internet.AddRouter("home", vnet.RouterConfig{
		Attachment: vnet.Attachment{Up: link.Config{Delay: 20 * time.Millisecond}, Down: link.Config{Delay: 20 * time.Millisecond}},
		IPv4:       nat.Linux(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	player, err := internet.AddMachine("player", vnet.Attachment{Parent: home})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := internet.AddMachine("server", vnet.Attachment{})
	if err != nil {
		fmt.Println(err)
		return
	}
	listening, err := server.Bind(7777, &greeter{name: "server"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	speaking, err := player.Bind(5000, &greeter{name: "player", greet: listening.Addr4()}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	internet.At(internet.Now().Add(time.Second), func(time.Time) {
		home.Rebind()
		speaking.SendDatagram(netcode.Path{Remote: listening.Addr4()}, []byte("still me"))
	})
	if err := internet.Run(internet.Now().Add(2 * time.Second)); err != nil {
		fmt.Println(err)
		return
	}
	outside, _ := speaking.Outside(listening.Addr4())
	fmt.Println(speaking.Addr4(), "is", outside, "outside")
	// Output:
	// 20ms: server hears "hello"
	// 40ms: player hears "hello yourself"
	// 1.02s: server hears "still me"
	// 10.0.0.1:5000 is 198.18.0.1:12918 outside
}
