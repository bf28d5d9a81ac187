package netcode

import (
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reckon-engine/reckon/netcode/internal/udp"
)

// loadVariable makes BenchmarkEndpointGather the source of the datagrams: it
// runs a second process for that, whose CPU time is not the endpoint's.
const loadVariable = "RECKON_TEST_LOAD"

// loadClients at 60 datagrams a second each, spread over the tick.
const loadClients = 200

// load sends for a minute, or until it is killed.
func load(to netip.AddrPort) error {
	socket, err := udp.Listen("127.0.0.1:0", udp.Options{})
	if err != nil {
		return err
	}
	defer socket.Close()
	next, datagram := time.Now(), make([]byte, 64)
	for end := next.Add(time.Minute); next.Before(end); next = next.Add(time.Second / 60 / loadClients) {
		if err := socket.Rest(next); err != nil {
			return err
		}
		socket.Queue(to, netip.Addr{}, datagram)
		socket.Flush()
	}
	return nil
}

// BenchmarkEndpointGather measures what it costs to wait for a tick while 200
// clients send: an operation is a tick. Run with -benchtime=300x.
func BenchmarkEndpointGather(b *testing.B) {
	if to := os.Getenv(loadVariable); to != "" {
		if err := load(netip.MustParseAddrPort(to)); err != nil {
			b.Fatal(err)
		}
		return
	}
	for _, gather := range []time.Duration{-1, 250 * time.Microsecond, time.Millisecond, 4 * time.Millisecond} {
		b.Run(gather.String(), func(b *testing.B) {
			e := listen(b, "127.0.0.1:0", testConfig(1), EndpointOptions{Gather: gather})
			e.core.SetForeign(func(time.Time, Path, []byte) {})
			source := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkEndpointGather$")
			source.Env = append(os.Environ(), loadVariable+"="+e.LocalAddr().String())
			if err := source.Start(); err != nil {
				b.Fatal(err)
			}
			defer func() {
				_ = source.Process.Kill()
				_ = source.Wait()
			}()
			if err := e.Wait(time.Now().Add(endpointPatience)); err != nil {
				b.Fatal(err)
			}
			before, woken, received := cpuTime(), e.Stats().Wakeups, e.Stats().DatagramsIn
			tick := time.Now()
			for b.Loop() {
				tick = tick.Add(time.Second / 60)
				if err := e.WaitUntil(tick); err != nil {
					b.Fatal(err)
				}
			}
			seconds := b.Elapsed().Seconds()
			b.ReportMetric(100*(cpuTime()-before).Seconds()/seconds, "cpu-%")
			b.ReportMetric(float64(e.Stats().Wakeups-woken)/seconds, "wakeups/s")
			b.ReportMetric(float64(e.Stats().DatagramsIn-received)/seconds, "datagrams/s")
		})
	}
}

func cpuTime() time.Duration {
	var usage unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestEndpointDeliversMarks looks at what the core is told of each datagram.
func TestEndpointDeliversMarks(t *testing.T) {
	server := listen(t, ":0", serverConfig(), EndpointOptions{})
	var got []uint8
	server.core.SetForeign(func(time.Time, Path, []byte) { got = append(got, server.core.ecn) })
	for _, opt := range []EndpointOptions{{ECN: true}, {}, {DSCP: 46, ECN: true}} {
		client := listen(t, ":0", testConfig(2), opt)
		if client.Stats().Unmarked {
			t.Errorf("%+v: not marked", opt)
		}
		path, err := client.Resolve(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), server.LocalAddr().Port()).String())
		if err != nil {
			t.Fatal(err)
		}
		client.SendDatagram(path, []byte("foreign"))
		client.Flush(time.Now())
		if err := server.Wait(time.Now().Add(endpointPatience)); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 3 || got[0] != 2 || got[1] != 0 || got[2] != 2 {
		t.Errorf("marks %v, want 2, 0, 2", got)
	}
}
