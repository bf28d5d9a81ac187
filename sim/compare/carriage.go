package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/tun"
)

// serverAddress is where the server listens.
func serverAddress() string { return netip.AddrPortFrom(tun.Server.Addr(), port).String() }

// connect returns the way with a name, ready to carry.
func connect(ctx context.Context, n *tun.Network, name string, seed uint64) (carriage, error) {
	switch {
	case name == UDP:
		return connectUDP(ctx, n)
	case congestionOf(name) != "":
		return connectTCP(ctx, n, congestionOf(name))
	}
	return connectOurs(ctx, n, name, seed)
}

// sockets are a socket on each side, for datagrams or a stream of messages.
type sockets [2]net.Conn

// close implements carriage.
func (s *sockets) close() {
	for _, conn := range s {
		_ = conn.Close() // what is left to say does not matter
	}
}

// talk implements carriage: one goroutine speaks, another listens.
func (s *sockets) talk(ctx context.Context, station *station, said func()) error {
	conn := s[station.side]
	listened := make(chan error, 1)
	go func() { listened <- listen(conn, station, UpBytes+DownBytes-station.size) }()
	err := station.speak(ctx, func(message []byte) error {
		_, err := conn.Write(message)
		return err
	})
	said()
	if heard := <-listened; err == nil {
		err = heard
	}
	return err
}

// listen reads messages of a size until the socket is closed.
func listen(conn net.Conn, station *station, size int) error {
	message := make([]byte, size)
	for {
		_, err := io.ReadFull(conn, message) // a datagram is a message
		switch {
		case errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil && strings.Contains(err.Error(), "connection reset"):
			return nil // the other side closed first, with something unread
		case err != nil:
			return err
		}
		station.hear(time.Now(), message)
	}
}

// connectUDP opens a datagram socket on each side.
func connectUDP(ctx context.Context, n *tun.Network) (carriage, error) {
	server, err := n.ListenPacket(ctx, tun.Server, "udp4", serverAddress())
	if err != nil {
		return nil, err
	}
	client, err := n.Dial(ctx, tun.Client, "udp4", serverAddress())
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	return &sockets{client, &answering{server.(*net.UDPConn), client.LocalAddr()}}, nil
}

// answering is an unconnected socket that has one peer.
type answering struct {
	*net.UDPConn
	peer net.Addr
}

// Write sends to the peer.
func (a *answering) Write(b []byte) (int, error) { return a.WriteTo(b, a.peer) }

// protocol is a connection of ours: an endpoint on each side.
type protocol struct {
	ends    [2]*ours
	sockets [2]*netcode.Endpoint
	closing chan struct{}
}

// connectOurs connects two endpoints.
func connectOurs(ctx context.Context, n *tun.Network, name string, seed uint64) (carriage, error) {
	client, server, err := newCores(modeOf(name), seed)
	if err != nil {
		return nil, err
	}
	p := &protocol{ends: [2]*ours{{Core: client}, {Core: server}}, closing: make(chan struct{})}
	for _, side := range []tun.Side{tun.Server, tun.Client} {
		address := netip.AddrPortFrom(side.Addr(), port).String()
		err := n.Inside(side, func() (err error) {
			p.sockets[side], err = netcode.Listen(address, p.ends[side].Core, netcode.EndpointOptions{})
			return err
		})
		if err != nil {
			p.close()
			return nil, err
		}
	}
	if err := p.dial(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// dial connects, driving both ends by turns.
func (p *protocol) dial(ctx context.Context) error {
	path, err := p.sockets[tun.Client].Resolve(serverAddress())
	if err != nil {
		return err
	}
	options := netcode.DialOptions{ServerKey: p.ends[tun.Server].PublicKey()}
	if _, err := p.ends[tun.Client].Dial(time.Now(), path, options); err != nil {
		return err
	}
	for !p.ends[tun.Client].Ready() || !p.ends[tun.Server].Ready() {
		if ctx.Err() != nil {
			return errNotConnected
		}
		for _, socket := range p.sockets {
			socket.Flush(time.Now())
			if err := socket.Wait(time.Now().Add(time.Millisecond)); err != nil {
				return err
			}
		}
	}
	return nil
}

// close implements carriage.
func (p *protocol) close() {
	select {
	case <-p.closing:
	default:
		close(p.closing)
	}
	for _, socket := range p.sockets {
		if socket != nil {
			_ = socket.Close() // the second time it says that it is closed
		}
	}
}

// talk implements carriage: one goroutine drives the endpoint, as a game's
// loop would.
func (p *protocol) talk(ctx context.Context, s *station, said func()) error {
	end, socket := p.ends[s.side], p.sockets[s.side]
	var message []byte
	for next := s.due(); ; {
		now := time.Now()
		for m, ok := end.Next(); ok; m, ok = end.Next() {
			s.hear(now, m)
		}
		for s.out.sent < s.count && !next.After(now) {
			message = s.message(message[:0], now)
			end.Send(now, message)
			s.out.sent++
			next = s.due()
		}
		if s.out.sent == s.count || ctx.Err() != nil {
			said()
			next = now.Add(100 * time.Millisecond)
		}
		if end.closed != nil {
			return fmt.Errorf("the connection was lost: %w", end.closed)
		}
		socket.Flush(now)
		if err := socket.Wait(next); errors.Is(err, net.ErrClosed) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
