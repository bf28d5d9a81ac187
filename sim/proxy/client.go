package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// The directions: indexes of a client's pipes.
const (
	toTarget = iota
	toClient
)

// maxDatagram is the largest UDP payload there is.
const maxDatagram = 1 << 16

// A client is an address that sent to the proxy. All but the sockets is
// guarded by the proxy's mutex.
type client struct {
	address  netip.AddrPort
	number   uint64 // from 0, in the order of first datagrams
	host     *host  // whom it stands for
	slot     int
	since    time.Time
	upstream *net.UDPConn   // connected to the target
	outside  netip.AddrPort // its address
	pipes    [2]*link.Pipe
	active   time.Time // of the latest datagram either way
	gone     bool
}

// readClients reads what clients send, until the listener is closed.
func (p *Proxy) readClients() {
	defer p.running.Done()
	buffer := make([]byte, maxDatagram)
	var failures int
	for {
		n, from, err := p.listener.ReadFromUDPAddrPort(buffer)
		if err != nil {
			if !p.survive(err, &failures) {
				return
			}
			continue
		}
		failures = 0
		now := time.Now()
		p.mu.Lock()
		c := p.byAddress[from]
		if c == nil {
			if c, err = p.admit(from, now); err != nil {
				p.stats.Refused++
				p.mu.Unlock()
				continue
			}
		}
		p.push(c, toTarget, now, buffer[:n])
		p.mu.Unlock()
	}
}

// readTarget reads what the target sends to a client's socket, until that is
// closed.
func (p *Proxy) readTarget(c *client, conn *net.UDPConn) {
	defer p.running.Done()
	buffer := make([]byte, maxDatagram)
	var failures int
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			if !p.survive(err, &failures) {
				return
			}
			continue
		}
		failures = 0
		now := time.Now()
		p.mu.Lock()
		if !c.gone && c.upstream == conn {
			p.push(c, toClient, now, buffer[:n])
		}
		p.mu.Unlock()
	}
}

// survive counts a socket's error and reports whether to go on reading. Only
// a closed socket is the end: a target that is not up yet, or a client that
// is gone, show as errors on some systems (ECONNREFUSED, WSAECONNRESET), and
// must not end the proxy. Errors in a row are slowed down.
func (p *Proxy) survive(err error, failures *int) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	p.mu.Lock()
	p.stats.SocketErrors++
	p.mu.Unlock()
	if *failures++; *failures > 16 {
		time.Sleep(time.Millisecond)
	}
	return true
}

// errRefused means that there is no room for another client.
var errRefused = errors.New("proxy: too many clients")

// admit makes a client of an address.
func (p *Proxy) admit(from netip.AddrPort, now time.Time) (*client, error) {
	if p.closed || len(p.byAddress) >= p.cfg.MaxClients {
		return nil, errRefused
	}
	upstream, err := net.DialUDP("udp", nil, p.target)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	c := &client{address: from, number: p.stats.ClientsTotal, since: now, active: now}
	c.host = &p.hosts[c.number%uint64(len(p.hosts))]
	if p.cfg.FromFirst && c.number == 0 {
		p.setEpoch(now)
	}
	if n := len(p.free); n > 0 {
		c.slot, p.free = p.free[n-1], p.free[:n-1]
		p.slots[c.slot] = c
	} else {
		c.slot = len(p.slots)
		p.slots = append(p.slots, c)
	}
	p.newPipes(c, now)
	p.byAddress[from] = c
	p.stats.ClientsTotal++
	p.connect(c, upstream)
	p.stats.Rebinds-- // the first socket is none
	return c, nil
}

// drop forgets a client. What is on its way to or from it is dropped.
func (p *Proxy) drop(c *client) {
	c.gone = true
	_ = c.upstream.Close() // ends readTarget; nothing was buffered that could be lost
	p.retire(c)
	delete(p.byAddress, c.address)
	p.slots[c.slot] = nil
	p.free = append(p.free, c.slot)
}

// dropIdle forgets the clients that have been silent for long.
func (p *Proxy) dropIdle(now time.Time) {
	if p.cfg.IdleTimeout < 0 {
		return
	}
	for _, c := range p.slots {
		if c != nil && now.Sub(c.active) > p.cfg.IdleTimeout &&
			c.pipes[toTarget].Len() == 0 && c.pipes[toClient].Len() == 0 {
			p.drop(c)
		}
	}
}
