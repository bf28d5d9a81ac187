package proxy_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
)

// A game server, a bad line of 80 ms there and back in front of it, and a
// client that connects to the line instead of the server.
func ExampleProxy() {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	line := link.Config{Delay: 40 * time.Millisecond}
	p, err := proxy.New(proxy.Config{
		Listen: "127.0.0.1:0",
		Target: server.LocalAddr().String(),
		Up:     line,
		Down:   line,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	go func() { _ = p.Run(context.Background()) }()

	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(p.Addr()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	sent := time.Now()
	if _, err := client.Write([]byte("hello")); err != nil {
		fmt.Println(err)
		return
	}
	buffer := make([]byte, 1500)
	n, _, err := server.ReadFrom(buffer)
	fmt.Println(string(buffer[:n]), err, time.Since(sent) >= 40*time.Millisecond)
	// Output: hello <nil> true
}
