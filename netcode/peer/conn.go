package peer

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A Message is one received message.
type Message struct {
	Channel int
	Data    []byte // the receiver's to keep
}

// A Conn is one connection. It is safe for concurrent use.
type Conn struct {
	socket *socket
	conn   *netcode.Conn
	hello  []byte
	owned  bool // the socket is ours alone: a dialled connection

	// Guarded by socket.mu.
	opened  bool
	err     error // why it ended; nil before
	blocked int   // goroutines that wait for writable

	readable chan struct{} // of one: there may be messages
	writable chan struct{} // of one: there may be room
	over     chan struct{} // closed when err is set
}

// newConn needs the socket's lock.
func newConn(s *socket, conn *netcode.Conn) *Conn {
	c := &Conn{
		socket: s, conn: conn,
		readable: make(chan struct{}, 1), writable: make(chan struct{}, 1), over: make(chan struct{}),
	}
	s.conns[conn] = c
	return c
}

// notify wakes those who may have something to do now. It needs the lock.
func (c *Conn) notify() {
	if c.conn.Readable() {
		signal(c.readable)
	}
	if c.blocked > 0 {
		signal(c.writable)
	}
}

// awaitWritable waits until something has been acknowledged, perhaps.
func (c *Conn) awaitWritable(ctx context.Context) error {
	c.block(1)
	defer c.block(-1)
	select {
	case <-c.writable:
	case <-c.over:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (c *Conn) block(n int) {
	c.socket.mu.Lock()
	defer c.socket.mu.Unlock()
	c.blocked += n
	if c.blocked > 0 && n < 0 {
		signal(c.writable) // let the others look, too
	}
}

// finish needs the lock.
func (c *Conn) finish(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if err == nil {
		c.err = netcode.ErrClosed
	}
	close(c.over)
}

// Hello returns what the client said in its DialOptions.Hello.
func (c *Conn) Hello() []byte { return c.hello }

// Receive waits for the next message, of any channel, and takes it. What was
// received before the connection ended can still be taken; then the error is
// why it ended, a *netcode.CloseError, or net.ErrClosed if this end closed its
// socket. Otherwise it is that of ctx.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	for {
		if m, ok, err := c.take(); ok || err != nil {
			return m, err
		}
		select {
		case <-c.readable:
		case <-c.over:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// TryReceive takes a message if one waits.
func (c *Conn) TryReceive() (m Message, ok bool) {
	m, ok, _ = c.take()
	return m, ok
}

func (c *Conn) take() (m Message, ok bool, err error) {
	c.socket.mu.Lock()
	defer c.socket.mu.Unlock()
	channel, data, ok := c.conn.Receive()
	if ok {
		signal(c.readable) // another receiver may take the next
		return Message{Channel: channel, Data: append([]byte(nil), data...)}, true, nil
	}
	return Message{}, false, c.err
}

// Send sends a message. While the channel's window is full it waits, for room
// or for ctx; other errors are those of netcode.Conn.Send, and why the
// connection ended if it did.
func (c *Conn) Send(ctx context.Context, channel int, message []byte) error {
	for {
		err := c.TrySend(channel, message)
		if !errors.Is(err, netcode.ErrWindowFull) {
			return err
		}
		if err := c.awaitWritable(ctx); err != nil {
			return err
		}
	}
}

// TrySend is like Send and never waits: a full window is
// netcode.ErrWindowFull.
func (c *Conn) TrySend(channel int, message []byte) (err error) {
	c.socket.do(func(now time.Time) {
		if _, err = c.conn.Send(now, channel, message); errors.Is(err, netcode.ErrClosed) && c.err != nil {
			err = c.err
		}
	})
	return err
}

// With runs f with the connection beneath, which nobody else touches
// meanwhile: for statistics, estimates and what else this package does not
// wrap. f must not block and must not keep what it is given. now is the time.
func (c *Conn) With(f func(now time.Time, conn *netcode.Conn)) {
	c.socket.do(func(now time.Time) { f(now, c.conn) })
}

// Stats returns counters and estimates.
func (c *Conn) Stats() (s netcode.ConnStats) {
	c.With(func(_ time.Time, conn *netcode.Conn) { s = conn.Stats() })
	return s
}

// PeerKey returns the peer's proven key; zero in plaintext mode.
func (c *Conn) PeerKey() (key [32]byte) {
	c.With(func(_ time.Time, conn *netcode.Conn) { key = conn.PeerKey() })
	return key
}

// Path returns where the peer is.
func (c *Conn) Path() (p netcode.Path) {
	c.With(func(_ time.Time, conn *netcode.Conn) { p = conn.Path() })
	return p
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.over }

// Err returns why the connection ended; nil while it lasts.
func (c *Conn) Err() error {
	c.socket.mu.Lock()
	defer c.socket.mu.Unlock()
	return c.err
}

// Close ends the connection with CloseNormal. What was sent and not
// acknowledged may not arrive: see Drain. Closing twice is net.ErrClosed.
func (c *Conn) Close() error { return c.CloseWith(netcode.CloseNormal, "") }

// CloseWith ends the connection for a reason that the peer is told, with a
// text for people.
func (c *Conn) CloseWith(reason netcode.CloseReason, text string) error {
	var already bool
	c.socket.do(func(now time.Time) {
		already = c.err != nil
		c.conn.Close(now, reason, text)
	})
	switch {
	case c.owned:
		err := c.socket.close()
		if already && err == nil {
			return nil // it had ended by itself; the socket had not
		}
		return err
	case already:
		return net.ErrClosed
	}
	return nil
}

// Drain waits until the peer has acknowledged every reliable message sent so
// far, or for ctx, or until the connection ends.
func (c *Conn) Drain(ctx context.Context) error {
	for {
		held := 0
		c.With(func(_ time.Time, conn *netcode.Conn) { held = conn.Stats().ReliableHeld })
		if held == 0 {
			return nil
		}
		if err := c.Err(); err != nil {
			return err
		}
		if err := c.awaitWritable(ctx); err != nil {
			return err
		}
	}
}
