package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/agenda"
	"github.com/reckon-engine/reckon/sim/internal/wakeup"
	"github.com/reckon-engine/reckon/sim/result"
)

// socketBuffer is what the sockets are asked to buffer, so that a burst
// survives a busy machine. The kernel may give less.
const socketBuffer = 4 << 20

// A Proxy carries datagrams between clients and a target over bad links.
// Create it with New; Run does the work. Its methods may be called from any
// goroutine.
type Proxy struct {
	cfg      Config
	target   *net.UDPAddr
	listener *net.UDPConn
	start    time.Time // agenda times count from here
	waiter   *wakeup.Waiter
	done     chan struct{} // closed by Close
	stop     sync.Once
	running  sync.WaitGroup

	mu        sync.Mutex // guards all below
	closed    bool
	byAddress map[netip.AddrPort]*client
	slots     []*client     // nil where free
	free      []int         // slots that are
	agenda    agenda.Agenda // slot s up is item 2s, down is item 2s+1
	sequence  uint64
	late      result.Histogram
	epoch     time.Time // changes count from here
	hosts     []host
	stats     Stats // of clients that are gone, and what is not per client
}

// New opens the proxy's socket: clients may send from now on, and are served
// once Run is called.
func New(cfg Config) (*Proxy, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	target, err := net.ResolveUDPAddr("udp", cfg.Target)
	if err != nil {
		return nil, fmt.Errorf("proxy: target: %w", err)
	}
	address, err := net.ResolveUDPAddr("udp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("proxy: listen: %w", err)
	}
	listener, err := net.ListenUDP("udp", address)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	enlarge(listener)
	waiter, err := wakeup.New()
	if err != nil {
		_ = listener.Close() // the error that counts is the first
		return nil, fmt.Errorf("proxy: %w", err)
	}
	now := time.Now()
	return &Proxy{
		cfg: cfg, target: target, listener: listener, start: now, waiter: waiter,
		done: make(chan struct{}), byAddress: map[netip.AddrPort]*client{},
		epoch: now, hosts: hostsOf(cfg.Hosts),
	}, nil
}

// enlarge asks for large socket buffers. What the kernel refuses is no error:
// the proxy then only stands shorter bursts.
func enlarge(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
}

// Addr returns the address the proxy listens on.
func (p *Proxy) Addr() netip.AddrPort {
	return p.listener.LocalAddr().(*net.UDPAddr).AddrPort()
}

var errClosed = errors.New("proxy: Run: the proxy is closed")

// Run carries datagrams until ctx is done or Close is called, and then closes
// the proxy. It returns nil in both cases. It may be called once.
func (p *Proxy) Run(ctx context.Context) error {
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.running.Add(2)
	}
	p.mu.Unlock()
	if closed {
		return errClosed
	}
	go p.readClients()
	go p.release()
	select {
	case <-ctx.Done():
	case <-p.done:
	}
	return p.Close()
}

// Close stops everything and returns when it has stopped. What is on its way
// is dropped.
func (p *Proxy) Close() error {
	p.stop.Do(func() {
		close(p.done)
		p.mu.Lock()
		p.closed = true
		for _, c := range p.slots {
			if c != nil {
				p.drop(c)
			}
		}
		p.mu.Unlock()
		_ = p.listener.Close() // nothing was buffered that could be lost
		p.waiter.Wake()
	})
	p.running.Wait()
	p.waiter.Close()
	return nil
}
