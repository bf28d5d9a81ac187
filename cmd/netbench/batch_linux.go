package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many datagrams one system call moves, as in netcode.
const batchSize = 64

// datagramBytes is the largest datagram of the load.
const datagramBytes = 2048

// A batchSocket moves datagrams with recvmmsg and sendmmsg from and to
// preallocated memory, and does nothing else: IPv4, no control messages but,
// where wanted, the local address.
type batchSocket struct {
	fd    int
	local netip.AddrPort

	in, out     []unix.Mmsghdr
	inNames     [batchSize]unix.RawSockaddrInet4
	inData      [batchSize][datagramBytes]byte
	outNames    [batchSize]unix.RawSockaddrInet4
	outData     [batchSize][datagramBytes]byte
	inControl   [batchSize][controlBytes]byte
	outControl  [batchSize][controlBytes]byte
	vectors     [2 * batchSize]unix.Iovec
	queued      int
	withAddress bool
}

// controlBytes holds an in_pktinfo with its header.
const controlBytes = 32

// openBatch binds a socket. With withAddress it tells which local address a
// datagram came to, and chooses which it goes from.
func openBatch(bind netip.AddrPort, withAddress bool) (*batchSocket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	const buffer = 4 << 20
	for _, option := range []int{unix.SO_RCVBUF, unix.SO_SNDBUF, unix.SO_RCVBUFFORCE, unix.SO_SNDBUFFORCE} {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, buffer) // what it gives is enough or shows in delivered
	}
	if withAddress {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(bind.Port()), Addr: bind.Addr().As4()})
	}
	var name unix.Sockaddr
	if err == nil {
		name, err = unix.Getsockname(fd)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("socket: %w", err)
	}
	s := &batchSocket{fd: fd, withAddress: withAddress}
	inet4 := name.(*unix.SockaddrInet4)
	s.local = netip.AddrPortFrom(netip.AddrFrom4(inet4.Addr), uint16(inet4.Port))
	s.in, s.out = make([]unix.Mmsghdr, batchSize), make([]unix.Mmsghdr, batchSize)
	for i := range batchSize {
		s.vectors[i] = unix.Iovec{Base: &s.inData[i][0], Len: datagramBytes}
		s.vectors[batchSize+i] = unix.Iovec{Base: &s.outData[i][0]}
		s.in[i].Hdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&s.inNames[i])), Iov: &s.vectors[i], Iovlen: 1}
		s.out[i].Hdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&s.outNames[i])), Iov: &s.vectors[batchSize+i], Iovlen: 1}
	}
	return s, nil
}

func (s *batchSocket) close() { unix.Close(s.fd) }

// receive takes what waits, at most a batch.
func (s *batchSocket) receive() (n int) {
	for i := range s.in {
		h := &s.in[i].Hdr
		h.Namelen = unix.SizeofSockaddrInet4
		if s.withAddress {
			h.Control, h.Controllen = &s.inControl[i][0], controlBytes
		}
	}
	r, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.in[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(r)
}

// data returns the datagram i of the last receive.
func (s *batchSocket) data(i int) []byte { return s.inData[i][:s.in[i].Len] }

// client returns the number of the client whose address datagram i came to.
func (s *batchSocket) client(i int) int {
	info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&s.inControl[i][unix.SizeofCmsghdr]))
	return clientOf(info.Addr)
}

// queue sends data to a port of loopback: from the address of a client where
// the socket is withAddress.
func (s *batchSocket) queue(to netip.AddrPort, client int, data []byte) {
	i := s.queued
	h := &s.out[i].Hdr
	setName(&s.outNames[i], to.Addr().As4(), to.Port())
	h.Namelen = unix.SizeofSockaddrInet4
	if s.withAddress {
		h.Control, h.Controllen = &s.outControl[i][0], controlBytes
		c := (*unix.Cmsghdr)(unsafe.Pointer(h.Control))
		c.Level, c.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		c.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
		info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&s.outControl[i][unix.SizeofCmsghdr]))
		info.Spec_dst = addressOf(client)
	}
	s.vectors[batchSize+i].SetLen(copy(s.outData[i][:], data))
	if s.queued++; s.queued == batchSize {
		s.flush()
	}
}

// flush sends what is queued; what the kernel does not take is lost.
func (s *batchSocket) flush() {
	sendAll(s.fd, s.out[:s.queued])
	s.queued = 0
}

// sendAll sends headers in batches.
func sendAll(fd int, headers []unix.Mmsghdr) {
	for len(headers) > 0 {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&headers[0])), uintptr(min(len(headers), batchSize)), 0, 0, 0)
		switch {
		case errno == unix.EAGAIN || errno == unix.EINTR:
		case errno != 0:
			headers = headers[1:]
		default:
			headers = headers[n:]
		}
	}
}

func setName(name *unix.RawSockaddrInet4, address [4]byte, port uint16) {
	name.Family, name.Addr = unix.AF_INET, address
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], port)
}

// addressOf returns the address of a client: 127.1.0.1 and on. All of
// 127.0.0.0/8 is this machine.
func addressOf(client int) [4]byte {
	return [4]byte{127, 1, byte((client + 1) >> 8), byte(client + 1)}
}

// clientOf is its inverse.
func clientOf(address [4]byte) int { return int(address[2])<<8 + int(address[3]) - 1 }
