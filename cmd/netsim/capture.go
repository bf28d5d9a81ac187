package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/sim/capture"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/tun"
)

const (
	// captureOften is how often what was captured is written to the file.
	captureOften = 100 * time.Millisecond

	// maxUnwritten bounds what waits to be written. What a disk is too slow
	// for is left out and counted: the link must not wait.
	maxUnwritten = 64 << 20
)

// A captureFile is a pcapng that grows while datagrams are carried. Observers
// only copy; a goroutine writes. It is safe for concurrent use.
type captureFile struct {
	file *os.File
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex // guards all below
	writer  *capture.Writer
	pending []byte
	spare   []byte
	omitted uint64 // packets
	err     error
}

// createCapture creates the file, and returns nil if there is no name.
func createCapture(name string) (*captureFile, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("--pcapng: %w", err)
	}
	c := &captureFile{file: file, stop: make(chan struct{}), done: make(chan struct{})}
	c.writer = capture.NewWriter((*pendingWriter)(c))
	go c.write()
	return c, nil
}

// A pendingWriter takes what the capture.Writer writes, under the mutex.
type pendingWriter captureFile

func (w *pendingWriter) Write(b []byte) (int, error) {
	w.pending = append(w.pending, b...)
	return len(b), nil
}

// write writes to the file until Close.
func (c *captureFile) write() {
	defer close(c.done)
	ticker := time.NewTicker(captureOften)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.flush()
		case <-c.stop:
			c.flush()
			return
		}
	}
}

// flush writes whole packets, so that the file is one at any time.
func (c *captureFile) flush() {
	c.mu.Lock()
	_ = c.writer.Close() // a pendingWriter has no errors
	taken := c.pending
	c.pending, c.spare = c.spare[:0], nil
	c.mu.Unlock()
	_, err := c.file.Write(taken)
	c.mu.Lock()
	c.spare = taken
	c.err = errors.Join(c.err, err)
	c.mu.Unlock()
}

// room reports whether another packet fits. The mutex is held.
func (c *captureFile) room() bool {
	if len(c.pending) < maxUnwritten && c.err == nil {
		return true
	}
	c.omitted++
	return false
}

// observeProxy returns an observer of a proxy: every datagram where it comes
// from and where it arrives, with the addresses that are its there.
func (c *captureFile) observeProxy(target func() netip.AddrPort, listen func() netip.AddrPort) func(proxy.Datagram) {
	return func(d proxy.Datagram) {
		if d.Event == proxy.Dropped {
			return
		}
		client := unmapped(d.Client)
		near, far := alike(unmapped(listen()), client), alike(unmapped(target()), d.Upstream)
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.room() {
			return
		}
		switch {
		case d.Up && d.Event == proxy.Entered:
			c.writer.Sent("client", d.Time, client, near, d.Data)
		case d.Up:
			c.writer.Arrived("server", d.Time, d.Upstream, far, d.Data)
		case d.Event == proxy.Entered:
			c.writer.Sent("server", d.Time, far, d.Upstream, d.Data)
		default:
			c.writer.Arrived("client", d.Time, near, client, d.Data)
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// alike returns an address as one of the other's family: a socket that listens
// on all addresses shows none, and then it is the other's loopback or none.
func alike(a, other netip.AddrPort) netip.AddrPort {
	if a.Addr().Is4() == other.Addr().Is4() && !a.Addr().IsUnspecified() {
		return a
	}
	switch loopback := other.Addr().IsLoopback(); {
	case loopback:
		return netip.AddrPortFrom(other.Addr(), a.Port())
	case other.Addr().Is4():
		return netip.AddrPortFrom(netip.IPv4Unspecified(), a.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), a.Port())
}

// observeTUN is an observer of a tun.Network.
func (c *captureFile) observeTUN(p tun.Packet) {
	if p.Event == tun.Dropped || len(p.Data) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.room() {
		return
	}
	if p.Event == tun.Entered {
		c.writer.SentPacket(p.From.String(), p.Time, p.Data)
	} else {
		c.writer.ArrivedPacket((1 - p.From).String(), p.Time, p.Data)
	}
}

// Close writes what is left, tells of what is missing, and returns the first
// error. Of nil it does nothing.
func (c *captureFile) Close(stderr io.Writer) error {
	if c == nil {
		return nil
	}
	close(c.stop)
	<-c.done
	if c.omitted > 0 {
		fmt.Fprintf(stderr, "netsim: --pcapng: %d packets are missing: the disk is too slow, or full\n", c.omitted)
	}
	if err := errors.Join(c.err, c.file.Close()); err != nil {
		return fmt.Errorf("--pcapng: %w", err)
	}
	return nil
}
