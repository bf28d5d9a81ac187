package udp

import (
	"net"
	"net/netip"
	"slices"
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
			s := listen(t, "127.0.0.1:0", Options{NoSegmentation: true})
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
	raw, err := s.carrier.(*mmsg).file.SyscallConn()
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

// TestDatagramsAreNeverFragmented reads back what beforeBind set.
func TestDatagramsAreNeverFragmented(t *testing.T) {
	s := listen(t, ":0", Options{})
	raw, err := s.carrier.(*mmsg).file.SyscallConn()
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
