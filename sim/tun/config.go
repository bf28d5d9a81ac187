package tun

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/wakeup"
	"github.com/reckon-engine/reckon/sim/link"
)

// A Side is one end of the link.
type Side uint8

// The sides.
const (
	Client Side = iota
	Server
)

// String returns "client" or "server".
func (s Side) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}

// Addr returns the side's IPv4 address: 10.73.0.1 or 10.73.0.2, in one /24.
func (s Side) Addr() netip.Addr { return netip.AddrFrom4([4]byte{10, 73, 0, 1 + byte(s)}) }

// Addr6 returns the side's IPv6 address: fd73::1 or fd73::2, in one /64. (A
// prefix of fd00::/8, RFC 4193, section 3.1.)
func (s Side) Addr6() netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x73, 15: 1 + byte(s)})
}

// A Config configures a Network. The zero value joins the sides by a perfect
// link.
type Config struct {
	// Up is the link from the client's side to the server's, Down the way
	// back. Their sizes are of IP packets.
	Up, Down link.Config

	// UpSeed and DownSeed decide all chance of the two links.
	UpSeed, DownSeed uint64

	// Changes happen to the links while the Network runs, in order of time.
	Changes []Change

	// DeviceMTU is the MTU of both devices, in bytes. If zero, each has the
	// MTU of the link it sends into, or 1500 if that has no limit; so
	// programs know the limit, as where the first hop is the narrowest. Set
	// it larger than a link's MTU and that link is a black hole for large
	// packets. From 68 (RFC 791) to 65535; below 1280 there is no IPv6
	// (RFC 8200, section 5).
	DeviceMTU int

	// Congestion is the congestion control of TCP on both sides, such as
	// "cubic" or "bbr". If empty, it is the system's default.
	Congestion string

	// MaxBytes bounds the packets on their way in one direction; those beyond
	// are dropped and counted as DroppedLimit. If zero, 256 MiB.
	MaxBytes int

	// Observe, if not nil, is told of every packet. It is called by two
	// threads, one for each direction, between two packets: it should be
	// quick, must not keep Packet.Data and must not call the Network.
	Observe func(Packet)
}

// A Change gives links new configurations at a time.
type Change struct {
	// At is when, from the epoch, which is New unless SetEpoch says otherwise.
	At time.Duration

	// Up and Down are the configurations from then on; nil leaves a link as
	// it is.
	Up, Down *link.Config

	// Seeds, if not nil, make the links new ones with a chance of their own,
	// up and down, as of another network: what is on its way is lost.
	Seeds *[2]uint64
}

// An Event says what happened to a Packet.
type Event uint8

// The events.
const (
	Entered Event = iota // it came to the link; Fate is what the link says
	Left                 // it was delivered to the other side
	Dropped              // its fate was Pending, and it was dropped after all
)

// A Packet is what an observer is told.
type Packet struct {
	Time  time.Time
	From  Side // who sent it
	Event Event
	Fate  link.Fate // of Entered; of Dropped, its Index and Cause
	Data  []byte    // the whole IP packet; valid until the observer returns

	// Delay is how long ago it entered; of Left.
	Delay time.Duration

	// QueueBytes wait for the bottleneck, if there is one; of Entered.
	QueueBytes int
}

// Stats count what a Network has done since New.
type Stats struct {
	Up, Down link.Counters
	Held     int // packets on their way now
	Lateness Lateness

	// DeviceDrops are packets that the kernel dropped before the links saw
	// them, because they came faster than they could be read. Any other value
	// than 0 means that the machine was too slow for what was asked of it.
	DeviceDrops uint64

	// Errors are packets that the other side's device refused.
	Errors uint64
}

// Lateness is how much later than computed packets were delivered.
type Lateness = wakeup.Lateness

// ErrUnsupported is why New fails on systems other than Linux.
var ErrUnsupported = errors.New("tun: needs Linux: two network namespaces joined by TUN devices")

// ErrPermission is part of the error of New where this process may not make
// namespaces or devices.
var ErrPermission = errors.New("needs root, or CAP_SYS_ADMIN and CAP_NET_ADMIN in a user namespace (unshare -r)")

// ErrClosed is returned by methods of a Network that is closed.
var ErrClosed = errors.New("tun: the network is closed")

const (
	defaultMTU      = 1500 // of Ethernet
	minDeviceMTU    = 68   // RFC 791, section 3.2
	maxDeviceMTU    = 65535
	minMTU6         = 1280 // RFC 8200, section 5
	defaultMaxBytes = 256 << 20

	// minPacketBytes is what the smallest packet counts for, as MaxBytes also
	// bounds what the bookkeeping takes.
	minPacketBytes = 64
)

// withDefaults returns c with defaults filled in, or an error that names the
// field.
func (c Config) withDefaults() (Config, error) {
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if err := c.Up.Validate(); err != nil {
		return c, fmt.Errorf("tun: up: %w", err)
	}
	if err := c.Down.Validate(); err != nil {
		return c, fmt.Errorf("tun: down: %w", err)
	}
	switch {
	case c.MaxBytes < 0:
		return c, fmt.Errorf("tun: MaxBytes is %d, want more than 0", c.MaxBytes)
	case c.DeviceMTU != 0 && (c.DeviceMTU < minDeviceMTU || c.DeviceMTU > maxDeviceMTU):
		return c, fmt.Errorf("tun: DeviceMTU is %d, want %d to %d", c.DeviceMTU, minDeviceMTU, maxDeviceMTU)
	case c.DeviceMTU == 0 && (tooNarrow(c.Up.MTU) || tooNarrow(c.Down.MTU)):
		return c, fmt.Errorf("tun: the link's MTU is less than the %d bytes that IP needs (RFC 791)", minDeviceMTU)
	}
	return c, checkChanges(c.Changes)
}

func tooNarrow(mtu int) bool { return mtu != 0 && mtu < minDeviceMTU }

func checkChanges(changes []Change) error {
	var last time.Duration
	for i, change := range changes {
		if change.At < last {
			return fmt.Errorf("tun: change %d is at %v, before the one at %v, or before the start", i, change.At, last)
		}
		last = change.At
		for _, cfg := range []*link.Config{change.Up, change.Down} {
			if cfg == nil {
				continue
			}
			if err := cfg.Validate(); err != nil {
				return fmt.Errorf("tun: change %d, at %v: %w", i, change.At, err)
			}
		}
	}
	return nil
}

// deviceMTU returns the MTU of the device that sends into l.
func (c *Config) deviceMTU(l *link.Config) int {
	switch {
	case c.DeviceMTU != 0:
		return c.DeviceMTU
	case l.MTU != 0:
		return min(l.MTU, maxDeviceMTU)
	}
	return defaultMTU
}
