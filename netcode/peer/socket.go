package peer

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A Config is a netcode.Config and what only this package needs.
type Config struct {
	netcode.Config

	// Endpoint configures the socket.
	Endpoint netcode.EndpointOptions

	// Linger is how long Close stays to say goodbye, since the note may be
	// lost on the way. If zero, 300 ms: the three times that the protocol says
	// it. If negative, it is said once.
	Linger time.Duration
}

const defaultLinger = 300 * time.Millisecond

// leastRest is the shortest sleep between two rounds, so that a deadline that
// does not move cannot take a processor.
const leastRest = 100 * time.Microsecond

// A socket runs a Core on an Endpoint. One goroutine waits for datagrams and
// deadlines; everyone who wants something of the Core takes the lock.
type socket struct {
	core     *netcode.Core
	endpoint *netcode.Endpoint
	linger   time.Duration

	mu      sync.Mutex
	conns   map[*netcode.Conn]*Conn
	backlog []*Conn       // connected, not accepted
	arrived chan struct{} // of one: the backlog has something
	closed  bool
	done    chan struct{} // closed when the goroutine has ended
}

func open(address string, cfg Config) (*socket, error) {
	core, err := netcode.NewCore(cfg.Config)
	if err != nil {
		return nil, err
	}
	endpoint, err := netcode.Listen(address, core, cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	s := &socket{
		core: core, endpoint: endpoint, linger: cfg.Linger,
		conns: map[*netcode.Conn]*Conn{}, arrived: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if s.linger == 0 {
		s.linger = defaultLinger
	}
	go s.run()
	return s, nil
}

// run is the socket's goroutine. It ends when the endpoint is closed.
func (s *socket) run() {
	defer close(s.done)
	for {
		until := s.round()
		if s.endpoint.Park(until) != nil {
			s.end()
			return
		}
	}
}

// round takes what arrived, sends what is due, and returns when to come back.
func (s *socket) round() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.endpoint.Poll(now)
	s.distribute()
	if due := s.core.NextDeadline(); !due.IsZero() && !due.After(now) {
		s.endpoint.Flush(now)
		s.distribute()
	}
	due := s.core.NextDeadline()
	if least := now.Add(leastRest); !due.IsZero() && due.Before(least) {
		due = least
	}
	return due
}

// do runs f with the Core and sends what it leaves to be sent.
func (s *socket) do(f func(now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	f(now)
	if s.closed {
		return
	}
	s.endpoint.Flush(now)
	s.distribute()
	s.endpoint.Wake() // the deadline has moved
}

// distribute gives events and messages to whoever waits for them.
func (s *socket) distribute() {
	for {
		event, ok := s.core.NextEvent()
		if !ok {
			break
		}
		s.handle(event)
	}
	for _, c := range s.conns {
		c.notify()
	}
}

func (s *socket) handle(event netcode.Event) {
	c := s.conns[event.Conn]
	switch event.Kind {
	case netcode.EventConnected:
		if c == nil {
			c = newConn(s, event.Conn)
			c.hello = append([]byte(nil), event.Hello...)
			s.queue(c)
		}
		c.opened = true
		signal(c.readable) // Dial waits for it
	case netcode.EventClosed:
		if c != nil {
			c.finish(event.Err)
			delete(s.conns, event.Conn) // what it received can still be taken
		}
	}
}

// maxEnded is how many connections that have ended already wait to be
// accepted, for the sake of the messages they brought.
const maxEnded = 256

// queue lets c be accepted. Of those that have ended meanwhile the oldest are
// forgotten, if nobody accepts them.
func (s *socket) queue(c *Conn) {
	ended := 0
	for _, waiting := range s.backlog {
		if waiting.err != nil {
			ended++
		}
	}
	if ended > maxEnded {
		s.backlog = slices.DeleteFunc(s.backlog, func(waiting *Conn) bool {
			ended--
			return waiting.err != nil && ended >= maxEnded/2
		})
	}
	s.backlog = append(s.backlog, c)
	signal(s.arrived)
}

// close says goodbye on every connection and closes the socket.
func (s *socket) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	s.closed = true
	now := time.Now()
	s.core.Shutdown(now, netcode.CloseNormal, "")
	s.endpoint.Flush(now)
	s.distribute()
	s.mu.Unlock()
	s.endpoint.Wake()
	if s.linger > 0 && s.open() {
		time.Sleep(s.linger)
	}
	err := s.endpoint.Close()
	<-s.done
	return err
}

// open reports whether anybody is left to say goodbye to.
func (s *socket) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.core.NextDeadline().IsZero()
}

// end tells everyone that the socket is gone.
func (s *socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.conns {
		c.finish(net.ErrClosed)
	}
	close(s.arrived)
}

// signal wakes one waiter, or the next that comes.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// localAddr returns the address the socket is bound to.
func (s *socket) localAddr() netip.AddrPort { return s.endpoint.LocalAddr() }
