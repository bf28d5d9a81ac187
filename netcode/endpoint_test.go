package netcode

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/udp"
)

// endpointPatience bounds every wait in these tests; none takes nearly as
// long.
const endpointPatience = 5 * time.Second

func listen(t testing.TB, address string, cfg Config, opt EndpointOptions) *Endpoint {
	t.Helper()
	core, err := NewCore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Listen(address, core, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func serverConfig() Config {
	cfg := testConfig(1)
	cfg.MaxConns = 8
	return cfg
}

// echo runs a server that sends every message back, until it is closed.
func echo(t testing.TB, e *Endpoint) (ended <-chan error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		var conns []*Conn
		for {
			if err := e.Wait(time.Time{}); err != nil {
				done <- err
				return
			}
			for event, ok := e.core.NextEvent(); ok; event, ok = e.core.NextEvent() {
				if event.Kind == EventConnected {
					conns = append(conns, event.Conn)
				}
			}
			for _, conn := range conns {
				for channel, message, ok := conn.Receive(); ok; channel, message, ok = conn.Receive() {
					_, _ = conn.Send(time.Now(), channel, message)
				}
			}
			e.Flush(time.Now())
		}
	}()
	return done
}

// dial connects e to address and waits for the outcome.
func dial(t testing.TB, e *Endpoint, address string) *Conn {
	t.Helper()
	path, err := e.Resolve(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := e.core.Dial(time.Now(), path, DialOptions{Hello: []byte("player")})
	if err != nil {
		t.Fatal(err)
	}
	if event := waitEvent(t, e); event.Kind != EventConnected {
		t.Fatalf("dial %s: %v", address, event.Err)
	}
	return conn
}

func waitEvent(t testing.TB, e *Endpoint) Event {
	t.Helper()
	for deadline := time.Now().Add(endpointPatience); time.Now().Before(deadline); {
		if event, ok := e.core.NextEvent(); ok {
			if event.Kind == EventTicket {
				continue
			}
			return event
		}
		if err := e.Wait(deadline); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no event")
	return Event{}
}

func waitMessage(t testing.TB, e *Endpoint, conn *Conn) (int, []byte) {
	t.Helper()
	for deadline := time.Now().Add(endpointPatience); time.Now().Before(deadline); {
		if channel, message, ok := conn.Receive(); ok {
			return channel, message
		}
		if err := e.Wait(deadline); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no message")
	return 0, nil
}

// TestEndpointEcho also proves that answers come from the address asked: a
// client drops what comes from any other.
func TestEndpointEcho(t *testing.T) {
	for _, test := range []struct{ server, client, dialled string }{
		{":0", ":0", "127.0.0.1"},
		{":0", ":0", "::1"},
		{":0", "127.0.0.1:0", "127.0.0.2"},
		{":0", ":0", "localhost"},
		{"0.0.0.0:0", ":0", "127.0.0.3"},
		{"127.0.0.1:0", "0.0.0.0:0", "127.0.0.1"},
		{"[::1]:0", "[::]:0", "::1"},
	} {
		t.Run(test.server+" "+test.dialled, func(t *testing.T) {
			server := listen(t, test.server, serverConfig(), EndpointOptions{Carrier: 3})
			ended := echo(t, server)
			client := listen(t, test.client, testConfig(2), EndpointOptions{Carrier: 7})
			_, port, _ := net.SplitHostPort(server.LocalAddr().String())
			conn := dial(t, client, net.JoinHostPort(test.dialled, port))
			for _, channel := range []int{chState, chInput, chChat} {
				want := bytes.Repeat([]byte{byte(channel)}, 1000*(channel+1)) // one to three packets
				if _, err := conn.Send(time.Now(), channel, want); err != nil {
					t.Fatal(err)
				}
				client.Flush(time.Now())
				if ch, got := waitMessage(t, client, conn); ch != channel || !bytes.Equal(got, want) {
					t.Errorf("channel %d: %d bytes came back on channel %d, want %d", channel, len(got), ch, len(want))
				}
			}
			if rtt := conn.Stats().MinRTT; rtt <= 0 || rtt > time.Second {
				t.Errorf("MinRTT = %v over loopback", rtt)
			}
			server.Close()
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Errorf("the server's Wait returned %v, want net.ErrClosed", err)
			}
		})
	}
}

func TestEndpointGoodbyeArrives(t *testing.T) {
	server := listen(t, "127.0.0.1:0", serverConfig(), EndpointOptions{})
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				server.core.Shutdown(time.Now(), CloseShuttingDown, "back at noon")
				server.Flush(time.Now())
				server.Close()
				return
			default:
				_ = server.WaitUntil(time.Now().Add(time.Millisecond))
			}
		}
	}()
	client := listen(t, ":0", testConfig(2), EndpointOptions{})
	conn := dial(t, client, server.LocalAddr().String())
	close(stop)
	event := waitEvent(t, client)
	if event.Kind != EventClosed || !errors.Is(conn.Err(), &CloseError{Reason: CloseShuttingDown}) {
		t.Errorf("client saw %v, want shutting down", conn.Err())
	}
}

// TestWaitUntilKeepsTheCoresDeadlines dials where nobody answers: the resent
// datagrams and the end must come without another call.
func TestWaitUntilKeepsTheCoresDeadlines(t *testing.T) {
	hole, err := udp.Listen("127.0.0.1:0", udp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	cfg := testConfig(2)
	cfg.HandshakeTimeout = 300 * time.Millisecond
	client := listen(t, ":0", cfg, EndpointOptions{})
	if _, err := client.core.Dial(time.Now(), Path{Remote: hole.LocalAddr()}, DialOptions{}); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(400 * time.Millisecond)
	if err := client.WaitUntil(deadline); err != nil || time.Now().Before(deadline) {
		t.Fatalf("WaitUntil returned %v %v before the deadline", err, time.Until(deadline))
	}
	if event, ok := client.core.NextEvent(); !ok || !errors.Is(event.Err, &CloseError{Reason: CloseTimeout}) {
		t.Errorf("event %+v, want a timeout", event)
	}
	if n := client.Stats().DatagramsOut; n < 2 {
		t.Errorf("%d datagrams were sent, want the first and a repeat", n)
	}
	if woken := client.Stats().Wakeups; woken > 50 {
		t.Errorf("woke %d times for one handshake", woken)
	}
}

func TestEndpointCloseFromAnotherGoroutine(t *testing.T) {
	for name, wait := range map[string]func(*Endpoint) error{
		"Wait":      func(e *Endpoint) error { return e.Wait(time.Time{}) },
		"WaitUntil": func(e *Endpoint) error { return e.WaitUntil(time.Now().Add(time.Hour)) },
	} {
		e := listen(t, "127.0.0.1:0", serverConfig(), EndpointOptions{})
		result := make(chan error)
		go func() { result <- wait(e) }()
		if err := e.Close(); err != nil {
			t.Errorf("%s: Close() = %v", name, err)
		}
		if err := <-result; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v, want net.ErrClosed", name, err)
		}
		e.Poll(time.Now())
		e.Flush(time.Now())
		if err := e.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: second Close() = %v, want net.ErrClosed", name, err)
		}
	}
}

// A stranger is a bare socket beside an endpoint whose foreign datagrams are
// recorded.
type stranger struct {
	socket *udp.Socket
	e      *Endpoint
	seen   []sighting
}

type sighting struct {
	at   time.Time
	path Path
	data string
}

func newStranger(t *testing.T, e *Endpoint) *stranger {
	t.Helper()
	socket, err := udp.Listen("127.0.0.1:0", udp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	s := &stranger{socket: socket, e: e}
	e.core.SetForeign(func(now time.Time, path Path, datagram []byte) {
		s.seen = append(s.seen, sighting{now, path, string(datagram)})
	})
	return s
}

// send sends a datagram that is not of our protocol (A2S, by its first byte).
func (s *stranger) send(host string) {
	to := netip.AddrPortFrom(netip.MustParseAddr(host), s.e.LocalAddr().Port())
	s.socket.Queue(to, netip.Addr{}, []byte("\xff\xff\xff\xffT"))
	s.socket.Flush()
}

func TestForeignDatagramsAndAnswers(t *testing.T) {
	e := listen(t, ":0", serverConfig(), EndpointOptions{Carrier: 5})
	s := newStranger(t, e)
	s.send("127.0.0.2")
	if err := e.Wait(time.Now().Add(endpointPatience)); err != nil {
		t.Fatal(err)
	}
	want := Path{Remote: s.socket.LocalAddr(), Local: netip.MustParseAddr("127.0.0.2"), Carrier: 5}
	if len(s.seen) != 1 || s.seen[0].path != want || s.seen[0].data != "\xff\xff\xff\xffT" {
		t.Fatalf("saw %+v, want one from %+v", s.seen, want)
	}
	e.SendDatagram(want, []byte("answer"))
	e.SendDatagram(Path{Remote: want.Remote, Carrier: 6}, []byte("another's"))
	e.Flush(time.Now())
	if _, err := s.socket.Wait(time.Now().Add(endpointPatience)); err != nil {
		t.Fatal(err)
	}
	batch, _, err := s.socket.Receive()
	if err != nil || len(batch) != 1 || string(batch[0].Data) != "answer" || batch[0].Remote.Addr() != want.Local {
		t.Errorf("got %+v, %v, want \"answer\" from %v", batch, err, want.Local)
	}
	if got := e.Stats().Dropped; got != (EndpointDrops{WrongCarrier: 1}) {
		t.Errorf("dropped %+v, want 1 of another carrier", got)
	}
}

// TestPollTellsWhenDatagramsArrived lets a datagram wait for the tick.
func TestPollTellsWhenDatagramsArrived(t *testing.T) {
	e := listen(t, ":0", serverConfig(), EndpointOptions{})
	s := newStranger(t, e)
	// Linux begins to stamp what arrives a moment after the first socket asked
	// for it (net_enable_timestamp works in the background).
	if err := s.socket.Rest(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	s.send("127.0.0.1")
	after := time.Now()
	if err := s.socket.Rest(after.Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	e.Poll(time.Now())
	s.send("127.0.0.1")
	e.Poll(before) // the caller's clock is behind
	if len(s.seen) != 2 {
		t.Fatalf("saw %d datagrams, want 2", len(s.seen))
	}
	if at := s.seen[0].at; at.Before(before.Add(-time.Millisecond)) || at.After(after.Add(time.Millisecond)) {
		t.Errorf("arrived %v after the sending began, which took %v", at.Sub(before), after.Sub(before))
	}
	if at := s.seen[1].at; at.After(before) {
		t.Errorf("arrived %v after Poll's now", at.Sub(before))
	}
}

// TestPollIsBounded keeps a flood from holding the loop.
func TestPollIsBounded(t *testing.T) {
	e := listen(t, "127.0.0.1:0", serverConfig(), EndpointOptions{Batch: 2})
	s := newStranger(t, e)
	e.drain = 5
	for range 10 {
		s.send("127.0.0.1")
	}
	for i, want := range []int{6, 10, 10} {
		e.Poll(time.Now())
		if len(s.seen) != want {
			t.Errorf("Poll %d: %d datagrams taken so far, want %d", i, len(s.seen), want)
		}
	}
}

// TestPollLeavesWhatCameLater: what arrived after a Poll began is for the next.
func TestPollLeavesWhatCameLater(t *testing.T) {
	e := listen(t, "127.0.0.1:0", serverConfig(), EndpointOptions{Batch: 2})
	s := newStranger(t, e)
	e.least = 4
	before := time.Now()
	for range 10 {
		s.send("127.0.0.1")
	}
	e.Poll(before)
	if len(s.seen) != 4 {
		t.Errorf("%d datagrams taken that came after the Poll's now, want 4", len(s.seen))
	}
	if e.Poll(time.Now().Add(time.Second)); len(s.seen) != 10 {
		t.Errorf("%d datagrams taken in all, want 10", len(s.seen))
	}
}

// TestGatherBoundsWakeups sends a datagram every 100 µs or so.
func TestGatherBoundsWakeups(t *testing.T) {
	const count = 400
	e := listen(t, ":0", serverConfig(), EndpointOptions{Gather: 5 * time.Millisecond})
	s := newStranger(t, e)
	go func() {
		for range count {
			s.send("127.0.0.1")
			_ = s.socket.Rest(time.Now().Add(100 * time.Microsecond))
		}
	}()
	start := time.Now()
	for len(s.seen) < count && time.Since(start) < endpointPatience {
		if err := e.Wait(start.Add(endpointPatience)); err != nil {
			t.Fatal(err)
		}
	}
	elapsed := time.Since(start)
	if len(s.seen) != count {
		t.Fatalf("saw %d datagrams, want %d", len(s.seen), count)
	}
	// A rest and a wait for each Gather.
	most := 2 * uint64(elapsed/(5*time.Millisecond)+1)
	if woken := e.Stats().Wakeups; woken > most {
		t.Errorf("woke %d times in %v for %d datagrams, want at most %d", woken, elapsed, count, most)
	}
}

// TestStuckCoreDoesNotSpin parks after a Flush that left the core's deadline
// in the past.
func TestStuckCoreDoesNotSpin(t *testing.T) {
	e := listen(t, ":0", testConfig(1), EndpointOptions{})
	for range 5 {
		now := time.Now()
		e.Flush(now)
		e.core.deadline = now.Add(-time.Hour)
		if err := e.park(now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if rested := time.Since(now); rested < minRest {
			t.Errorf("parked for %v, want at least %v", rested, minRest)
		}
	}
	// A deadline that came after the Flush is kept at once.
	start := time.Now()
	e.core.deadline = start
	if err := e.park(start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if rested := time.Since(start); rested > time.Minute {
		t.Errorf("parked for %v", rested)
	}
}

func TestListenErrors(t *testing.T) {
	e := listen(t, "127.0.0.1:0", testConfig(1), EndpointOptions{})
	taken := e.LocalAddr().String()
	_, err := Listen(taken, e.core, EndpointOptions{})
	if want := "netcode: listen " + taken + ": address already in use"; err == nil || err.Error() != want {
		t.Errorf("Listen(%q) = %v, want %q", taken, err, want)
	}
	if _, err := Listen(":0", e.core, EndpointOptions{Batch: -1}); err == nil {
		t.Error("a negative Batch was accepted")
	}
	if _, err := Listen(":0", nil, EndpointOptions{}); err == nil {
		t.Error("no Core was accepted")
	}
}

// TestEndpointDoesNotAllocate runs a connected pair in the steady state.
func TestEndpointDoesNotAllocate(t *testing.T) {
	server := listen(t, "127.0.0.1:0", serverConfig(), EndpointOptions{Gather: -1})
	client := listen(t, "127.0.0.1:0", testConfig(2), EndpointOptions{Gather: -1})
	path, err := client.Resolve(server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.core.Dial(time.Now(), path, DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var accepted *Conn
	for deadline := time.Now().Add(endpointPatience); accepted == nil || conn.State() != StateOpen; {
		for _, e := range []*Endpoint{client, server} {
			if err := e.Wait(time.Now().Add(time.Millisecond)); err != nil {
				t.Fatal(err)
			}
		}
		if event, ok := server.core.NextEvent(); ok {
			accepted = event.Conn
		}
		if time.Now().After(deadline) {
			t.Fatal("not connected")
		}
	}
	message, got := make([]byte, 200), 0
	exchange := func(from, to *Endpoint, out, in *Conn) {
		now := time.Now()
		from.Poll(now)
		if _, err := out.Send(now, chState, message); err != nil {
			t.Fatal(err)
		}
		from.Flush(now)
		for _, ok := out.NextNotice(); ok; _, ok = out.NextNotice() {
		}
		if err := to.Wait(now.Add(endpointPatience)); err != nil {
			t.Fatal(err)
		}
		for _, _, ok := in.Receive(); ok; _, _, ok = in.Receive() {
			got++
		}
	}
	round := func() {
		exchange(client, server, conn, accepted)
		exchange(server, client, accepted, conn)
	}
	for range 200 {
		round()
	}
	got = 0
	if allocs := testing.AllocsPerRun(200, round); allocs != 0 {
		t.Errorf("%v allocations a round, want 0", allocs)
	}
	if got < 390 { // one more round to warm up, and a Wait may end early
		t.Errorf("%d messages arrived, want about 402", got)
	}
}
