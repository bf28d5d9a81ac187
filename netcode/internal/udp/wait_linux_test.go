package udp

import (
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDescriptorsAreReleased opens and closes many sockets.
func TestDescriptorsAreReleased(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	cycle := func(n int) {
		for range n {
			s, err := Listen("127.0.0.1:0", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	cycle(1) // the runtime's poller opens some of its own
	before := open()
	cycle(20)
	if after := open(); after != before {
		t.Errorf("%d descriptors are open, %d were before", after, before)
	}
}

// BenchmarkWaitLateness compares ways to wait for 16.67 ms deadlines. Run
// with -benchtime=300x.
func BenchmarkWaitLateness(b *testing.B) {
	watched, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer watched.Close()
	for _, way := range []struct {
		name string
		wait func(s *Socket, raw syscall.RawConn, deadline time.Time)
	}{
		{"sleep", func(_ *Socket, _ syscall.RawConn, deadline time.Time) { time.Sleep(time.Until(deadline)) }},
		{"runtime", func(_ *Socket, _ syscall.RawConn, deadline time.Time) {
			_ = watched.SetReadDeadline(deadline)
			_, _ = watched.Read(nil)
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
			raw, err := s.carrier.(*mmsg).file.SyscallConn()
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
