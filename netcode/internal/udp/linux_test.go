package udp

import (
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// senderOf returns the sending half of s, to break it.
func senderOf(s *Socket) *sender { return &s.carrier.(*mmsg).tx }

func TestRepliesLeaveFromTheAddressAsked(t *testing.T) {
	for _, test := range []struct{ listen, client, asked string }{
		{":0", "127.0.0.1", "127.0.0.2"},
		{":0", "127.0.0.3", "127.255.0.9"},
		{":0", "::1", "::1"},
		{"0.0.0.0:0", "127.0.0.1", "127.0.0.2"},
		{"127.0.0.2:0", "127.0.0.1", "127.0.0.2"},
	} {
		t.Run(test.listen+" "+test.asked, func(t *testing.T) {
			server := listen(t, test.listen, Options{})
			client := listen(t, net.JoinHostPort(test.client, "0"), Options{})
			asked := at(server, test.asked)
			client.Queue(asked, netip.Addr{}, []byte("ping"))
			client.Flush()
			d := collect(t, server, 1)[0]
			if d.Local != asked.Addr() || d.Remote != client.LocalAddr() {
				t.Fatalf("server got %v -> %v, want %v -> %v", d.Remote, d.Local, client.LocalAddr(), asked.Addr())
			}
			server.Queue(d.Remote, d.Local, []byte("pong"))
			server.Flush()
			if got := collect(t, client, 1)[0].Remote; got != asked {
				t.Errorf("reply came from %v, want %v", got, asked)
			}
		})
	}
}

// TestSourceGone sends from an address this machine does not have, as a
// client does whose network changed: the datagram goes out all the same.
func TestSourceGone(t *testing.T) {
	for _, test := range []struct{ listen, peer, source string }{
		{":0", "127.0.0.1", "198.51.100.7"},
		{":0", "::1", "2001:db8::7"},
		{"0.0.0.0:0", "127.0.0.1", "198.51.100.7"},
	} {
		server := listen(t, net.JoinHostPort(test.peer, "0"), Options{})
		client := listen(t, test.listen, Options{})
		own := netip.MustParseAddr(test.peer)
		for _, source := range []netip.Addr{own, netip.MustParseAddr(test.source), own} {
			client.Queue(server.LocalAddr(), source, []byte("moved"))
		}
		client.Flush()
		collect(t, server, 3)
		if s := client.Stats(); s.SourceMoved != 1 || s.DatagramsOut != 3 || s.Unroutable+s.SendErrors != 0 {
			t.Errorf("%s to %s: stats %+v, want 3 sent, 1 moved", test.listen, test.peer, s)
		}
	}
}

// TestKernelRefusalsAreSkipped puts datagrams that the kernel refuses between
// good ones.
func TestKernelRefusalsAreSkipped(t *testing.T) {
	server := listen(t, "127.0.0.1:0", Options{})
	client := listen(t, "127.0.0.1:0", Options{MaxDatagram: limitMaxDatagram})
	good := server.LocalAddr()
	client.Queue(good, netip.Addr{}, []byte("1"))
	client.Queue(good, netip.Addr{}, make([]byte, 65508)) // 65,507 is the most IPv4 can say
	client.Queue(good, netip.Addr{}, []byte("2"))
	client.Queue(netip.AddrPortFrom(good.Addr(), 0), netip.Addr{}, []byte("port 0"))
	client.Queue(netip.MustParseAddrPort("192.0.2.1:9"), netip.Addr{}, []byte("not from 127.0.0.1"))
	client.Queue(good, netip.Addr{}, []byte("3"))
	client.Flush()
	for i, d := range collect(t, server, 3) {
		if want := string(rune('1' + i)); string(d.Data) != want {
			t.Errorf("datagram %d is %q, want %q", i, d.Data, want)
		}
	}
	if s := client.Stats(); s.TooLarge != 1 || s.SendErrors != 2 || s.DatagramsOut != 3 || s.BytesOut != 3 {
		t.Errorf("stats %+v, want 1 too large, 2 errors, 3 sent", s)
	}
}

// TestInjectedSendFaults answers the system call in the kernel's place:
// result i for call i, then as many as are asked.
func TestInjectedSendFaults(t *testing.T) {
	type result struct {
		n     int
		errno unix.Errno
	}
	for _, test := range []struct {
		name    string
		results []result
		room    bool // the send buffer empties in time
		want    Stats
	}{
		{"partial", []result{{3, 0}, {1, 0}}, false, Stats{DatagramsOut: 10, SendCalls: 3}},
		{"firewall", []result{{2, 0}, {-1, unix.EPERM}}, false, Stats{DatagramsOut: 9, SendCalls: 3, Denied: 1}},
		{"broadcast", []result{{-1, unix.EACCES}}, false, Stats{DatagramsOut: 9, SendCalls: 2, Denied: 1}},
		{"device queue", []result{{-1, unix.ENOBUFS}}, false, Stats{DatagramsOut: 9, SendCalls: 2, SendFull: 1}},
		{"no route", []result{{-1, unix.ENETUNREACH}}, false, Stats{DatagramsOut: 9, SendCalls: 2, Unroutable: 1}},
		{"link MTU", []result{{9, 0}, {-1, unix.EMSGSIZE}}, false, Stats{DatagramsOut: 9, SendCalls: 2, TooLarge: 1}},
		{"interrupted", []result{{-1, unix.EINTR}}, false, Stats{DatagramsOut: 10, SendCalls: 2}},
		{"an earlier one refused", []result{{-1, unix.ECONNREFUSED}}, false, Stats{DatagramsOut: 10, SendCalls: 2}},
		{"refused for ever", slices.Repeat([]result{{-1, unix.ECONNREFUSED}}, 4), false, Stats{DatagramsOut: 9, SendCalls: 5, SendErrors: 1}},
		{"full, then room", []result{{4, 0}, {-1, unix.EAGAIN}}, true, Stats{DatagramsOut: 10, SendCalls: 3}},
		{"full", []result{{4, 0}, {-1, unix.EAGAIN}}, false, Stats{DatagramsOut: 4, SendCalls: 2, SendFull: 6}},
		{"full for ever", slices.Repeat([]result{{-1, unix.EAGAIN}}, 100), true, Stats{SendCalls: 17, SendFull: 10}},
		{"nothing sent, no error", []result{{0, 0}}, false, Stats{DatagramsOut: 9, SendCalls: 2, SendErrors: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := listen(t, "127.0.0.1:0", Options{})
			tx := senderOf(s)
			calls := 0
			tx.sendmmsg = func(_ uintptr, headers []unix.Mmsghdr) (int, unix.Errno) {
				calls++
				if calls <= len(test.results) {
					r := test.results[calls-1]
					return r.n, r.errno
				}
				return len(headers), 0
			}
			tx.writable = func(uintptr, time.Duration) bool { return test.room }
			for range 10 {
				s.Queue(s.LocalAddr(), netip.Addr{}, []byte("x"))
			}
			s.Flush()
			test.want.BytesOut = test.want.DatagramsOut
			got := s.Stats()
			// How often "full for ever" is tried depends on how long the
			// attempts take, up to a limit.
			if test.name == "full for ever" && got.SendCalls <= test.want.SendCalls {
				got.SendCalls = test.want.SendCalls
			}
			if got != test.want {
				t.Errorf("stats\n%+v, want\n%+v", got, test.want)
			}
			s.Queue(s.LocalAddr(), netip.Addr{}, []byte("next"))
			tx.sendmmsg = sendmmsg
			s.Flush()
			if d := collect(t, s, 1)[0]; string(d.Data) != "next" {
				t.Errorf("after the fault %q arrived, want \"next\"", d.Data)
			}
		})
	}
}

// TestPatienceIsPerFlush fills the buffer for good: one Flush of many batches
// waits for room once, not once a batch.
func TestPatienceIsPerFlush(t *testing.T) {
	s := listen(t, "127.0.0.1:0", Options{Batch: 1})
	tx := senderOf(s)
	tx.sendmmsg = func(uintptr, []unix.Mmsghdr) (int, unix.Errno) { return -1, unix.EAGAIN }
	var waited []time.Duration
	tx.writable = func(_ uintptr, patience time.Duration) bool {
		waited = append(waited, patience)
		return true
	}
	for range 2 {
		waited = nil
		for range 100 {
			s.Queue(s.LocalAddr(), netip.Addr{}, nil)
		}
		s.Flush()
		if len(waited) < 1 || len(waited) > 16 || waited[0] != sendPatience {
			t.Errorf("waited %d times, first %v, want 1 to 16 times, first %v", len(waited), waited, sendPatience)
		}
	}
	if got := s.Stats().SendFull; got != 200 {
		t.Errorf("SendFull = %d, want 200", got)
	}
}

func TestWritable(t *testing.T) {
	s := listen(t, "127.0.0.1:0", Options{})
	raw, err := s.carrier.(*mmsg).conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if !writable(fd, time.Minute) {
			t.Error("an idle socket is not writable")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOverflowIsCounted sends more than the receive buffer holds.
func TestOverflowIsCounted(t *testing.T) {
	server := listen(t, "127.0.0.1:0", Options{ReceiveBufferBytes: 8 << 10})
	client := listen(t, "127.0.0.1:0", Options{})
	for range 500 {
		client.Queue(server.LocalAddr(), netip.Addr{}, make([]byte, 200))
	}
	client.Flush()
	for {
		if batch, _, err := server.Receive(); err != nil {
			t.Fatal(err)
		} else if len(batch) == 0 {
			break
		}
	}
	// The count travels with the next datagram.
	client.Queue(server.LocalAddr(), netip.Addr{}, nil)
	client.Flush()
	collect(t, server, 1)
	s := server.Stats()
	if s.Overflowed == 0 || s.DatagramsIn+s.Overflowed != 501 {
		t.Errorf("received %d, overflowed %d, want 501 together", s.DatagramsIn, s.Overflowed)
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

// TestDatagramsAreNeverFragmented reads back what beforeBind set.
func TestDatagramsAreNeverFragmented(t *testing.T) {
	s := listen(t, ":0", Options{})
	raw, err := s.carrier.(*mmsg).conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		got4, err4 := unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER)
		got6, err6 := unix.GetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER)
		if err4 != nil || err6 != nil || got4 != unix.IP_PMTUDISC_PROBE || got6 != unix.IPV6_PMTUDISC_PROBE {
			t.Errorf("MTU discovery is %d (%v) and %d (%v), want %d", got4, err4, got6, err6, unix.IP_PMTUDISC_PROBE)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDescriptorsAreReleased opens and closes many sockets.
func TestDescriptorsAreReleased(t *testing.T) {
	lowestFree := func() int {
		fd, err := unix.Dup(0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		return fd
	}
	before := lowestFree()
	for range 20 {
		s, err := Listen("127.0.0.1:0", Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := lowestFree(); after != before {
		t.Errorf("the lowest free descriptor went from %d to %d", before, after)
	}
}

// BenchmarkWaitLateness compares ways to wait for 16.67 ms deadlines. Run
// with -benchtime=300x.
func BenchmarkWaitLateness(b *testing.B) {
	for _, way := range []struct {
		name string
		wait func(s *Socket, raw syscall.RawConn, deadline time.Time)
	}{
		{"sleep", func(_ *Socket, _ syscall.RawConn, deadline time.Time) { time.Sleep(time.Until(deadline)) }},
		{"runtime", func(s *Socket, raw syscall.RawConn, deadline time.Time) {
			_ = s.carrier.(*mmsg).conn.SetReadDeadline(deadline)
			_ = raw.Read(func(uintptr) bool { return false })
		}},
		{"ppoll", func(_ *Socket, raw syscall.RawConn, deadline time.Time) {
			_ = raw.Control(func(fd uintptr) {
				fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
				timeout := unix.NsecToTimespec(time.Until(deadline).Nanoseconds())
				_, _ = unix.Ppoll(fds[:], &timeout, nil)
			})
		}},
		{"timerfd", func(s *Socket, _ syscall.RawConn, deadline time.Time) { _, _ = s.Wait(deadline) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			s := listen(b, "127.0.0.1:0", Options{})
			raw, err := s.carrier.(*mmsg).conn.SyscallConn()
			if err != nil {
				b.Fatal(err)
			}
			var late []time.Duration
			var before, after unix.Rusage
			_ = unix.Getrusage(unix.RUSAGE_SELF, &before)
			deadline := time.Now()
			for b.Loop() {
				deadline = deadline.Add(time.Second / 60)
				way.wait(s, raw, deadline)
				late = append(late, time.Since(deadline))
			}
			_ = unix.Getrusage(unix.RUSAGE_SELF, &after)
			cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
			slices.Sort(late)
			b.ReportMetric(float64(late[len(late)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(late[len(late)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(100*float64(cpu)/float64(b.Elapsed()), "cpu-%")
		})
	}
}
