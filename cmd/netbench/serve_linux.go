package main

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/reckon-engine/reckon/netcode"
)

// serve is the process cpu-server.
func (c *child) serve() error {
	runtime.GOMAXPROCS(1)
	if c.floor {
		return c.serveFloor()
	}
	return c.serveCore()
}

// w1Channels are the channels of W1.
func w1Channels() []netcode.Channel {
	return []netcode.Channel{
		channelMessages: {Name: "state", Mode: netcode.Unreliable},
		channelBlob:     {Name: "events", Mode: netcode.ReliableOrdered},
	}
}

// A coreServer is the server that is measured: what a game server does with
// the transport, without the game.
type coreServer struct {
	*child
	core      *netcode.Core
	endpoint  *netcode.Endpoint
	conns     []*netcode.Conn
	heap      int // before there were connections
	sent, got uint64
	message   [downBytes]byte
	err       error
}

func (c *child) serveCore() error {
	core, err := netcode.NewCore(netcode.Config{
		Game: netcode.Identity{Name: "netbench", Build: 1}, Channels: w1Channels(), MaxConns: c.n,
	})
	if err != nil {
		return err
	}
	// All that arrives between two ticks is taken at the next.
	endpoint, err := netcode.Listen(c.listen, core, netcode.EndpointOptions{Gather: c.interval()})
	if err != nil {
		return err
	}
	defer endpoint.Close()
	s := &coreServer{child: c, core: core, endpoint: endpoint, conns: make([]*netcode.Conn, 0, c.n)}
	s.heap = heapBytes()
	key := core.PublicKey()
	address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), endpoint.LocalAddr().Port())
	c.say(report{Address: address.String(), Key: hex.EncodeToString(key[:])})
	if err := c.startTicks(0); err != nil {
		return err
	}
	if err := c.run(s); err != nil {
		return err
	}
	return s.err
}

func (s *coreServer) tick(now time.Time) {
	for e, ok := s.core.NextEvent(); ok; e, ok = s.core.NextEvent() {
		switch e.Kind {
		case netcode.EventConnected:
			s.conns = append(s.conns, e.Conn)
		case netcode.EventClosed:
			s.err = fmt.Errorf("a connection was lost: %w", e.Err)
		}
	}
	for i, conn := range s.conns {
		for _, _, ok := conn.Receive(); ok; _, _, ok = conn.Receive() {
			s.got++
		}
		for _, ok := conn.NextNotice(); ok; _, ok = conn.NextNotice() {
		}
		if s.sending {
			s.sent += sendW1(now, conn, s.message[:downBytes], (s.ticks+i)%s.hz == 0)
		}
	}
	s.endpoint.Flush(now)
}

// sendW1 sends what one end says in a tick, and returns how many messages.
func sendW1(now time.Time, conn *netcode.Conn, message []byte, reliable bool) (sent uint64) {
	if _, err := conn.Send(now, channelMessages, message); err == nil {
		sent++
	}
	if reliable {
		var event [reliableBytes]byte
		if _, err := conn.Send(now, channelBlob, event[:]); err == nil {
			sent++
		}
	}
	return sent
}

func (s *coreServer) rest(until time.Time) {
	if err := s.endpoint.WaitUntil(until); err != nil {
		s.err = err
	}
}

func (s *coreServer) packets() uint64 {
	stats := s.core.Stats()
	return stats.DatagramsIn + stats.DatagramsOut
}

func (s *coreServer) idle() (conns, heap int)    { return len(s.conns), heapBytes() - s.heap }
func (s *coreServer) counts() (sent, got uint64) { return s.sent, s.got }

// A floorServer is the least that a server can do: it takes what came, and
// sends a packet to everybody.
type floorServer struct {
	*child
	socket    *batchSocket
	names     []unix.RawSockaddrInet4
	headers   []unix.Mmsghdr
	vector    unix.Iovec
	message   [downBytes]byte
	heard     int
	sent, got uint64
}

func (c *child) serveFloor() error {
	socket, err := openBatch(netip.MustParseAddrPort("127.0.0.1:0"), false)
	if err != nil {
		return err
	}
	s := &floorServer{
		child: c, socket: socket,
		names: make([]unix.RawSockaddrInet4, c.n), headers: make([]unix.Mmsghdr, c.n),
	}
	s.vector = unix.Iovec{Base: &s.message[0], Len: downBytes}
	for i := range s.headers {
		s.headers[i].Hdr = unix.Msghdr{
			Name: (*byte)(unsafe.Pointer(&s.names[i])), Namelen: unix.SizeofSockaddrInet4, Iov: &s.vector, Iovlen: 1,
		}
	}
	c.say(report{Address: socket.local.String()})
	if err := c.startTicks(0); err != nil {
		return err
	}
	return c.run(s)
}

func (s *floorServer) tick(time.Time) {
	for n := batchSize; n == batchSize; {
		n = s.socket.receive()
		s.got += uint64(n)
		for i := range n {
			if s.heard < s.n { // learn where they are
				from := &s.socket.inNames[i]
				if name := &s.names[clientOf(from.Addr)]; name.Family == 0 {
					*name = *from
					s.heard++
				}
			}
		}
	}
	if s.sending && s.heard == s.n {
		sendAll(s.socket.fd, s.headers)
		s.sent += uint64(s.n)
	}
}

func (s *floorServer) rest(until time.Time)       { sleepUntil(until) }
func (s *floorServer) packets() uint64            { return s.sent + s.got }
func (s *floorServer) idle() (conns, heap int)    { return s.n, 0 }
func (s *floorServer) counts() (sent, got uint64) { return s.sent, s.got }
