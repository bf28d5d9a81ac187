package proxy

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// patience is how long a test waits for a datagram that must come.
const patience = 10 * time.Second

// echo listens on address, and returns to each sender what it sends.
func echo(t testing.TB, address string) netip.AddrPort {
	t.Helper()
	conn := listen(t, address)
	go func() {
		buffer := make([]byte, maxDatagram)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = conn.WriteToUDPAddrPort(buffer[:n], from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func listen(t testing.TB, address string) *net.UDPConn {
	t.Helper()
	resolved, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp", resolved)
	if err != nil {
		t.Skipf("no socket on %s here: %v", address, err)
	}
	enlarge(conn)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// begin runs a proxy until the end of the test.
func begin(t testing.TB, cfg Config) *Proxy {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- p.Run(t.Context()) }()
	t.Cleanup(func() {
		_ = p.Close()
		if err := <-result; err != nil && !errors.Is(err, errClosed) {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

func dial(t testing.TB, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	enlarge(conn)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func send(t testing.TB, conn *net.UDPConn, datagram []byte) {
	t.Helper()
	if _, err := conn.Write(datagram); err != nil {
		t.Fatal(err)
	}
}

func receive(t testing.TB, conn *net.UDPConn) []byte {
	t.Helper()
	buffer := make([]byte, maxDatagram)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

func TestRoundTrip(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			target := echo(t, address)
			delay := link.Config{Delay: 15 * time.Millisecond}
			p := begin(t, Config{Listen: address, Target: target.String(), Up: delay, Down: delay})
			conn := dial(t, p.Addr())
			for _, size := range []int{0, 1, 1200, 20_000} {
				datagram := bytes.Repeat([]byte{7}, size)
				sent := time.Now()
				send(t, conn, datagram)
				if got := receive(t, conn); !bytes.Equal(got, datagram) {
					t.Errorf("%d bytes came back as %d", size, len(got))
				}
				if rtt := time.Since(sent); rtt < 2*delay.Delay {
					t.Errorf("round trip in %v, want at least %v", rtt, 2*delay.Delay)
				}
			}
			s := p.Stats()
			if s.Clients != 1 || s.Up.Delivered != 4 || s.Down.Delivered != 4 || s.Up.SentBytes != 21_201 || s.Held != 0 {
				t.Errorf("Stats() = %+v", s)
			}
		})
	}
}

// What arrives is what the link of the same seed lets arrive in virtual time.
func TestFatesAreThoseOfTheSeed(t *testing.T) {
	burst, err := link.Bursts(0.2, 3)
	if err != nil {
		t.Fatal(err)
	}
	up := link.Config{Loss: 0.1, Burst: burst, Duplicate: 0.1}
	const seed, n = 99, 500
	var want []uint64
	for client := range uint64(2) {
		model, err := link.New(up, link.SubSeed(link.SubSeed(seed, client), toTarget))
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(n) {
			fate := model.Send(time.Unix(0, 0), 8)
			if fate.Cause == link.Delivered {
				want = append(want, client*n+i)
			}
			if fate.Duplicated {
				want = append(want, client*n+i)
			}
		}
	}
	target := listen(t, "127.0.0.1:0")
	if err := target.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	p := begin(t, Config{Target: target.LocalAddr().String(), Up: up, Seed: seed})
	var got []uint64
	for client := range uint64(2) {
		conn := dial(t, p.Addr())
		for i := range uint64(n) {
			send(t, conn, binary.BigEndian.AppendUint64(nil, client*n+i))
			for p.Stats().Up.Sent != client*n+i+1 { // datagram by datagram, so that no socket overflows
				if t.Context().Err() != nil {
					t.Fatal("the proxy received too little")
				}
			}
		}
	}
	for range want {
		got = append(got, binary.BigEndian.Uint64(receive(t, target)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
}

func TestClientsAreApart(t *testing.T) {
	target := listen(t, "127.0.0.1:0")
	p := begin(t, Config{Target: target.LocalAddr().String(), MaxClients: 3})
	seen := map[netip.AddrPort]bool{}
	var clients []*net.UDPConn
	buffer := make([]byte, 100)
	for i := range 3 {
		conn := dial(t, p.Addr())
		clients = append(clients, conn)
		send(t, conn, []byte{byte(i)})
		n, from, err := target.ReadFromUDPAddrPort(buffer)
		if err != nil || n != 1 || buffer[0] != byte(i) {
			t.Fatalf("client %d: %x, %v", i, buffer[:n], err)
		}
		seen[from] = true
		if _, err := target.WriteToUDPAddrPort([]byte{byte(100 + i)}, from); err != nil {
			t.Fatal(err)
		}
	}
	for i, conn := range clients {
		if got := receive(t, conn); len(got) != 1 || got[0] != byte(100+i) {
			t.Errorf("client %d received %x", i, got)
		}
	}
	if len(seen) != 3 {
		t.Errorf("the target saw %d addresses of 3 clients", len(seen))
	}
	send(t, dial(t, p.Addr()), []byte("one too many"))
	for deadline := time.Now().Add(patience); p.Stats().Refused == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the fourth client was not refused")
		}
	}
	if s := p.Stats(); s.Clients != 3 || s.ClientsTotal != 3 {
		t.Errorf("Stats() = %+v", s)
	}
}

func TestIdleClientsAreForgotten(t *testing.T) {
	target := echo(t, "127.0.0.1:0")
	p := begin(t, Config{Target: target.String()})
	conn := dial(t, p.Addr())
	send(t, conn, []byte("hello"))
	receive(t, conn)

	forget := func(after time.Duration) int {
		p.mu.Lock()
		p.dropIdle(time.Now().Add(after))
		p.mu.Unlock()
		return p.Stats().Clients
	}
	if n := forget(defaultIdleTimeout - time.Minute); n != 1 {
		t.Errorf("%d clients a minute before the timeout, want 1", n)
	}
	if n := forget(defaultIdleTimeout + time.Second); n != 0 {
		t.Errorf("%d clients after the timeout, want 0", n)
	}
	send(t, conn, []byte("again")) // a new client in the old slot
	receive(t, conn)
	if s := p.Stats(); s.ClientsTotal != 2 || s.Clients != 1 || s.Up.Delivered != 2 || len(p.slots) != 1 {
		t.Errorf("Stats() = %+v with %d slots", s, len(p.slots))
	}
}

func TestSetLinks(t *testing.T) {
	target := echo(t, "127.0.0.1:0")
	p := begin(t, Config{Target: target.String()})
	conn := dial(t, p.Addr())
	send(t, conn, []byte("a"))
	receive(t, conn)
	if err := p.SetLinks(link.Config{Loss: 1}, link.Config{}); err != nil {
		t.Fatal(err)
	}
	send(t, conn, []byte("b"))
	for deadline := time.Now().Add(patience); p.Stats().Up.LostRandom == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the new link loses nothing")
		}
	}
	var field *link.FieldError
	if err := p.SetLinks(link.Config{}, link.Config{Loss: 2}); !errors.As(err, &field) || field.Field != "Loss" {
		t.Errorf("SetLinks: %v, want an error about Loss", err)
	}
	if err := p.SetLinks(link.Config{Loss: 2}, link.Config{}); err == nil {
		t.Error("SetLinks accepted a loss of 2")
	}
}

func TestTargetMayComeLater(t *testing.T) {
	early := listen(t, "127.0.0.1:0")
	address := early.LocalAddr().String()
	if err := early.Close(); err != nil {
		t.Fatal(err)
	}
	p := begin(t, Config{Target: address})
	conn := dial(t, p.Addr())
	send(t, conn, []byte("anyone?"))
	for deadline := time.Now().Add(patience); p.Stats().Up.Delivered == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the proxy does not read")
		}
	}
	echo(t, address)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	send(t, conn, []byte("hello"))
	for { // the first may still be on its way, or lost to the closed port
		if got := receive(t, conn); string(got) == "hello" {
			break
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	p, err := New(Config{Listen: "127.0.0.1:0", Target: "127.0.0.1:9", Up: link.Config{Delay: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- p.Run(ctx) }()
	send(t, dial(t, p.Addr()), []byte("never arrives"))
	cancel()
	if err := <-result; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close = %v after Run", err)
	}
	if err := p.Run(t.Context()); err == nil {
		t.Error("Run after Close succeeded")
	}
	if _, err := p.listener.Write(nil); err == nil {
		t.Error("the socket is still open")
	}
}

func TestConfigErrors(t *testing.T) {
	right := Config{Listen: "127.0.0.1:0", Target: "127.0.0.1:9"}
	for name, change := range map[string]func(*Config){
		"no listen":     func(c *Config) { c.Listen = "" },
		"no target":     func(c *Config) { c.Target = "" },
		"bad listen":    func(c *Config) { c.Listen = "127.0.0.1:99999" },
		"bad target":    func(c *Config) { c.Target = "127.0.0.1" },
		"up":            func(c *Config) { c.Up.Loss = 2 },
		"down":          func(c *Config) { c.Down.Loss = 2 },
		"clients":       func(c *Config) { c.MaxClients = -1 },
		"bytes":         func(c *Config) { c.MaxBytes = -1 },
		"not our host":  func(c *Config) { c.Listen = "192.0.2.1:7777" }, // TEST-NET-1, RFC 5737
		"many clients":  func(c *Config) { c.MaxClients = limitMaxClients + 1 },
		"changes":       func(c *Config) { c.Changes = []Change{{At: 2}, {At: 1}} },
		"bad change":    func(c *Config) { c.Changes = []Change{{Up: &link.Config{Loss: 2}}} },
		"delay too far": func(c *Config) { c.Up.Delay = time.Hour },
	} {
		cfg := right
		change(&cfg)
		if p, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
			_ = p.Close()
		}
	}
}

// BenchmarkRelease sends at 1 kHz over a link of 20 ms and reports how late
// datagrams leave.
func BenchmarkRelease(b *testing.B) {
	target := echo(b, "127.0.0.1:0")
	delay := link.Config{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond}
	p := begin(b, Config{Target: target.String(), Up: delay, Down: delay})
	conn := dial(b, p.Addr())
	if err := conn.SetDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	datagram := make([]byte, 200)
	for b.Loop() {
		<-ticker.C
		send(b, conn, datagram)
	}
	late := p.Stats().Lateness
	b.ReportMetric(float64(late.P50.Microseconds()), "p50-µs-late")
	b.ReportMetric(float64(late.P99.Microseconds()), "p99-µs-late")
	b.ReportMetric(float64(late.Max.Microseconds()), "max-µs-late")
}

// BenchmarkThroughput pushes round trips through a perfect link, 64 at a time.
func BenchmarkThroughput(b *testing.B) {
	target := echo(b, "127.0.0.1:0")
	p := begin(b, Config{Target: target.String()})
	conn := dial(b, p.Addr())
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		b.Fatal(err)
	}
	datagram, buffer := make([]byte, 200), make([]byte, 2000)
	const window = 64
	for range window {
		send(b, conn, datagram)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Read(buffer); err != nil {
			b.Fatal(err)
		}
		send(b, conn, datagram)
	}
	b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "datagrams/s")
}
