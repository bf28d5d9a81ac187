package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// Dial connects to a server at address, "host:port", from a socket of its own,
// and waits until the handshake is done or ctx is. The errors are those of
// resolving, of cfg, of ctx, and the *netcode.CloseError with which the attempt
// ended.
func Dial(ctx context.Context, address string, cfg Config, opt netcode.DialOptions) (*Conn, error) {
	s, err := open(":0", cfg)
	if err != nil {
		return nil, err
	}
	c, err := s.dial(ctx, address, opt)
	if err != nil {
		_ = s.close()
		return nil, err
	}
	return c, nil
}

func (s *socket) dial(ctx context.Context, address string, opt netcode.DialOptions) (*Conn, error) {
	remote, err := s.resolve(ctx, address)
	if err != nil {
		return nil, err
	}
	var c *Conn
	s.do(func(now time.Time) {
		var conn *netcode.Conn
		if conn, err = s.core.Dial(now, remote, opt); err == nil {
			c = newConn(s, conn)
			c.owned = true
		}
	})
	if err != nil {
		return nil, err
	}
	for {
		s.mu.Lock()
		opened, ended := c.opened, c.err
		s.mu.Unlock()
		switch {
		case ended != nil:
			return nil, fmt.Errorf("peer: %s: %w", address, ended)
		case opened:
			return c, nil
		}
		select {
		case <-c.readable:
		case <-c.over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// resolve finds the server's address, or stops waiting for it.
func (s *socket) resolve(ctx context.Context, address string) (netcode.Path, error) {
	type answer struct {
		path netcode.Path
		err  error
	}
	found := make(chan answer, 1)
	go func() {
		path, err := s.endpoint.Resolve(address)
		found <- answer{path, err}
	}()
	select {
	case a := <-found:
		return a.path, a.err
	case <-ctx.Done():
		return netcode.Path{}, ctx.Err()
	}
}

// A Listener accepts connections. It is safe for concurrent use.
type Listener struct{ socket *socket }

// Listen opens a UDP socket on address, "host:port", and accepts up to
// Config.MaxConns connections on it; port 0 lets the system choose.
func Listen(address string, cfg Config) (*Listener, error) {
	if cfg.MaxConns == 0 {
		return nil, fmt.Errorf("peer: Config.MaxConns is 0: nobody could connect")
	}
	s, err := open(address, cfg)
	if err != nil {
		return nil, err
	}
	return &Listener{s}, nil
}

// Accept waits for the next connection whose handshake is done. After Close it
// is net.ErrClosed.
func (l *Listener) Accept(ctx context.Context) (*Conn, error) {
	for {
		if c := l.take(); c != nil {
			return c, nil
		}
		select {
		case _, ok := <-l.socket.arrived:
			if !ok {
				return nil, net.ErrClosed
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *Listener) take() *Conn {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.backlog) == 0 || s.closed {
		return nil
	}
	c := s.backlog[0]
	s.backlog = s.backlog[1:]
	if len(s.backlog) > 0 {
		signal(s.arrived)
	}
	return c
}

// Addr returns the address the listener is bound to.
func (l *Listener) Addr() netip.AddrPort { return l.socket.localAddr() }

// PublicKey returns the key that clients may pin.
func (l *Listener) PublicKey() [32]byte {
	l.socket.mu.Lock()
	defer l.socket.mu.Unlock()
	return l.socket.core.PublicKey()
}

// Stats returns counters of all connections together.
func (l *Listener) Stats() netcode.CoreStats {
	l.socket.mu.Lock()
	defer l.socket.mu.Unlock()
	return l.socket.core.Stats()
}

// Close ends every connection and closes the socket. It stays for
// Config.Linger, so that the peers hear of it.
func (l *Listener) Close() error { return l.socket.close() }
