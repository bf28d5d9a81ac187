package udp

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMarks sends marked datagrams between sockets of all kinds and reads the
// marks back.
func TestMarks(t *testing.T) {
	for _, test := range []struct{ sender, receiver, to string }{
		{"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1"},
		{"[::1]:0", "[::1]:0", "::1"},
		{":0", ":0", "127.0.0.1"},
		{":0", ":0", "::1"},
		{"0.0.0.0:0", ":0", "127.0.0.1"},
	} {
		t.Run(test.sender+" "+test.receiver+" "+test.to, func(t *testing.T) {
			receiver := listen(t, test.receiver, Options{})
			for _, opt := range []Options{{}, {ECN: true}, {DSCP: 46}, {DSCP: 63, ECN: true}} {
				sender := listen(t, test.sender, opt)
				if !sender.Marks() {
					t.Errorf("%+v: not marked", opt)
				}
				sender.Queue(at(receiver, test.to), netip.Addr{}, []byte("x"))
				sender.Flush()
				want := uint8(0)
				if opt.ECN {
					want = ect0
				}
				if d := collect(t, receiver, 1)[0]; d.ECN != want || d.Local != netip.MustParseAddr(test.to) {
					t.Errorf("%+v: ECN %d to %v, want %d to %s", opt, d.ECN, d.Local, want, test.to)
				}
			}
		})
	}
}

// TestCongestionMarkIsRead stands in for a router: it sets both bits.
func TestCongestionMarkIsRead(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		sender, receiver := listen(t, ":0", Options{}), listen(t, ":0", Options{})
		raw, err := sender.carrier.(*mmsg).file.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if set4, set6 := setTrafficClass(raw, 46<<2|3); !set4 || !set6 {
			t.Fatal("no traffic class set")
		}
		sender.Queue(at(receiver, address), netip.Addr{}, nil)
		sender.Flush()
		if d := collect(t, receiver, 1)[0]; d.ECN != 3 {
			t.Errorf("%s: ECN %d, want 3", address, d.ECN)
		}
	}
}

// TestClassIsOnTheSocket reads back what the kernel will write.
func TestClassIsOnTheSocket(t *testing.T) {
	s := listen(t, ":0", Options{DSCP: 46, ECN: true})
	raw, err := s.carrier.(*mmsg).file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		got4, _ := unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS)
		got6, _ := unix.GetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS)
		if want := 46<<2 | 2; got4 != want || got6 != want {
			t.Errorf("traffic class is %d and %d, want %d", got4, got6, want)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMarkLimits(t *testing.T) {
	if _, err := Listen("127.0.0.1:0", Options{DSCP: 64}); err == nil || err.Error() != "netcode: DSCP is 64, want 0 to 63" {
		t.Errorf("Listen with DSCP 64: %v", err)
	}
}
