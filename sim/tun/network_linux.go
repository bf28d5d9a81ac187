package tun

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/wakeup"
	"github.com/reckon-engine/reckon/sim/link"
)

// The directions: indexes of Network.directions. Direction d is from Side(d).
const (
	up = iota
	down
)

// A Network is two sides and the links between them. Create it with New; it
// carries packets until Close. Its methods may be called from any goroutine.
type Network struct {
	sides      [2]*side
	directions [2]*direction
	running    sync.WaitGroup

	mu     sync.RWMutex // held for reading while a side is used
	closed bool
	final  Stats // after Close
}

// New makes the two sides and begins to carry packets. The error wraps
// ErrPermission where this process may not. As root its threads have a
// realtime priority, the least there is, and until Close GOMAXPROCS is larger
// by four: both so that packets are in time on a busy machine.
func New(cfg Config) (*Network, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	// Package os tries out once what the kernel can, with a child. That must
	// not become the first process of a side.
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Release()
	}
	n := &Network{}
	for i, l := range []*link.Config{&cfg.Up, &cfg.Down} {
		if n.sides[i], err = newSide(Side(i), cfg.deviceMTU(l), cfg.Congestion); err != nil {
			n.release()
			return nil, err
		}
	}
	if err := n.connect(&cfg); err != nil {
		n.release()
		return nil, err
	}
	addProcessors(spareProcessors)
	for _, d := range n.directions {
		n.running.Go(d.run)
	}
	return n, nil
}

// connect makes the directions.
func (n *Network) connect(cfg *Config) error {
	epoch := time.Now()
	for i, l := range []link.Config{cfg.Up, cfg.Down} {
		limits := link.PipeLimits{Bytes: cfg.MaxBytes, Datagrams: cfg.MaxBytes/minPacketBytes + 1}
		pipe := mustPipe(l, [2]uint64{cfg.UpSeed, cfg.DownSeed}[i], limits)
		waiter, err := wakeup.New()
		if err != nil {
			return fmt.Errorf("tun: %w", err)
		}
		pipe.SetEpoch(epoch)
		n.directions[i] = &direction{
			from: Side(i), in: n.sides[i].device, out: n.sides[1-i].device, waiter: waiter, pipe: pipe, limits: limits, start: epoch,
			observe: cfg.Observe, buffer: make([]byte, maxDeviceMTU+1), epoch: epoch, changes: changesOf(cfg.Changes, i),
		}
		n.directions[i].observeDrops()
	}
	return nil
}

// mustPipe returns a pipe of a configuration that was checked.
func mustPipe(cfg link.Config, seed uint64, limits link.PipeLimits) *link.Pipe {
	pipe, err := link.NewPipe(cfg, seed, limits)
	if err != nil {
		panic("tun: BUG: a valid configuration was refused: " + err.Error())
	}
	return pipe
}

// changesOf returns those of one direction.
func changesOf(changes []Change, direction int) []linkChange {
	var list []linkChange
	for _, c := range changes {
		change := linkChange{at: c.At, cfg: [2]*link.Config{c.Up, c.Down}[direction]}
		if c.Seeds != nil {
			change.seed = &c.Seeds[direction]
		}
		if change.cfg != nil || change.seed != nil {
			list = append(list, change)
		}
	}
	return list
}

// release lets go of what New has made so far.
func (n *Network) release() {
	for _, s := range n.sides {
		if s != nil {
			s.close()
		}
	}
	for _, d := range n.directions {
		if d != nil {
			d.waiter.Close()
		}
	}
}

// Close ends the programs inside, the links and the sides. What is on its way
// is dropped. Stats stay what they were.
func (n *Network) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	for _, d := range n.directions {
		d.close()
	}
	n.running.Wait()
	addProcessors(-spareProcessors)
	n.final = n.count()
	n.release()
	return nil
}

// SetConfig changes both links, for what is sent from now on. Devices keep
// their MTU. The error is a *link.FieldError, wrapped, and then nothing
// changes.
func (n *Network) SetConfig(upLink, downLink link.Config) error {
	if err := upLink.Validate(); err != nil {
		return fmt.Errorf("tun: up: %w", err)
	}
	if err := downLink.Validate(); err != nil {
		return fmt.Errorf("tun: down: %w", err)
	}
	for i, cfg := range []link.Config{upLink, downLink} {
		d := n.directions[i]
		d.mu.Lock()
		err := d.pipe.SetConfig(cfg)
		d.mu.Unlock()
		if err != nil {
			panic("tun: BUG: a valid configuration was refused: " + err.Error())
		}
		d.waiter.Wake()
	}
	return nil
}

// SetEpoch says from when Changes and the models that depend on time count,
// instead of New. Changes that were made stay made.
func (n *Network) SetEpoch(epoch time.Time) {
	for _, d := range n.directions {
		d.mu.Lock()
		d.epoch = epoch
		d.pipe.SetEpoch(epoch)
		d.mu.Unlock()
		d.waiter.Wake()
	}
}

// Stats returns what was counted.
func (n *Network) Stats() Stats {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.closed {
		return n.final
	}
	return n.count()
}

// count sums up the directions and asks the devices. The mutex is held.
func (n *Network) count() Stats {
	var s Stats
	late := n.directions[up].lateness()
	other := n.directions[down].lateness()
	late.Merge(&other)
	s.Lateness = wakeup.LatenessOf(&late)
	for i, d := range n.directions {
		d.mu.Lock()
		counters := [2]*link.Counters{&s.Up, &s.Down}[i]
		*counters = d.pipe.Counters()
		counters.Add(d.gone)
		s.Held += d.pipe.Len()
		s.Errors += d.errors
		d.mu.Unlock()
	}
	text := make([]byte, 4096)
	for _, side := range n.sides {
		size, _ := side.statistics.ReadAt(text, 0) // io.EOF, or nothing to count
		s.DeviceDrops += transmitDrops(string(text[:size]))
	}
	return s
}

// Start starts a program inside a side, as cmd.Start does outside. Waiting for
// it is up to the caller. When the Network is closed, or this process ends,
// the program is killed with all its children.
func (n *Network) Start(where Side, cmd *exec.Cmd) error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.closed {
		return ErrClosed
	}
	s := n.sides[where]
	return s.call(func() error { return s.start(cmd) })
}

// Inside calls f on a thread inside a side: the sockets that f opens belong to
// it, and stay there when f has returned. What f leaves to other goroutines,
// such as looking up names, happens outside. Threads are not kept.
func (n *Network) Inside(where Side, f func() error) error {
	n.mu.RLock()
	if n.closed {
		n.mu.RUnlock()
		return ErrClosed
	}
	s := n.sides[where]
	namespace, err := s.enterable()
	n.mu.RUnlock()
	if err != nil {
		return err
	}
	defer namespace.Close()
	return inside(namespace, f)
}

// Dial connects from inside a side. The address is a literal: names would be
// looked up outside.
func (n *Network) Dial(ctx context.Context, from Side, network, address string) (conn net.Conn, err error) {
	var dialer net.Dialer
	err = n.Inside(from, func() (err error) {
		conn, err = dialer.DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Listen listens for connections inside a side, at a literal address.
func (n *Network) Listen(ctx context.Context, where Side, network, address string) (listener net.Listener, err error) {
	var cfg net.ListenConfig
	err = n.Inside(where, func() (err error) {
		listener, err = cfg.Listen(ctx, network, address)
		return err
	})
	return listener, err
}

// ListenPacket opens a packet socket inside a side, at a literal address.
func (n *Network) ListenPacket(ctx context.Context, where Side, network, address string) (conn net.PacketConn, err error) {
	var cfg net.ListenConfig
	err = n.Inside(where, func() (err error) {
		conn, err = cfg.ListenPacket(ctx, network, address)
		return err
	})
	return conn, err
}
