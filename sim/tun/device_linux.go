package tun

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	deviceName = "netsim0"

	// deviceQueue is how many packets a device holds for us to read, in
	// packets. TCP sends what its window allows at once: the default of 500
	// would lose them before the link sees them. 16,384 full packets are 24 MB,
	// four times what tcp_rmem lets a receiver offer by default.
	deviceQueue = 16384
)

// openDevice makes the TUN device of the namespace of the calling thread and
// returns its descriptor, which does not block.
func openDevice(side Side, mtu int, congestion string) (fd int, err error) {
	fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("/dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(deviceName)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = os.NewSyscallError("TUNSETIFF", unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	}
	if err == nil {
		err = configure(side, mtu, congestion)
	}
	if err != nil {
		_ = unix.Close(fd) // the error that counts is the first
		return -1, err
	}
	return fd, nil
}

// configure sets up the loopback and the TUN device of the namespace of the
// calling thread.
func configure(side Side, mtu int, congestion string) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(socket)
	address := side.Addr().As4()
	for _, step := range []struct {
		name    string
		device  string
		request uint
		set     func(*unix.Ifreq) error
	}{
		{"loopback up", "lo", unix.SIOCSIFFLAGS, flags(unix.IFF_UP)},
		{"MTU", deviceName, unix.SIOCSIFMTU, number(uint32(mtu))},
		{"address", deviceName, unix.SIOCSIFADDR, inet4(address)},
		{"netmask", deviceName, unix.SIOCSIFNETMASK, inet4([4]byte{255, 255, 255, 0})},
		// NOARP: without it the kernel reports multicast groups that serve
		// neighbour discovery.
		{"up", deviceName, unix.SIOCSIFFLAGS, flags(unix.IFF_UP | unix.IFF_RUNNING | unix.IFF_NOARP | unix.IFF_MULTICAST)},
	} {
		r, err := unix.NewIfreq(step.device)
		if err == nil {
			err = step.set(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(socket, step.request, r)
		}
		if err != nil {
			return fmt.Errorf("device %s, %s: %w", step.device, step.name, err)
		}
	}
	r, err := unix.NewIfreq(deviceName)
	if err == nil {
		err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, r)
	}
	if err != nil {
		return fmt.Errorf("device %s, index: %w", deviceName, err)
	}
	if err := setQueue(r.Uint32()); err != nil {
		return err
	}
	return route(r.Uint32(), side, mtu, congestion)
}

// route does what needs netlink: the IPv6 address and the congestion control.
func route(device uint32, side Side, mtu int, congestion string) error {
	peers := []netip.Addr{(1 - side).Addr()}
	if mtu >= minMTU6 && has6() {
		peers = append(peers, (1 - side).Addr6())
		if err := address6(device, side.Addr6()); err != nil {
			return err
		}
	}
	for _, peer := range peers {
		if congestion == "" {
			break
		}
		if err := setCongestion(device, congestion, peer); err != nil {
			return err
		}
	}
	return nil
}

func flags(f uint16) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error { r.SetUint16(f); return nil }
}

func number(n uint32) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error { r.SetUint32(n); return nil }
}

func inet4(a [4]byte) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error { return r.SetInet4Addr(a[:]) }
}

// has6 reports whether the namespace of the calling thread knows IPv6.
func has6() bool {
	_, err := os.Stat("/proc/sys/net/ipv6/conf/default")
	return err == nil
}

// quieten switches off what the kernel would say by itself on new devices of
// the namespace of the calling thread: link-local addresses and what comes
// with them, duplicate address detection, router solicitations.
func quieten() error {
	if !has6() {
		return nil
	}
	for _, setting := range []struct{ name, value string }{
		{"addr_gen_mode", "1"}, // IN6_ADDR_GEN_MODE_NONE
		{"accept_ra", "0"},
		{"router_solicitations", "0"},
		{"accept_dad", "0"},
		{"dad_transmits", "0"},
	} {
		if err := setSystem("net/ipv6/conf/default/"+setting.name, setting.value); err != nil {
			return err
		}
	}
	return nil
}

// setSystem writes a setting of the namespace of the calling thread.
func setSystem(name, value string) error {
	return os.WriteFile("/proc/sys/"+name, []byte(value), 0o644)
}

// transmitDrops returns how many packets the device dropped because we did not
// read them in time, from the text of /proc/net/dev. It is 0 if there is no
// device.
func transmitDrops(text string) uint64 {
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || name != deviceName {
			continue
		}
		// Eight columns of receiving, then bytes, packets, errors, drops.
		if columns := strings.Fields(rest); len(columns) > 11 {
			var n uint64
			if _, err := fmt.Sscan(columns[11], &n); err == nil {
				return n
			}
		}
	}
	return 0
}
