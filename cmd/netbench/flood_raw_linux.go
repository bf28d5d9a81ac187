package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/reckon-engine/reckon/netcode"
)

// Sizes and places in a spoofed packet.
const (
	ipHeaderBytes  = 20
	udpHeaderBytes = 8
	floodBytes     = 1200 // of UDP payload, as docs/PROTOCOL.md wants of a first packet

	clientIDAt, clientIDBytes = 4, 8 // in a handshake datagram: section 6.1
	cookieBytes               = 20   // after it, in an Initiate
)

// A flooder sends packets whose source is anybody.
type flooder struct {
	*child
	fd      int
	sent    uint64
	packets [batchSize][ipHeaderBytes + udpHeaderBytes + floodBytes]byte
	vectors [batchSize]unix.Iovec
	headers [batchSize]unix.Mmsghdr
	name    unix.RawSockaddrInet4
	random  *rand.ChaCha8
	counted uint64 // sent before begin
}

// flood is the process flood-raw.
func (c *child) flood() error {
	server, err := netip.ParseAddrPort(c.server)
	if err != nil {
		return err
	}
	f := &flooder{child: c, random: rand.NewChaCha8([32]byte{1})}
	if f.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW); err != nil {
		return fmt.Errorf("a raw socket, which needs root: %w", os.NewSyscallError("socket", err))
	}
	defer unix.Close(f.fd)
	if err := f.prepare(server); err != nil {
		return err
	}
	c.say(report{})
	return f.run()
}

// prepare makes packets that lack what differs.
func (f *flooder) prepare(server netip.AddrPort) error {
	var key [32]byte
	if _, err := hex.Decode(key[:], []byte(f.key)); err != nil {
		return err
	}
	hello, initiate, err := firstDatagrams(key, netcode.Path{Remote: server})
	if err != nil {
		return err
	}
	setName(&f.name, server.Addr().As4(), server.Port())
	for i := range f.packets {
		p := f.packets[i][:]
		p[0], p[8], p[9] = 0x45, 64, unix.IPPROTO_UDP
		binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
		copy(p[16:], server.Addr().AsSlice())
		udp := p[ipHeaderBytes:] // without a checksum, which IPv4 allows
		binary.BigEndian.PutUint16(udp[2:], server.Port())
		binary.BigEndian.PutUint16(udp[4:], udpHeaderBytes+floodBytes)
		switch payload := udp[udpHeaderBytes:]; f.kind {
		case "hello":
			copy(payload, hello)
		case "initiate":
			copy(payload, initiate)
		}
		f.vectors[i] = unix.Iovec{Base: &p[0], Len: uint64(len(p))}
		f.headers[i].Hdr = unix.Msghdr{
			Name: (*byte)(unsafe.Pointer(&f.name)), Namelen: unix.SizeofSockaddrInet4, Iov: &f.vectors[i], Iovlen: 1,
		}
	}
	return nil
}

// disguise makes n packets those of other strangers.
func (f *flooder) disguise(n int) {
	for i := range n {
		p := f.packets[i][:]
		binary.BigEndian.PutUint32(p[12:], 127<<24|uint32(f.random.Uint64())&0xffffff)
		binary.BigEndian.PutUint16(p[ipHeaderBytes:], 1024+uint16(f.random.Uint64())%60_000)
		payload := p[ipHeaderBytes+udpHeaderBytes:]
		switch f.kind {
		case "garbage":
			f.random.Read(payload[:64])
		case "initiate":
			f.random.Read(payload[clientIDAt : clientIDAt+clientIDBytes+cookieBytes])
		default:
			f.random.Read(payload[clientIDAt : clientIDAt+clientIDBytes])
		}
	}
}

// run floods from go to end. It is bounded: whoever measures may be gone.
func (f *flooder) run() error {
	for word := range f.told {
		switch word {
		case sayStop:
			return nil
		case sayGo:
			f.spray()
			return nil
		}
	}
	return nil
}

// spray sends f.rate packets a second until it is told to end. What it could
// not send in time it does not make up for.
func (f *flooder) spray() {
	begun, cpu := time.Now(), processTime()
	due, last := 0.0, begun
	for {
		for len(f.told) > 0 {
			switch <-f.told {
			case sayBegin:
				begun, cpu, f.counted = time.Now(), processTime(), f.sent
			case sayEnd:
				f.say(report{Packets: f.sent - f.counted, Wall: time.Since(begun).Seconds(), CPU: (processTime() - cpu).Seconds()})
				return
			case sayStop:
				return
			}
		}
		now := time.Now()
		due = min(due+now.Sub(last).Seconds()*float64(f.rate), float64(f.rate)/50)
		last = now
		if due < batchSize && due < float64(f.rate)/1000 {
			sleepUntil(now.Add(200 * time.Microsecond))
			continue
		}
		n := max(1, min(batchSize, int(due)))
		f.disguise(n)
		sendAll(f.fd, f.headers[:n])
		due -= float64(n)
		f.sent += uint64(n)
	}
}
