package udp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// trains returns a socket whose kernel cuts trains.
func trains(t testing.TB, address string) *Socket {
	t.Helper()
	s := listen(t, address, Options{})
	if !senderOf(s).segments {
		t.Skip("needs a kernel that cuts trains (UDP_SEGMENT)")
	}
	return s
}

// TestTrains sends bursts of many shapes to two peers from two addresses:
// everything arrives, in order, as it was sent, and from where it was to.
func TestTrains(t *testing.T) {
	for _, test := range []struct {
		name            string
		sizes           []int
		trains, inTrain uint64
	}{
		{"equal", []int{1200, 1200, 1200}, 1, 3},
		{"a shorter one ends it", []int{1200, 1200, 40, 1200, 1200}, 2, 5},
		{"a longer one begins another", []int{40, 1200, 1200}, 1, 2},
		{"nothing in common", []int{1, 2, 3, 4}, 0, 0},
		{"empty ones travel alone", []int{0, 0, 100, 100, 0}, 1, 2},
		{"more than 65,507 bytes", repeat(1200, 60), 2, 60},
		{"more than 64", repeat(10, 100), 2, 100},
		{"alone", []int{1200}, 0, 0},
	} {
		for _, address := range []string{"127.0.0.1", "::1"} {
			t.Run(test.name+" "+address, func(t *testing.T) {
				sender := trains(t, ":0")
				near, far := listen(t, "127.0.0.1:0", Options{}), listen(t, "[::1]:0", Options{})
				peer, source := near, netip.MustParseAddr("127.0.0.5")
				if address == "::1" {
					peer, source = far, netip.MustParseAddr("::1")
				}
				sendAll(sender, peer.LocalAddr(), source, test.sizes)
				sender.Flush()
				for i, d := range collect(t, peer, len(test.sizes)) {
					if want := filled(i, test.sizes[i]); !bytes.Equal(d.Data, want) {
						t.Errorf("datagram %d has %d bytes, want %d", i, len(d.Data), len(want))
					}
					if d.Remote.Addr() != source {
						t.Errorf("datagram %d came from %v, want %v", i, d.Remote.Addr(), source)
					}
				}
				got := sender.Stats()
				if got.Trains != test.trains || got.InTrains != test.inTrain || got.DatagramsOut != uint64(len(test.sizes)) {
					t.Errorf("%d in %d trains, %d sent; want %d in %d, %d", got.InTrains, got.Trains, got.DatagramsOut,
						test.inTrain, test.trains, len(test.sizes))
				}
			})
		}
	}
}

func repeat(size, n int) (sizes []int) {
	for range n {
		sizes = append(sizes, size)
	}
	return sizes
}

func filled(i, size int) []byte { return bytes.Repeat([]byte{byte(i)}, size) }

func sendAll(s *Socket, to netip.AddrPort, from netip.Addr, sizes []int) {
	for i, size := range sizes {
		s.Queue(to, from, filled(i, size))
	}
}

// TestTrainsArePerPeer interleaves two peers: what is not consecutive is not
// a train, and what was queued first leaves first.
func TestTrainsArePerPeer(t *testing.T) {
	sender := trains(t, "127.0.0.1:0")
	a, b := listen(t, "127.0.0.1:0", Options{}), listen(t, "127.0.0.1:0", Options{})
	for range 4 {
		sendAll(sender, a.LocalAddr(), netip.Addr{}, []int{100})
		sendAll(sender, b.LocalAddr(), netip.Addr{}, []int{100})
	}
	sendAll(sender, a.LocalAddr(), netip.Addr{}, []int{100, 100})
	sender.Flush()
	collect(t, a, 6)
	collect(t, b, 4)
	if s := sender.Stats(); s.Trains != 1 || s.InTrains != 2 || s.DatagramsOut != 10 {
		t.Errorf("stats %+v, want one train of 2, 10 sent", s)
	}
}

// TestTrainsRefused answers trains with errors in the kernel's place.
func TestTrainsRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		refuse  func(trains int) unix.Errno
		rounds  int
		refused uint64
		off     bool
	}{
		{"the device cannot", func(int) unix.Errno { return unix.EIO }, 2, 1, true},
		{"one route cannot", func(n int) unix.Errno {
			if n == 1 {
				return unix.EINVAL
			}
			return 0
		}, 3, 1, false},
		{"no route can", func(int) unix.Errno { return unix.EINVAL }, 5, 3, true},
		{"source gone", func(int) unix.Errno { return unix.ENETUNREACH }, 1, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, peer := trains(t, ":0"), listen(t, "127.0.0.1:0", Options{})
			tx := senderOf(s)
			tried := 0
			tx.sendmmsg = func(fd uintptr, headers []unix.Mmsghdr) (int, unix.Errno) {
				for i := range headers {
					if headers[i].Hdr.Iovlen == 1 {
						continue
					}
					if i > 0 {
						return sendmmsg(fd, headers[:i])
					}
					tried++
					if errno := test.refuse(tried); errno != 0 {
						return -1, errno
					}
				}
				return sendmmsg(fd, headers)
			}
			sizes := []int{40, 100, 100, 100, 7, 90, 90, 91, 50, 0}
			source := netip.MustParseAddr("127.0.0.9")
			for range test.rounds {
				sendAll(s, peer.LocalAddr(), source, sizes)
				s.Flush()
			}
			for i, d := range collect(t, peer, test.rounds*len(sizes)) {
				i %= len(sizes)
				if !bytes.Equal(d.Data, filled(i, sizes[i])) || d.Remote.Addr() != source {
					t.Errorf("datagram %d: %d bytes from %v, want %d from %v", i, len(d.Data), d.Remote, sizes[i], source)
				}
			}
			got := s.Stats()
			if got.TrainsRefused != test.refused || tx.segments == test.off || got.DatagramsOut != uint64(test.rounds*len(sizes)) {
				t.Errorf("stats %+v, segments %v; want %d refused, %v", got, tx.segments, test.refused, !test.off)
			}
		})
	}
}

// TestTrainsInAFullBuffer counts every datagram of a train that is dropped.
func TestTrainsInAFullBuffer(t *testing.T) {
	s := trains(t, "127.0.0.1:0")
	tx := senderOf(s)
	tx.sendmmsg = func(uintptr, []unix.Mmsghdr) (int, unix.Errno) { return -1, unix.EAGAIN }
	tx.writable = func(uintptr, time.Duration) bool { return false }
	sendAll(s, s.LocalAddr(), netip.Addr{}, repeat(100, 10))
	s.Flush()
	if got := s.Stats(); got.SendFull != 10 || got.TrainsRefused != 0 {
		t.Errorf("stats %+v, want 10 dropped, none refused", got)
	}
}

func TestSegmentsSoundly(t *testing.T) {
	for release, want := range map[string]bool{
		"4.18.0-513.el8.x86_64": false, "5.0.0": true, "5.15.0-91-generic": true, "6.18.44-fc": true, "6": true,
		"7.0.2-6-pve": false, "7.1.4": false, "7.1.5": true, "7.2-rc1": true, "7.1-rc3": false, "8.0.0": true, "": false,
	} {
		if got := segmentsSoundly(release); got != want {
			t.Errorf("segmentsSoundly(%q) = %v, want %v", release, got, want)
		}
	}
}

// BenchmarkBurst measures the sending of bursts to one peer: an operation is
// a burst of 1,200 bytes each; its receiver's time does not count.
func BenchmarkBurst(b *testing.B) {
	for _, n := range []int{2, 4, 8, 32} {
		for _, off := range []bool{true, false} {
			b.Run(fmt.Sprintf("datagrams=%d/segmented=%v", n, !off), func(b *testing.B) {
				s := listen(b, "127.0.0.1:0", Options{NoSegmentation: off})
				peer := listen(b, "127.0.0.1:0", Options{})
				data := make([]byte, 1200)
				var spent time.Duration
				for b.Loop() {
					start := time.Now()
					for range n {
						s.Queue(peer.LocalAddr(), netip.Addr{}, data)
					}
					s.Flush()
					spent += time.Since(start)
					for got := 0; got < n; {
						batch, _, _ := peer.Receive()
						got += len(batch)
					}
				}
				b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*n), "ns/datagram")
			})
		}
	}
}

// BenchmarkSpread measures the sending of one datagram to each of many peers,
// of which no train can be made.
func BenchmarkSpread(b *testing.B) {
	for _, off := range []bool{true, false} {
		b.Run(fmt.Sprintf("segments=%v", !off), func(b *testing.B) {
			s := listen(b, "127.0.0.1:0", Options{NoSegmentation: off})
			var peers []*Socket
			for range 50 {
				peers = append(peers, listen(b, "127.0.0.1:0", Options{Batch: 1}))
			}
			data := make([]byte, 256)
			var spent time.Duration
			for b.Loop() {
				start := time.Now()
				for _, peer := range peers {
					s.Queue(peer.LocalAddr(), netip.Addr{}, data)
				}
				s.Flush()
				spent += time.Since(start)
				for _, peer := range peers {
					_, _, _ = peer.Receive()
				}
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*len(peers)), "ns/datagram")
		})
	}
}
