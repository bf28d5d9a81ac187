package tun

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// begin makes a Network until the end of the test. Where that is not possible
// the test is skipped, which in CI is a failure.
func begin(t testing.TB, cfg Config) *Network {
	t.Helper()
	n, err := New(cfg)
	if errors.Is(err, ErrPermission) || errors.Is(err, os.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("in CI this must run: %v", err)
		}
		t.Skipf("needs root, or unshare -r, and /dev/net/tun: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

func at(side Side, v6 bool, port string) string {
	if v6 {
		return net.JoinHostPort(side.Addr6().String(), port)
	}
	return net.JoinHostPort(side.Addr().String(), port)
}

// listenUDP opens a UDP socket in a side.
func listenUDP(t testing.TB, n *Network, side Side, address string) *net.UDPConn {
	t.Helper()
	conn, err := n.ListenPacket(t.Context(), side, "udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	udp := conn.(*net.UDPConn)
	_ = udp.SetReadBuffer(4 << 20)
	if err := udp.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return udp
}

func TestTCP(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		t.Run(map[bool]string{false: "IPv4", true: "IPv6"}[v6], func(t *testing.T) {
			delay := link.Config{Delay: 10 * time.Millisecond, Loss: 0.01}
			n := begin(t, Config{Up: delay, Down: delay, UpSeed: 3, DownSeed: 5})
			sent := bytes.Repeat([]byte("reckon"), 20_000)
			began := time.Now()
			if got := transfer(t, n, v6, sent); !bytes.Equal(got, sent) {
				t.Errorf("%d bytes arrived as %d others", len(sent), len(got))
			}
			s := n.Stats()
			if passed := time.Since(began); passed < 4*delay.Delay || s.Up.Sent < 80 || s.Up.LostRandom == 0 || s.Down.Sent < 20 || s.DeviceDrops != 0 || s.Errors != 0 {
				t.Errorf("in %v: %+v", passed, s)
			}
		})
	}
}

// transfer sends bytes from the client to the server by TCP, and returns what
// arrives.
func transfer(t testing.TB, n *Network, v6 bool, data []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	listener, err := n.Listen(ctx, Server, "tcp", at(Server, v6, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	received := make(chan []byte, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			received <- nil
			return
		}
		defer conn.Close()
		all, _ := io.ReadAll(conn) // what came until then is what the test sees
		received <- all
	}()
	conn, err := n.Dial(ctx, Client, "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return <-received
}
