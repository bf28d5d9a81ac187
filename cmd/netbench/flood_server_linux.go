package main

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"runtime"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A floodServer is a server as games have it, which counts what it has to do
// with strangers.
type floodServer struct {
	*child
	core      *netcode.Core
	endpoint  *netcode.Endpoint
	conns     []*netcode.Conn
	sent, got uint64
	message   [downBytes]byte
	err       error
	gone      traffic // of connections that are closed
	before    traffic // with strangers, at begin
	overflow  uint64  // at begin
}

// traffic is what went in and out.
type traffic struct{ bytesIn, bytesOut, packetsOut uint64 }

func (a traffic) sub(b traffic) traffic {
	return traffic{a.bytesIn - b.bytesIn, a.bytesOut - b.bytesOut, a.packetsOut - b.packetsOut}
}

func (a *traffic) add(conn *netcode.Conn) {
	s := conn.Stats()
	a.bytesIn, a.bytesOut, a.packetsOut = a.bytesIn+s.BytesIn, a.bytesOut+s.BytesOut, a.packetsOut+s.PacketsOut
}

// serveFlood is the process flood-server.
func (c *child) serveFlood() error {
	runtime.GOMAXPROCS(1)
	core, err := netcode.NewCore(floodConfig(c.n + 1000))
	if err != nil {
		return err
	}
	endpoint, err := netcode.Listen(c.listen, core, netcode.EndpointOptions{ForceBuffers: true, ReceiveBufferBytes: c.buffer << 20})
	if err != nil {
		return err
	}
	defer endpoint.Close()
	s := &floodServer{child: c, core: core, endpoint: endpoint}
	key := core.PublicKey()
	c.say(report{Address: endpoint.LocalAddr().String(), Key: hex.EncodeToString(key[:])})
	if err := c.startTicks(0); err != nil {
		return err
	}
	if err := c.run(s); err != nil {
		return err
	}
	return s.err
}

func (s *floodServer) tick(now time.Time) {
	for e, ok := s.core.NextEvent(); ok; e, ok = s.core.NextEvent() {
		switch e.Kind {
		case netcode.EventConnected:
			s.conns = append(s.conns, e.Conn)
			// Players say that they are; newcomers want to connect, and no more.
			e.Conn.SetUser(string(e.Hello) == playerHello)
		case netcode.EventClosed:
			s.gone.add(e.Conn)
		}
	}
	open := s.conns[:0]
	for i, conn := range s.conns {
		if conn.State() == netcode.StateClosed {
			continue
		}
		open = append(open, conn)
		player := conn.User() == true
		for _, _, ok := conn.Receive(); ok; _, _, ok = conn.Receive() {
			if player {
				s.got++
			}
		}
		for _, ok := conn.NextNotice(); ok; _, ok = conn.NextNotice() {
		}
		if s.sending && player {
			s.sent += sendW1(now, conn, s.message[:], (s.ticks+i)%s.hz == 0)
		}
	}
	clear(s.conns[len(open):])
	s.conns = open
	s.endpoint.Flush(now)
}

func (s *floodServer) rest(until time.Time) {
	if err := s.endpoint.WaitUntil(until); err != nil {
		s.err = err
	}
}

func (s *floodServer) packets() uint64            { return 0 }
func (s *floodServer) idle() (conns, heap int)    { return 1, heapBytes() }
func (s *floodServer) counts() (sent, got uint64) { return s.sent, s.got }

// strangers returns the traffic that is no connection's.
func (s *floodServer) strangers() traffic {
	stats, conns := s.core.Stats(), s.gone
	for _, conn := range s.conns {
		conns.add(conn)
	}
	return traffic{stats.BytesIn, stats.BytesOut, stats.DatagramsOut}.sub(conns)
}

// mark implements marker.
func (s *floodServer) mark() { s.before, s.overflow = s.strangers(), s.endpoint.Stats().Overflowed }

// detail implements marker. Answers to strangers that are no cookies are those
// of handshakes, few.
func (s *floodServer) detail(r *report) {
	now := s.strangers().sub(s.before)
	r.BytesIn, r.BytesOut, r.Cookies = now.bytesIn, now.bytesOut, now.packetsOut
	r.Overflowed = s.endpoint.Stats().Overflowed - s.overflow
	cost, err := cookieCost()
	if err != nil {
		r.Error = err.Error()
	}
	r.Cookie = cost.Seconds()
}

// cookieCost measures what a cookie takes a server, from the first packet in
// its buffer to the answer in another's: processor time.
func cookieCost() (time.Duration, error) {
	const questions, atOnce = 20_000, 16
	core, err := netcode.NewCore(floodConfig(1))
	if err != nil {
		return 0, err
	}
	endpoint, err := netcode.Listen("127.0.0.1:0", core, netcode.EndpointOptions{})
	if err != nil {
		return 0, err
	}
	defer endpoint.Close()
	sink, err := openBatch(netip.MustParseAddrPort("127.0.0.1:0"), false)
	if err != nil {
		return 0, err
	}
	defer sink.close()
	path := netcode.Path{Remote: sink.local}
	hello, _, err := firstDatagrams([32]byte{}, path)
	if err != nil {
		return 0, err
	}
	now := time.Unix(0, 0)
	before := processTime()
	for i := range uint64(questions) {
		binary.LittleEndian.PutUint64(hello[clientIDAt:], i)
		now = now.Add(time.Millisecond + time.Microsecond) // just below what is answered at once
		core.Receive(now, path, hello)
		if i%atOnce == atOnce-1 {
			endpoint.Flush(now)
		}
	}
	took := processTime() - before
	if out := core.Stats().DatagramsOut; out != questions {
		return 0, errCookies
	}
	return took / questions, nil
}
