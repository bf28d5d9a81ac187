package udp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// patience bounds every wait in these tests; none takes nearly as long.
const patience = 5 * time.Second

func listen(t testing.TB, address string, opt Options) *Socket {
	t.Helper()
	s, err := Listen(address, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// eachCarrier runs a test with the system's carrier and with the plain one.
func eachCarrier(t *testing.T, test func(t *testing.T, opt Options)) {
	t.Run("batched", func(t *testing.T) { test(t, Options{}) })
	t.Run("plain", func(t *testing.T) { test(t, Options{Plain: true}) })
}

// collect receives n datagrams and copies them.
func collect(t testing.TB, s *Socket, n int) []Datagram {
	t.Helper()
	var got []Datagram
	deadline := time.Now().Add(patience)
	for len(got) < n {
		batch, _, err := s.Receive()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range batch {
			d.Data = bytes.Clone(d.Data)
			got = append(got, d)
		}
		if len(got) >= n {
			break
		}
		if _, err := s.Wait(deadline); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("received %d datagrams, want %d", len(got), n)
		}
	}
	return got
}

// at returns s's port on another address, for sockets bound to all of them.
func at(s *Socket, address string) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(address), s.LocalAddr().Port())
}

func TestEcho(t *testing.T) {
	for _, test := range []struct{ listen, peer string }{
		{"127.0.0.1:0", "127.0.0.1"},
		{"[::1]:0", "::1"},
		{"0.0.0.0:0", "127.0.0.1"},
		{":0", "127.0.0.1"},
		{":0", "::1"},
		{"[::]:0", "127.0.0.1"},
	} {
		t.Run(test.listen+" "+test.peer, func(t *testing.T) {
			eachCarrier(t, func(t *testing.T, opt Options) {
				server := listen(t, test.listen, opt)
				client := listen(t, net.JoinHostPort(test.peer, "0"), opt)
				client.Queue(at(server, test.peer), netip.Addr{}, []byte("ping"))
				client.Flush()
				d := collect(t, server, 1)[0]
				if d.Remote != client.LocalAddr() || string(d.Data) != "ping" {
					t.Fatalf("server got %q from %v, want \"ping\" from %v", d.Data, d.Remote, client.LocalAddr())
				}
				server.Queue(d.Remote, d.Local, []byte("pong"))
				server.Flush()
				d = collect(t, client, 1)[0]
				if d.Remote != at(server, test.peer) || string(d.Data) != "pong" {
					t.Fatalf("client got %q from %v, want \"pong\" from %v", d.Data, d.Remote, at(server, test.peer))
				}
			})
		})
	}
}

func TestManyKeepTheirOrderAndSize(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		opt.Batch = 7 // does not divide the count
		server := listen(t, "127.0.0.1:0", opt)
		client := listen(t, "127.0.0.1:0", opt)
		want := make([][]byte, 100)
		for i := range want {
			want[i] = bytes.Repeat([]byte{byte(i)}, i*13%1200) // the first is empty
			client.Queue(server.LocalAddr(), netip.Addr{}, want[i])
		}
		client.Flush()
		total := 0
		for i, d := range collect(t, server, len(want)) {
			if !bytes.Equal(d.Data, want[i]) {
				t.Errorf("datagram %d has %d bytes, want %d", i, len(d.Data), len(want[i]))
			}
			total += len(want[i])
		}
		if out := client.Stats(); out.DatagramsOut != 100 || out.BytesOut != uint64(total) {
			t.Errorf("sent %d datagrams, %d bytes, want 100, %d", out.DatagramsOut, out.BytesOut, total)
		}
		if in := server.Stats(); in.DatagramsIn != 100 || in.BytesIn != uint64(total) {
			t.Errorf("received %d datagrams, %d bytes, want 100, %d", in.DatagramsIn, in.BytesIn, total)
		}
	})
}

func TestTooLargeIsCountedAndDropped(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		opt.MaxDatagram = 1200
		server := listen(t, "127.0.0.1:0", opt)
		opt.MaxDatagram = 1500
		client := listen(t, "127.0.0.1:0", opt)
		for _, size := range []int{1200, 1201, 1501, 1} {
			client.Queue(server.LocalAddr(), netip.Addr{}, make([]byte, size))
		}
		client.Flush()
		var sizes []int
		for _, d := range collect(t, server, 2) {
			sizes = append(sizes, len(d.Data))
		}
		if !slices.Equal(sizes, []int{1200, 1}) {
			t.Errorf("received sizes %v, want 1200 and 1", sizes)
		}
		if got := server.Stats().Truncated; got != 1 {
			t.Errorf("Truncated = %d, want 1", got)
		}
		if got := client.Stats(); got.TooLarge != 1 || got.DatagramsOut != 3 {
			t.Errorf("TooLarge, DatagramsOut = %d, %d, want 1, 3", got.TooLarge, got.DatagramsOut)
		}
	})
}

func TestUnreachableFamilyDoesNotStopTheOthers(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		server := listen(t, "127.0.0.1:0", opt)
		client := listen(t, "127.0.0.1:0", opt)
		client.Queue(server.LocalAddr(), netip.Addr{}, []byte("before"))
		client.Queue(netip.MustParseAddrPort("[::1]:9"), netip.Addr{}, []byte("no such family"))
		client.Queue(netip.AddrPort{}, netip.Addr{}, []byte("nowhere"))
		client.Queue(server.LocalAddr(), netip.Addr{}, []byte("after"))
		client.Flush()
		got := collect(t, server, 2)
		if string(got[0].Data) != "before" || string(got[1].Data) != "after" {
			t.Errorf("received %q and %q", got[0].Data, got[1].Data)
		}
		if s := client.Stats(); s.Unroutable != 2 || s.DatagramsOut != 2 {
			t.Errorf("Unroutable, DatagramsOut = %d, %d, want 2, 2", s.Unroutable, s.DatagramsOut)
		}
	})
}

func TestListenErrors(t *testing.T) {
	taken := listen(t, "127.0.0.1:0", Options{}).LocalAddr().String()
	for _, test := range []struct {
		address string
		opt     Options
		want    string
	}{
		{taken, Options{}, "netcode: listen " + taken + ": address already in use"},
		{"127.0.0.1", Options{}, "netcode: listen 127.0.0.1: missing port in address"},
		{"127.0.0.1:70000", Options{}, "netcode: listen 127.0.0.1:70000: invalid port"},
		{"192.0.2.77:0", Options{}, "netcode: listen 192.0.2.77:0: cannot assign requested address"},
		{":0", Options{Batch: 1025}, "netcode: Batch is 1025, want 1 to 1024"},
		{":0", Options{MaxDatagram: 65536}, "netcode: MaxDatagram is 65536, want 1 to 65535"},
		{":0", Options{SendBufferBytes: -1}, "netcode: SendBufferBytes is -1, want 0 or more"},
		{":0", Options{ReceiveBufferBytes: -1}, "netcode: ReceiveBufferBytes is -1, want 0 or more"},
	} {
		s, err := Listen(test.address, test.opt)
		if err == nil {
			s.Close()
			t.Errorf("Listen(%q, %+v) succeeded", test.address, test.opt)
		} else if err.Error() != test.want {
			t.Errorf("Listen(%q, %+v) = %q, want %q", test.address, test.opt, err, test.want)
		}
	}
}

func TestCloseEndsWait(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		s := listen(t, "127.0.0.1:0", opt)
		result := make(chan error)
		go func() {
			_, err := s.Wait(time.Time{})
			result <- err
		}()
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		select {
		case err := <-result:
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("Wait() = %v, want net.ErrClosed", err)
			}
		case <-time.After(patience):
			t.Fatal("Wait did not return after Close")
		}
		if _, _, err := s.Receive(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Receive() = %v, want net.ErrClosed", err)
		}
		if _, err := s.Wait(time.Now()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Wait() = %v, want net.ErrClosed", err)
		}
		if err := s.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close() = %v, want net.ErrClosed", err)
		}
		s.Queue(netip.MustParseAddrPort("127.0.0.1:9"), netip.Addr{}, nil)
		s.Flush() // must not panic
		// The port is free again.
		listen(t, s.LocalAddr().String(), opt)
	})
}

// TestCloseAnyTime closes a socket that its owner keeps using; the race
// detector and the descriptor table are the judges.
func TestCloseAnyTime(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		for range 50 {
			s := listen(t, "127.0.0.1:0", opt)
			done := make(chan struct{})
			started := make(chan struct{})
			go func() {
				defer close(done)
				close(started)
				for {
					s.Queue(s.LocalAddr(), netip.Addr{}, []byte("to myself"))
					s.Flush()
					if _, err := s.Wait(time.Now().Add(50 * time.Microsecond)); err != nil {
						return
					}
					if _, _, err := s.Receive(); err != nil {
						return
					}
				}
			}()
			<-started
			s.Close()
			<-done
		}
	})
}

// TestPlainSendsAfterAStall lets the write deadline pass between two sends:
// that is no reason to drop anything, unless nothing can be sent at all.
func TestPlainSendsAfterAStall(t *testing.T) {
	s := listen(t, "127.0.0.1:0", Options{Plain: true})
	p := s.carrier.(*plain)
	stall := func() { _ = p.conn.SetWriteDeadline(time.Now().Add(-time.Second)) }
	send := func() { s.Queue(s.LocalAddr(), netip.Addr{}, nil) }
	send()
	for range 3 {
		stall()
		send()
	}
	if got := s.Stats(); got.DatagramsOut != 4 || got.SendFull != 0 {
		t.Errorf("%d sent, %d dropped, want 4 and 0", got.DatagramsOut, got.SendFull)
	}
	stall()
	p.progress = false // as if the last deadline had passed while waiting for room
	send()
	send()
	if got := s.Stats(); got.DatagramsOut != 4 || got.SendFull != 2 {
		t.Errorf("%d sent, %d dropped, want 4 and 2", got.DatagramsOut, got.SendFull)
	}
	s.Flush()
	send()
	if got := s.Stats(); got.DatagramsOut != 5 {
		t.Errorf("%d sent after the next Flush, want 5", got.DatagramsOut)
	}
}

func TestWaitKeepsTheDeadline(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		s := listen(t, "127.0.0.1:0", opt)
		var late []time.Duration
		for range 20 {
			deadline := time.Now().Add(3 * time.Millisecond)
			readable, err := s.Wait(deadline)
			if readable || err != nil {
				t.Fatalf("Wait() = %v, %v, want false, nil", readable, err)
			}
			late = append(late, time.Since(deadline))
		}
		slices.Sort(late)
		if late[0] < 0 {
			t.Errorf("woke %v early", -late[0])
		}
		// Half of them within one more interval, however busy the machine.
		if late[len(late)/2] > 3*time.Millisecond {
			t.Errorf("median lateness %v", late[len(late)/2])
		}
	})
}

func TestWaitAfterOtherDeadlines(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		s := listen(t, "127.0.0.1:0", opt)
		wait := func(deadline time.Time) bool {
			t.Helper()
			readable, err := s.Wait(deadline)
			if err != nil {
				t.Fatal(err)
			}
			return readable
		}
		near := time.Now().Add(time.Millisecond)
		wait(near)
		wait(near) // passed
		s.Queue(s.LocalAddr(), netip.Addr{}, []byte("x"))
		s.Flush()
		if !wait(time.Time{}) { // no deadline: must wait for the datagram, not see the old timer
			t.Error("Wait without deadline returned without a datagram")
		}
		if !wait(time.Now().Add(time.Hour)) {
			t.Error("a datagram that still waits was not seen")
		}
		collect(t, s, 1)
		if wait(time.Now().Add(time.Millisecond)) {
			t.Error("Wait saw a datagram that was received already")
		}
	})
}

// TestWaitForgetsAnEarlierDeadline leaves a timer running and waits without.
func TestWaitForgetsAnEarlierDeadline(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		s, other := listen(t, "127.0.0.1:0", opt), listen(t, "127.0.0.1:0", opt)
		s.Queue(s.LocalAddr(), netip.Addr{}, nil)
		s.Flush()
		soon := time.Now().Add(20 * time.Millisecond)
		if readable, err := s.Wait(soon); !readable || err != nil {
			t.Fatalf("Wait() = %v, %v, want a datagram", readable, err)
		}
		collect(t, s, 1)
		go func() {
			_ = other.Rest(soon.Add(20 * time.Millisecond))
			other.Queue(s.LocalAddr(), netip.Addr{}, nil)
			other.Flush()
		}()
		if readable, err := s.Wait(time.Time{}); !readable || err != nil {
			t.Errorf("Wait() = %v, %v, want a datagram", readable, err)
		}
	})
}

func TestListenFamilies(t *testing.T) {
	for address, want := range map[string]string{
		":0": "::", "[::]:0": "::", "0.0.0.0:0": "0.0.0.0", "127.0.0.1:0": "127.0.0.1", "[::1]:0": "::1",
		"[::ffff:127.0.0.1]:0": "127.0.0.1",
	} {
		if got := listen(t, address, Options{}).LocalAddr().Addr(); got != netip.MustParseAddr(want) {
			t.Errorf("Listen(%q) is bound to %v, want %v", address, got, want)
		}
	}
}

func TestRestIgnoresDatagrams(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		s := listen(t, "127.0.0.1:0", opt)
		for range 3 {
			s.Queue(s.LocalAddr(), netip.Addr{}, []byte("before"))
			s.Flush()
			deadline := time.Now().Add(2 * time.Millisecond)
			if err := s.Rest(deadline); err != nil {
				t.Fatal(err)
			}
			if early := time.Until(deadline); early > 0 {
				t.Errorf("Rest returned %v early", early)
			}
			if readable, _ := s.Wait(time.Now().Add(patience)); !readable {
				t.Error("Wait after Rest did not see the datagram")
			}
			collect(t, s, 1)
		}
		s.Close()
		if err := s.Rest(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Rest() = %v, want net.ErrClosed", err)
		}
	})
}

func TestBufferSizesAreReadBack(t *testing.T) {
	small := listen(t, "127.0.0.1:0", Options{ReceiveBufferBytes: 32 << 10, SendBufferBytes: 32 << 10})
	large := listen(t, "127.0.0.1:0", Options{})
	if small.ReceiveBufferBytes() < 32<<10 || small.SendBufferBytes() < 32<<10 {
		t.Errorf("buffers are %d and %d bytes, want at least %d", small.ReceiveBufferBytes(), small.SendBufferBytes(), 32<<10)
	}
	if large.ReceiveBufferBytes() <= small.ReceiveBufferBytes() {
		t.Errorf("the default receive buffer, %d bytes, is not larger than one of %d", large.ReceiveBufferBytes(), small.ReceiveBufferBytes())
	}
}

func TestNoAllocations(t *testing.T) {
	eachCarrier(t, func(t *testing.T, opt Options) {
		for _, address := range []string{"127.0.0.1", "::1"} {
			server := listen(t, ":0", opt)
			client := listen(t, net.JoinHostPort(address, "0"), opt)
			to, data := at(server, address), make([]byte, 100)
			round := func() {
				for range 80 {
					client.Queue(to, netip.Addr{}, data)
				}
				client.Flush()
				for got := 0; got < 80; {
					if readable, err := server.Wait(time.Now().Add(patience)); !readable {
						t.Fatalf("%d datagrams of 80 arrived, %v", got, err)
					}
					batch, _, _ := server.Receive()
					for _, d := range batch {
						server.Queue(d.Remote, d.Local, d.Data)
						got++
					}
				}
				server.Flush()
				for got := 0; got < 80; {
					batch, more, _ := client.Receive()
					if got += len(batch); more || got == 80 {
						continue
					}
					if readable, err := client.Wait(time.Now().Add(patience)); !readable {
						t.Fatalf("%d datagrams of 80 came back, %v", got, err)
					}
				}
			}
			if allocs := testing.AllocsPerRun(20, round); allocs != 0 {
				t.Errorf("%s: %v allocations for 160 datagrams, want 0", address, allocs)
			}
		}
	})
}

// BenchmarkDatagrams moves datagrams over loopback, sender and receiver in
// one goroutine, and reports packets per second.
func BenchmarkDatagrams(b *testing.B) {
	for _, size := range []int{64, 256, 1200} {
		for _, opt := range []Options{{}, {Plain: true}} {
			name := fmt.Sprintf("bytes=%d/plain=%v", size, opt.Plain)
			b.Run(name, func(b *testing.B) {
				server := listen(b, "127.0.0.1:0", opt)
				client := listen(b, "127.0.0.1:0", opt)
				data := make([]byte, size)
				b.ReportAllocs()
				for b.Loop() {
					for range 64 {
						client.Queue(server.LocalAddr(), netip.Addr{}, data)
					}
					client.Flush()
					for got := 0; got < 64; {
						batch, more, _ := server.Receive()
						if got += len(batch); more || got == 64 {
							continue
						}
						if readable, _ := server.Wait(time.Now().Add(patience)); !readable {
							b.Fatalf("%d datagrams of 64 arrived", got)
						}
					}
				}
				b.ReportMetric(64*float64(b.N)/b.Elapsed().Seconds(), "datagrams/s")
			})
		}
	}
}
