package udp

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestOverflowIsCounted sends more than the receive buffer holds.
func TestOverflowIsCounted(t *testing.T) {
	server := listen(t, ":0", Options{ReceiveBufferBytes: 8 << 10})
	client := listen(t, "127.0.0.1:0", Options{})
	for range 500 {
		client.Queue(at(server, "127.0.0.1"), netip.Addr{}, make([]byte, 200))
	}
	client.Flush()
	for {
		if batch, _, err := server.Receive(); err != nil {
			t.Fatal(err)
		} else if len(batch) == 0 {
			break
		}
	}
	// The count travels with the next datagram, and leaves room for the rest.
	client.Queue(at(server, "127.0.0.1"), netip.Addr{}, nil)
	client.Flush()
	if d := collect(t, server, 1)[0]; d.Local != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("Local = %v, want 127.0.0.1", d.Local)
	}
	s := server.Stats()
	if s.Overflowed == 0 || s.DatagramsIn+s.Overflowed != 501 {
		t.Errorf("received %d, overflowed %d, want 501 together", s.DatagramsIn, s.Overflowed)
	}
}

func TestReceiveInBatches(t *testing.T) {
	s := listen(t, "127.0.0.1:0", Options{Batch: 2})
	for range 5 {
		s.Queue(s.LocalAddr(), netip.Addr{}, nil)
	}
	s.Flush()
	for i, want := range []struct {
		n    int
		more bool
	}{{2, true}, {2, true}, {1, false}, {0, false}} {
		before := time.Now()
		batch, more, err := s.Receive()
		if len(batch) != want.n || more != want.more || err != nil {
			t.Errorf("Receive %d = %d datagrams, %v, %v, want %d, %v", i, len(batch), more, err, want.n, want.more)
		}
		// A batch that is not full means that the socket is empty.
		if emptied := s.carrier.(*mmsg).rx.emptied; emptied.Before(before) == !want.more {
			t.Errorf("Receive %d: last seen empty %v ago", i, before.Sub(emptied))
		}
	}
}

func TestAnswerable(t *testing.T) {
	for address, want := range map[string]bool{
		"192.0.2.1": true, "::1": true, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
	} {
		if got := answerable(netip.MustParseAddr(address)).IsValid(); got != want {
			t.Errorf("answerable(%s) = %v, want %v", address, got, want)
		}
	}
}

// TestControlMessagesCutShort gives the kernel less and less room for what it
// has to say beside the data.
func TestControlMessagesCutShort(t *testing.T) {
	s := listen(t, ":0", Options{})
	rx := &s.carrier.(*mmsg).rx
	for room := rx.control.size; room >= 0; room-- {
		for i := range rx.headers {
			rx.headers[i].Hdr.SetControllen(room)
		}
		rx.used = 0 // so that receive leaves them alone
		s.Queue(at(s, "127.0.0.1"), netip.Addr{}, []byte("data"))
		s.Flush()
		batch, _, err := s.Receive()
		if err != nil || len(batch) != 1 || string(batch[0].Data) != "data" {
			t.Fatalf("room for %d bytes: %d datagrams, %v, want 1", room, len(batch), err)
		}
	}
}

// TestReceiveBufferHolds checks the arithmetic behind defaultReceiveBuffer.
func TestReceiveBufferHolds(t *testing.T) {
	for _, size := range []int{64, 200, 1200} {
		server := listen(t, "127.0.0.1:0", Options{ReceiveBufferBytes: 64 << 10})
		client := listen(t, "127.0.0.1:0", Options{})
		for range 1000 {
			client.Queue(server.LocalAddr(), netip.Addr{}, make([]byte, size))
		}
		client.Flush()
		held := 0
		for {
			batch, _, err := server.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if len(batch) == 0 {
				break
			}
			held += len(batch)
		}
		charged := server.ReceiveBufferBytes() / held
		t.Logf("a buffer of %d bytes holds %d datagrams of %d bytes: %d bytes each", server.ReceiveBufferBytes(), held, size, charged)
		if charged < size || charged > size+4096 {
			t.Errorf("the kernel charges %d bytes for a datagram of %d", charged, size)
		}
	}
}

// TestArrivalIsWhenTheKernelSaw leaves a datagram waiting: its arrival time
// must be that of the sending (loopback delivers at once), not of the reading.
func TestArrivalIsWhenTheKernelSaw(t *testing.T) {
	server := listen(t, ":0", Options{})
	client := listen(t, ":0", Options{})
	for _, peer := range []string{"127.0.0.1", "::1"} {
		before := time.Now()
		client.Queue(at(server, peer), netip.Addr{}, nil)
		client.Flush()
		after := time.Now()
		if _, err := client.Wait(after.Add(10 * time.Millisecond)); err != nil { // not the server
			t.Fatal(err)
		}
		got := collect(t, server, 1)[0].At
		if got.Before(before.Add(-time.Millisecond)) || got.After(after.Add(time.Millisecond)) {
			t.Errorf("%s: arrived %v after the sending began, which took %v", peer, got.Sub(before), after.Sub(before))
		}
	}
}

func TestArrivalIsClamped(t *testing.T) {
	now := time.Now()
	r := receiver{emptied: now.Add(-16 * time.Millisecond)}
	for _, test := range []struct{ age, want time.Duration }{
		{0, 0},
		{3 * time.Millisecond, 3 * time.Millisecond},
		{-time.Hour, 0},                                // the wall clock was set back
		{time.Hour, 16 * time.Millisecond},             // or forward
		{17 * time.Millisecond, 16 * time.Millisecond}, // before the socket was empty
	} {
		if got := now.Sub(r.arrival(now, test.age)); got != test.want {
			t.Errorf("age %v counts as %v, want %v", test.age, got, test.want)
		}
	}
}

// TestLinkLocal talks over a link-local address where the machine has one;
// the zone must come back as a number, and a reply must find its way.
func TestLinkLocal(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			ip, _, _ := net.ParseCIDR(a.String())
			addr, ok := netip.AddrFromSlice(ip)
			if !ok || !addr.Is6() || !addr.IsLinkLocalUnicast() || i.Flags&net.FlagUp == 0 {
				continue
			}
			server, client := listen(t, ":0", Options{}), listen(t, ":0", Options{})
			client.Queue(netip.AddrPortFrom(addr.WithZone(i.Name), server.LocalAddr().Port()), netip.Addr{}, []byte("ping"))
			client.Flush()
			d := collect(t, server, 1)[0]
			if got, want := zoneNumber(d.Remote.Addr().Zone()), uint32(i.Index); got != want {
				t.Errorf("zone %q, want number %d", d.Remote.Addr().Zone(), want)
			}
			server.Queue(d.Remote, d.Local, []byte("pong"))
			server.Flush()
			if d = collect(t, client, 1)[0]; d.Remote.Addr().WithZone("") != addr {
				t.Errorf("reply from %v, want %v", d.Remote, addr)
			}
			return
		}
	}
	t.Log("no link-local address here")
}
