package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
)

// floorTime is how long the state is measured without the blob in real time:
// the floor needs no more.
const floorTime = 5 * time.Second

// A bench is a transfer in real time: a connection of ours and one of the
// kernel's over the same links.
type bench struct {
	*transferred
	network *tun.Network
	sockets [2]*netcode.Endpoint // by side

	mu    sync.Mutex // of the neck, until the network is closed
	began chan struct{}
}

// transferBeside is transfer in real time, over a TUN link, beside one flow of
// the kernel's TCP if there is a blob.
func (o *bulkOptions) transferBeside(ctx context.Context, congestion string, blob bool) (*transferred, error) {
	seconds := o.seconds
	if !blob {
		seconds = min(seconds, floorTime)
	}
	b, err := o.newBench(congestion, blob, seconds)
	if err != nil {
		return nil, fmt.Errorf("--competitor %s: %w", o.competitor, err)
	}
	defer b.network.Close()
	ctx, cancel := context.WithTimeout(ctx, connectTimeout+seconds+o.rtt+o.queue+time.Second)
	defer cancel()
	var rival *kernelFlow
	if blob {
		if rival, err = newKernelFlow(ctx, b.network); err != nil {
			return nil, err
		}
		defer rival.close()
	}
	var running sync.WaitGroup
	var errs [3]error
	for i, e := range []*end{b.client, b.server} {
		running.Go(func() {
			errs[i] = b.play(ctx, e, b.sockets[i], o.rtt+o.queue+time.Second)
			cancel() // the other's work is over too
		})
	}
	if rival != nil {
		running.Go(func() {
			select {
			case <-b.began:
				errs[2] = rival.send(ctx, b.client.ends())
			case <-ctx.Done():
			}
		})
	}
	running.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	drops := b.network.Stats().DeviceDrops
	_ = b.network.Close() // it returns nil; nobody looks at the neck after it
	if drops > 0 {
		return nil, fmt.Errorf("this machine was too slow for %d packets, which the link never saw", drops)
	}
	return b.transferred, b.check(stateMode)
}

// newBench makes the links and our two ends.
func (o *bulkOptions) newBench(congestion string, blob bool, seconds time.Duration) (*bench, error) {
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	cfg.Overhead = 0 // packets of a TUN link are IP packets
	b := &bench{transferred: &transferred{neck: neck{rate: o.rate}}, began: make(chan struct{})}
	b.network, err = tun.New(tun.Config{
		Up: cfg, Down: cfg, Congestion: congestion, Observe: b.observe,
		UpSeed: scenario.LinkSeed(o.seed, scenario.Client, 0), DownSeed: scenario.LinkSeed(o.seed, scenario.Client, 1),
	})
	if err != nil {
		return nil, err
	}
	up, down := messages(messageBytes, seconds), messages(messageBytes, seconds)
	up.blob = blob
	if b.pair, err = newPair(stateMode, up, down, o.seed, time.Now()); err == nil {
		err = b.listen()
	}
	if err != nil {
		_ = b.network.Close() // nothing runs on it yet
		return nil, err
	}
	return b, nil
}

// listen opens the sockets and dials.
func (b *bench) listen() error {
	for i, core := range []*netcode.Core{b.client.core, b.server.core} {
		side := tun.Side(i)
		err := b.network.Inside(side, func() (err error) {
			b.sockets[i], err = netcode.Listen(netip.AddrPortFrom(side.Addr(), serverAddress.Port()).String(), core, netcode.EndpointOptions{})
			return err
		})
		if err != nil {
			return err
		}
	}
	path, err := b.sockets[tun.Client].Resolve(b.sockets[tun.Server].LocalAddr().String())
	if err != nil {
		return err
	}
	_, err = b.client.core.Dial(time.Now(), path, netcode.DialOptions{ServerKey: b.server.core.PublicKey()})
	return err
}

// observe is told of every packet.
func (b *bench) observe(p tun.Packet) {
	const protocol, tcp = 9, 6 // RFC 791, section 3.1; RFC 793
	if p.From != tun.Client || p.Event != tun.Entered || p.Fate.Cause == link.DroppedQueue || len(p.Data) <= protocol {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.neck.pass(p.Time, int64(len(p.Data)), p.Data[protocol] == tcp)
}

// play drives one end until late after the end of its script.
func (b *bench) play(ctx context.Context, e *end, socket *netcode.Endpoint, late time.Duration) error {
	defer socket.Close()
	const look = 100 * time.Millisecond // how often an idle end looks at ctx
	started := false
	for ctx.Err() == nil && e.closed == nil {
		now := time.Now()
		e.Advance(now)
		if e.conn != nil && !started {
			started = true
			b.begin(e)
		}
		if started && now.After(e.ends().Add(late)) {
			return nil
		}
		socket.Flush(now)
		until := now.Add(look)
		if !e.next.IsZero() && e.next.Before(until) {
			until = e.next
		}
		if err := socket.Wait(until); err != nil {
			return err
		}
	}
	return nil
}

// begin starts the measurement once an end is connected.
func (b *bench) begin(e *end) {
	if e == b.server {
		e.blobUntil = e.ends()
		return
	}
	b.mu.Lock()
	b.neck.begin, b.neck.end = e.began, e.ends()
	b.mu.Unlock()
	close(b.began)
}

// A kernelFlow is a TCP connection of the kernel that has no end of data to
// send from the client's side to the server's.
type kernelFlow struct{ client, server net.Conn }

func newKernelFlow(ctx context.Context, n *tun.Network) (*kernelFlow, error) {
	listener, err := n.Listen(ctx, tun.Server, "tcp4", netip.AddrPortFrom(tun.Server.Addr(), 0).String())
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	f := &kernelFlow{}
	if f.client, err = n.Dial(ctx, tun.Client, "tcp4", listener.Addr().String()); err != nil {
		return nil, err
	}
	if f.server, err = listener.Accept(); err != nil {
		_ = f.client.Close() // nothing was said yet
		return nil, err
	}
	return f, nil
}

// send sends until a time.
func (f *kernelFlow) send(ctx context.Context, until time.Time) error {
	go func() {
		buffer := make([]byte, 1<<18)
		for {
			if _, err := f.server.Read(buffer); err != nil {
				return // closed
			}
		}
	}()
	if err := f.client.SetWriteDeadline(until); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, f.close)
	defer stop()
	data := make([]byte, 1<<16)
	for {
		if _, err := f.client.Write(data); err != nil {
			var timeout net.Error
			if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
				return nil
			}
			return fmt.Errorf("the kernel's TCP: %w", err)
		}
	}
}

// close may be called twice.
func (f *kernelFlow) close() {
	_ = f.client.Close() // what is unsent is of no interest
	_ = f.server.Close()
}
