package netcode

import (
	"errors"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/udp"
)

// EndpointOptions configures an Endpoint. The zero value is ready to use.
type EndpointOptions struct {
	// Carrier is the Path.Carrier of this endpoint's paths. It tells apart
	// several endpoints that drive one Core.
	Carrier uint16

	// Gather is how long, after datagrams woke it, a waiting endpoint lets
	// others gather before it looks at the socket again. It bounds the
	// wake-ups at 1/Gather a second however many players there are, at the
	// price of that much delay for acknowledgements and handshakes under
	// load; round trip times are measured by arrival all the same, and
	// deadlines are kept. If zero, 1 ms. If negative, every datagram wakes.
	Gather time.Duration

	// ReceiveBufferBytes and SendBufferBytes are asked of the kernel. If
	// zero, 4 MiB and 1 MiB. EndpointStats says what it gave; a receive
	// buffer of less than 1 KiB for each datagram that may arrive while the
	// application is busy loses some (EndpointStats.Overflowed).
	ReceiveBufferBytes int
	SendBufferBytes    int

	// ForceBuffers exceeds the administrator's limit for the two, if the
	// process has CAP_NET_ADMIN. Linux only.
	ForceBuffers bool

	// Batch is how many datagrams one system call moves, where the system can
	// move several. If zero, 64. At most 1024.
	Batch int

	// MaxDatagram is the largest datagram, in bytes of UDP payload, that goes
	// in or out, foreign ones included. If zero, 2048. At most 65,535.
	MaxDatagram int

	// DSCP is the class of service asked of the network, 0 to 63 (RFC 2474):
	// 46, expedited forwarding (RFC 3246), is what voice and games use on
	// networks that honour it, which the internet as a whole does not. If
	// zero, best effort. Not on Windows. EndpointStats.Unmarked tells where
	// the system refused.
	DSCP uint8

	// ECN sets ECT(0) on what is sent, so that routers may mark a datagram
	// instead of dropping it (RFC 3168). Marks are read either way, on Linux.
	// Not on Windows. It is not the default, because paths are not validated
	// as RFC 9000, section 13.4.2, wants: nobody reaches a peer behind one
	// that drops what is marked. See docs/PROTOCOL.md, section 11.5.
	ECN bool

	// NoSegmentation keeps bursts to one peer from going to the kernel in
	// one piece (UDP_SEGMENT). It is tried where Linux can, and given up
	// where a device refuses; this is for hosts that mangle such bursts
	// without saying so.
	NoSegmentation bool
}

const (
	// defaultGather trades wake-ups for delay: a sixteenth of a 60 Hz tick.
	// With 200 clients at 60 datagrams a second, spread over the tick, waiting
	// for the tick took 32 % of a core where each woke, 29 % with 250 µs, 18 %
	// with 1 ms and 15 % with 4 ms (two virtual cores, Linux 6.18;
	// BenchmarkEndpointGather).
	defaultGather = time.Millisecond

	// minRest keeps a Core whose deadline stays in the past, whatever Flush
	// does, from spinning.
	minRest = time.Millisecond

	// minDatagramCharge is the least that a kernel charges its receive buffer
	// for a datagram (Linux 6.18: 768 bytes for an empty one), so that the
	// buffer's size bounds how many can have been waiting.
	minDatagramCharge = 512

	// minDrain is how many datagrams a Poll takes at least, if that many wait,
	// before it leaves to the next what arrived while it worked: 7 ms of a flood
	// (netbench flood). A large buffer would hold a tick for longer.
	minDrain = 4096

	// fallbackDrain bounds a Poll where the buffer's size is not known.
	fallbackDrain = 8192
)

// An Endpoint drives a Core from a UDP socket.
//
//	for {
//		server.Advance(time.Now()) // once a tick: take, step, queue
//		endpoint.Flush(time.Now())
//		if err := endpoint.WaitUntil(nextTick); err != nil {
//			return err
//		}
//	}
//
// It belongs to the goroutine that owns the Core, except Close. It reads from
// preallocated buffers, which the Core borrows during Receive, and copies
// what the Core sends into others, so that nobody waits for anybody's bytes
// and nothing is allocated.
type Endpoint struct {
	core    *Core
	socket  *udp.Socket
	carrier uint16
	gather  time.Duration

	drain      int       // datagrams a Poll takes, at most a batch more
	least      int       // and at least, if that many wait: minDrain
	flushed    time.Time // the now of the last Flush
	quietUntil time.Time // until then datagrams gather

	wrongCarrier, wakeups uint64
}

var _ Sender = (*Endpoint)(nil)

// Listen opens a UDP socket on address, "host:port", and returns an Endpoint
// that drives core from it. An empty host or "::" means all addresses of both
// families (of IPv4 alone where there is no IPv6), "0.0.0.0" all of IPv4; with
// port 0 the system chooses. A client listens on ":0".
func Listen(address string, core *Core, opt EndpointOptions) (*Endpoint, error) {
	if core == nil {
		return nil, errors.New("netcode: Listen: no Core")
	}
	socket, err := udp.Listen(address, opt.socket())
	if err != nil {
		return nil, err
	}
	return newEndpoint(core, socket, opt), nil
}

// socket returns what of the options is the socket's.
func (opt EndpointOptions) socket() udp.Options {
	return udp.Options{
		ReceiveBufferBytes: opt.ReceiveBufferBytes,
		SendBufferBytes:    opt.SendBufferBytes,
		ForceBuffers:       opt.ForceBuffers,
		Batch:              opt.Batch,
		MaxDatagram:        opt.MaxDatagram,
		DSCP:               opt.DSCP,
		ECN:                opt.ECN,
		NoSegmentation:     opt.NoSegmentation,
	}
}

func newEndpoint(core *Core, socket *udp.Socket, opt EndpointOptions) *Endpoint {
	e := &Endpoint{core: core, socket: socket, carrier: opt.Carrier, gather: opt.Gather, drain: fallbackDrain, least: minDrain}
	setDefault(&e.gather, defaultGather)
	if size := socket.ReceiveBufferBytes(); size > 0 {
		e.drain = size/minDatagramCharge + 1
	}
	return e
}

// Core returns the Core that the endpoint drives.
func (e *Endpoint) Core() *Core { return e.core }

// Poll gives the core every datagram that waits. Each counts as received when
// the kernel saw it arrive, or at now if that is earlier. What arrives while
// Poll works may be left for the next, so that no flood can hold it.
func (e *Endpoint) Poll(now time.Time) { _, _ = e.poll(now) }

// poll also reports whether there was anything.
func (e *Endpoint) poll(now time.Time) (received bool, err error) {
	late := false // all that is left arrived after now
	for taken := 0; taken < e.drain && (!late || taken < e.least); {
		batch, more, err := e.socket.Receive()
		if err != nil {
			return received, err
		}
		for i := range batch {
			if i%warmGroup == 0 {
				e.core.warmReceive(batch[i:min(len(batch), i+warmGroup)])
			}
			d := &batch[i]
			at := d.At
			if late = at.After(now); late {
				at = now
			}
			e.core.ReceiveMarked(at, Path{Remote: d.Remote, Local: d.Local, Carrier: e.carrier}, d.Data, d.ECN)
		}
		received = received || len(batch) > 0
		if !more {
			break
		}
		taken += max(len(batch), 1)
	}
	return received, nil
}

// Flush sends what the core has to send at now, in as few system calls as
// possible. Datagrams that the system does not take are dropped and counted,
// like those the network does not deliver.
func (e *Endpoint) Flush(now time.Time) {
	e.flushed = now
	e.core.Flush(now, e)
	e.socket.Flush()
}

// SendDatagram queues a datagram for the next Flush. The Core calls it; so
// may whoever answers foreign datagrams (Core.SetForeign) on the same port.
// The bytes are copied. It leaves from path.Local where that is known.
func (e *Endpoint) SendDatagram(path Path, datagram []byte) {
	if path.Carrier != e.carrier {
		e.wrongCarrier++
		return
	}
	e.socket.Queue(path.Remote, path.Local, datagram)
}

// WaitUntil takes datagrams and keeps the core's deadlines (Poll and Flush)
// until the deadline, and returns nil then; or net.ErrClosed after Close.
// Zero deadline means until Close.
func (e *Endpoint) WaitUntil(deadline time.Time) error {
	for {
		if _, err := e.serve(); err != nil {
			return err
		}
		if reached(deadline, time.Now()) {
			return nil
		}
		if err := e.park(deadline); err != nil {
			return err
		}
	}
}

// Wait is like WaitUntil, but returns as soon as it took datagrams or kept a
// deadline of the core.
func (e *Endpoint) Wait(deadline time.Time) error {
	for {
		worked, err := e.serve()
		if err != nil {
			return err
		}
		if worked || reached(deadline, time.Now()) {
			return nil
		}
		if err := e.park(deadline); err != nil {
			return err
		}
	}
}

// serve takes what waits and sends what is due, and reports whether there was
// any of either.
func (e *Endpoint) serve() (worked bool, err error) {
	now := time.Now()
	received, err := e.poll(now)
	if err != nil {
		return false, err
	}
	if received {
		e.quietUntil = now.Add(e.gather)
	}
	due := e.core.NextDeadline()
	if due.IsZero() || due.After(now) {
		return received, nil
	}
	e.Flush(now)
	return true, nil
}

// park waits for the first of: datagrams, the core's deadline, the caller's.
func (e *Endpoint) park(deadline time.Time) error {
	due := e.core.NextDeadline()
	if !due.IsZero() && !due.After(e.flushed) {
		due = e.flushed.Add(minRest)
	}
	until := earlier(deadline, due)
	e.wakeups++
	if e.quietUntil.After(time.Now()) {
		return e.socket.Rest(earlier(until, e.quietUntil))
	}
	_, err := e.socket.Wait(until)
	return err
}

// reached reports whether now is at or after deadline; zero is never.
func reached(deadline, now time.Time) bool {
	return !deadline.IsZero() && !now.Before(deadline)
}

// LocalAddr returns the address the endpoint is bound to; with the port that
// was chosen, if Listen asked for 0.
func (e *Endpoint) LocalAddr() netip.AddrPort { return e.socket.LocalAddr() }

// Resolve turns "host:port" into a Path for Core.Dial. Names are looked up,
// which may block for seconds; where a name has addresses of both families,
// IPv4 is taken. An empty host is this machine.
func (e *Endpoint) Resolve(address string) (Path, error) {
	remote, err := e.socket.Resolve(address)
	if err != nil {
		return Path{}, err
	}
	return Path{Remote: remote, Carrier: e.carrier}, nil
}

// Close closes the socket, and ends Wait and WaitUntil with net.ErrClosed. It
// says nothing to the peers: Core.Shutdown and Flush come before. It may be
// called by any goroutine; the second call returns net.ErrClosed.
func (e *Endpoint) Close() error { return e.socket.Close() }
