//go:build !linux

package tun

import (
	"context"
	"net"
	"os/exec"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Network is two sides and the links between them. It exists on Linux only.
type Network struct{}

// New returns ErrUnsupported, or what is wrong with cfg.
func New(cfg Config) (*Network, error) {
	if _, err := cfg.withDefaults(); err != nil {
		return nil, err
	}
	return nil, ErrUnsupported
}

// Close returns nil.
func (n *Network) Close() error { return nil }

// SetConfig returns ErrUnsupported.
func (n *Network) SetConfig(_, _ link.Config) error { return ErrUnsupported }

// SetEpoch does nothing.
func (n *Network) SetEpoch(time.Time) {}

// Stats returns zeros.
func (n *Network) Stats() Stats { return Stats{} }

// Start returns ErrUnsupported.
func (n *Network) Start(Side, *exec.Cmd) error { return ErrUnsupported }

// Inside returns ErrUnsupported.
func (n *Network) Inside(Side, func() error) error { return ErrUnsupported }

// Dial returns ErrUnsupported.
func (n *Network) Dial(context.Context, Side, string, string) (net.Conn, error) {
	return nil, ErrUnsupported
}

// Listen returns ErrUnsupported.
func (n *Network) Listen(context.Context, Side, string, string) (net.Listener, error) {
	return nil, ErrUnsupported
}

// ListenPacket returns ErrUnsupported.
func (n *Network) ListenPacket(context.Context, Side, string, string) (net.PacketConn, error) {
	return nil, ErrUnsupported
}

// Listening returns ErrUnsupported.
func (n *Network) Listening(Side) (bool, error) { return false, ErrUnsupported }

// Links is not called where New fails.
func (*Network) Links() (up, down link.Config) { return link.Config{}, link.Config{} }

// Backlog is not called where New fails.
func (*Network) Backlog() (up, down link.Backlog) { return link.Backlog{}, link.Backlog{} }
