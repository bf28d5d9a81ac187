package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Listen opens a UDP socket on address, "host:port". An empty host or "::"
// means every address of both families (of IPv4 alone where the system has no
// IPv6); "0.0.0.0" means every IPv4 address; port 0 lets the system choose.
func Listen(address string, opt Options) (*Socket, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	conn, err := bind(address, beforeBind)
	if err != nil {
		return nil, err
	}
	s := newSocket(conn, opt)
	s.carrier, err = newCarrier(conn, s.local.Addr(), opt)
	if err != nil {
		conn.Close()
		return nil, listenError(address, err)
	}
	return s, nil
}

// bind opens a UDP socket. Before it has its address, set may change it.
func bind(address string, set func(network, address string, raw syscall.RawConn) error) (*net.UDPConn, error) {
	network, err := networkOf(address)
	if err != nil {
		return nil, listenError(address, err)
	}
	config := net.ListenConfig{Control: set}
	conn, err := config.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, listenError(address, err)
	}
	return conn.(*net.UDPConn), nil
}

// newSocket sets the options of a bound socket. It has no carrier yet.
func newSocket(conn *net.UDPConn, opt Options) *Socket {
	s := &Socket{local: unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort())}
	s.receiveBuffer, s.sendBuffer = setBuffers(conn, opt)
	s.marks = setMarks(conn, s.local.Addr(), opt.trafficClass())
	return s
}

// networkOf returns the network for net.ListenPacket. "udp" is dual-stack
// for an unspecified host and follows the family of any other, but it takes
// 0.0.0.0 for both families, too, which is not what someone means by it.
func networkOf(address string) (string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
		return "udp4", nil
	}
	return "udp", nil
}

// listenError makes one clear line of the nested errors of package net:
// "netcode: listen 127.0.0.1:7777: address already in use".
func listenError(address string, err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return fmt.Errorf("netcode: listen %s: %w", address, errno)
	}
	var addrErr *net.AddrError
	if errors.As(err, &addrErr) {
		return fmt.Errorf("netcode: listen %s: %s", address, addrErr.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("netcode: listen %s: %w", address, err)
}

// setBuffers asks for the buffer sizes and returns what the system gave, or
// zero where it does not say. Linux clamps a size beyond its limit; others
// refuse it, so smaller ones are tried.
func setBuffers(conn *net.UDPConn, opt Options) (receive, send int) {
	for size := opt.ReceiveBufferBytes; conn.SetReadBuffer(size) != nil && size > 64<<10; size /= 2 {
	}
	for size := opt.SendBufferBytes; conn.SetWriteBuffer(size) != nil && size > 64<<10; size /= 2 {
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0
	}
	if opt.ForceBuffers {
		forceBuffers(raw, opt)
	}
	return bufferSizes(raw)
}

// setMarks asks for a traffic class and reports whether every family the
// socket may send in will have it. A socket bound to one address uses the
// option of that address's family; one bound to all of them needs both.
func setMarks(conn *net.UDPConn, bound netip.Addr, class int) bool {
	if class == 0 {
		return true
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	set4, set6 := setTrafficClass(raw, class)
	switch {
	case bound.Is4():
		return set4
	case bound.IsUnspecified():
		return set4 && set6
	}
	return set6
}

// unmap returns a with an IPv4-mapped address made plain IPv4.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
