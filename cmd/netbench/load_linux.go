package main

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// load is the process cpu-load: all clients.
func (c *child) load() error {
	server, err := netip.ParseAddrPort(c.server)
	if err != nil {
		return err
	}
	socket, err := openBatch(netip.MustParseAddrPort("0.0.0.0:0"), true)
	if err != nil {
		return err
	}
	if c.floor {
		c.say(report{})
		if err := c.startTicks(0.5); err != nil {
			return err
		}
		return c.run(&floorLoad{child: c, socket: socket, server: server})
	}
	l := &coreLoad{child: c, socket: socket, server: server}
	if err := l.connect(); err != nil {
		return err
	}
	c.say(report{})
	if err := c.startTicks(0.5); err != nil {
		return err
	}
	if err := c.run(l); err != nil {
		return err
	}
	return l.err
}

// A coreLoad is many clients: connections of one Core, each from an address of
// its own, all through one socket. Path.Carrier is the client's number.
type coreLoad struct {
	*child
	core      *netcode.Core
	socket    *batchSocket
	server    netip.AddrPort
	conns     []*netcode.Conn
	open      int
	sent, got uint64
	message   [upBytes]byte
	err       error
	hello     string // to the server
}

// SendDatagram implements netcode.Sender.
func (l *coreLoad) SendDatagram(path netcode.Path, datagram []byte) {
	l.socket.queue(l.server, int(path.Carrier), datagram)
}

// connect opens all connections, some at a time.
func (l *coreLoad) connect() (err error) {
	const atOnce = 64
	var key [32]byte
	if _, err = hex.Decode(key[:], []byte(l.key)); err != nil {
		return err
	}
	l.core, err = netcode.NewCore(netcode.Config{Game: netcode.Identity{Name: "netbench", Build: 1}, Channels: w1Channels()})
	if err != nil {
		return err
	}
	limit := time.Now().Add(connectTimeout + time.Duration(l.n)*10*time.Millisecond)
	for l.open < l.n {
		now := time.Now()
		if l.err != nil || now.After(limit) {
			return fmt.Errorf("%d of %d connected: %w", l.open, l.n, l.err)
		}
		for len(l.conns) < l.n && len(l.conns) < l.open+atOnce {
			path := netcode.Path{Remote: l.server, Carrier: uint16(len(l.conns))}
			conn, err := l.core.Dial(now, path, netcode.DialOptions{ServerKey: key, Hello: []byte(l.hello)})
			if err != nil {
				return err
			}
			l.conns = append(l.conns, conn)
		}
		l.tick(now)
		time.Sleep(time.Millisecond)
	}
	return nil
}

func (l *coreLoad) tick(now time.Time) {
	for n := batchSize; n == batchSize; {
		n = l.socket.receive()
		for i := range n {
			l.core.Receive(now, netcode.Path{Remote: l.server, Carrier: uint16(l.socket.client(i))}, l.socket.data(i))
		}
	}
	for e, ok := l.core.NextEvent(); ok; e, ok = l.core.NextEvent() {
		switch e.Kind {
		case netcode.EventConnected:
			l.open++
		case netcode.EventClosed:
			l.err = fmt.Errorf("a connection was lost: %w", e.Err)
		}
	}
	for i, conn := range l.conns {
		for _, _, ok := conn.Receive(); ok; _, _, ok = conn.Receive() {
			l.got++
		}
		for _, ok := conn.NextNotice(); ok; _, ok = conn.NextNotice() {
		}
		if l.sending {
			l.sent += sendW1(now, conn, l.message[:], (l.ticks+i)%l.hz == 0)
		}
	}
	l.core.Flush(now, l)
	l.socket.flush()
}

func (l *coreLoad) rest(until time.Time)       { sleepUntil(until) }
func (l *coreLoad) packets() uint64            { return 0 }
func (l *coreLoad) idle() (conns, heap int)    { return 0, 0 }
func (l *coreLoad) counts() (sent, got uint64) { return l.sent, l.got }

// A floorLoad is as many clients of the floor.
type floorLoad struct {
	*child
	socket    *batchSocket
	server    netip.AddrPort
	message   [upBytes]byte
	sent, got uint64
}

func (l *floorLoad) tick(time.Time) {
	for n := batchSize; n == batchSize; {
		n = l.socket.receive()
		l.got += uint64(n)
	}
	if l.sending {
		for i := range l.n {
			l.socket.queue(l.server, i, l.message[:])
		}
		l.socket.flush()
		l.sent += uint64(l.n)
	}
}

func (l *floorLoad) rest(until time.Time)       { sleepUntil(until) }
func (l *floorLoad) packets() uint64            { return l.sent + l.got }
func (l *floorLoad) idle() (conns, heap int)    { return 0, 0 }
func (l *floorLoad) counts() (sent, got uint64) { return l.sent, l.got }
