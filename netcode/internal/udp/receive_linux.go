package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const sizeofTimespec = int(unsafe.Sizeof(unix.Timespec{}))

// receiveControlLen holds the control messages asked for in beforeBind: a
// timestamp, an in6_pktinfo (the larger one), a drop count and a traffic
// class.
var receiveControlLen = unix.CmsgSpace(sizeofTimespec) +
	unix.CmsgSpace(unix.SizeofInet6Pktinfo) + unix.CmsgSpace(4) + unix.CmsgSpace(4)

const ecnBits = 3 // of the traffic class (RFC 3168, section 5)

// maxPendingErrors bounds how many errors of earlier sends one receive clears
// away before it gives up until the next.
const maxPendingErrors = 16

// A receiver is the receiving half of an mmsg.
type receiver struct {
	raw   syscall.RawConn
	bound netip.Addr // the socket's address, when it has only one

	names   []unix.RawSockaddrInet6
	payload slab
	control slab
	headers []unix.Mmsghdr
	batch   []Datagram
	used    int // headers the kernel wrote to last time

	// emptied is when the socket was last seen empty: what is received later
	// cannot have arrived before.
	emptied time.Time

	zone   zoneCache
	counts Stats

	call  func(fd uintptr) bool // recvmmsg into headers; sets n and errno
	n     int
	errno unix.Errno
}

func (r *receiver) init(raw syscall.RawConn, bound netip.Addr, opt Options) {
	r.raw = raw
	if !bound.IsUnspecified() {
		r.bound = answerable(bound.WithZone(""))
	}
	r.names = make([]unix.RawSockaddrInet6, opt.Batch)
	r.payload = newSlab(opt.Batch, opt.MaxDatagram)
	r.control = newSlab(opt.Batch, receiveControlLen)
	r.headers, _ = newHeaders(r.names, r.payload, r.control)
	r.batch = make([]Datagram, 0, opt.Batch)
	r.emptied = time.Now()
	r.call = func(fd uintptr) bool {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd,
			uintptr(unsafe.Pointer(&r.headers[0])), uintptr(len(r.headers)), unix.MSG_DONTWAIT, 0, 0)
		r.n, r.errno = int(n), errno
		return true
	}
}

// receive implements carrier.
func (r *receiver) receive() (batch []Datagram, more bool, err error) {
	for range maxPendingErrors {
		for i := range r.headers[:r.used] {
			r.headers[i].Hdr.Namelen = unix.SizeofSockaddrInet6
			r.headers[i].Hdr.SetControllen(r.control.size)
		}
		r.used = 0
		now := time.Now()
		if r.raw.Read(r.call) != nil {
			return nil, false, net.ErrClosed
		}
		r.counts.ReceiveCalls++
		switch r.errno {
		case 0:
			r.used = r.n
			batch = r.collect(now)
			if r.n < len(r.headers) {
				r.emptied = now
				return batch, false, nil
			}
			return batch, true, nil
		case unix.EAGAIN:
			r.emptied = now
			return nil, false, nil
		case unix.EINTR:
		default:
			// The network's answer to something sent earlier. Which, it does
			// not say; the protocol finds out by itself.
			r.counts.ReceiveErrors++
		}
	}
	return nil, true, nil
}

// collect makes Datagrams of what the kernel wrote. Now is the time just
// before it was asked.
func (r *receiver) collect(now time.Time) []Datagram {
	r.batch = r.batch[:0]
	for i := range r.headers[:r.n] {
		h := &r.headers[i]
		d := Datagram{Local: r.bound, At: now}
		r.readControl(&d, h, i, now)
		if h.Hdr.Flags&unix.MSG_TRUNC != 0 {
			r.counts.Truncated++
			continue
		}
		d.Remote = addrPortOf(&r.names[i], &r.zone)
		if !d.Remote.IsValid() {
			r.counts.ReceiveErrors++
			continue
		}
		d.Data = r.payload.piece(i)[:h.Len]
		r.counts.DatagramsIn++
		r.counts.BytesIn += uint64(h.Len)
		r.batch = append(r.batch, d)
	}
	return r.batch
}

// readControl fills in what the control messages of header i tell. The kernel
// cuts short what does not fit, down to nothing.
func (r *receiver) readControl(d *Datagram, h *unix.Mmsghdr, i int, now time.Time) {
	rest := r.control.piece(i)[:h.Hdr.Controllen]
	for len(rest) >= unix.SizeofCmsghdr {
		header := (*unix.Cmsghdr)(unsafe.Pointer(&rest[0]))
		length := int(header.Len)
		if length < controlData || length > len(rest) {
			return
		}
		r.readMessage(d, header, rest[controlData:length], now)
		rest = rest[min(unix.CmsgSpace(length-controlData), len(rest)):]
	}
}

// controlData is where the data of a control message begin.
var controlData = unix.CmsgLen(0)

// readMessage fills in what one control message tells.
func (r *receiver) readMessage(d *Datagram, header *unix.Cmsghdr, data []byte, now time.Time) {
	switch {
	case isControl(header, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS) && len(data) >= sizeofTimespec:
		stamp := (*unix.Timespec)(unsafe.Pointer(&data[0]))
		d.At = r.arrival(now, time.Duration(now.UnixNano()-stamp.Nano()))
	case isControl(header, unix.SOL_SOCKET, unix.SO_RXQ_OVFL) && len(data) >= 4:
		// A running 32-bit total; wraps, so differences are added.
		total := binary.NativeEndian.Uint32(data)
		r.counts.Overflowed += uint64(total - uint32(r.counts.Overflowed))
	case isControl(header, unix.IPPROTO_IP, unix.IP_TOS) && len(data) >= 1:
		d.ECN = data[0] & ecnBits
	case isControl(header, unix.IPPROTO_IPV6, unix.IPV6_TCLASS) && len(data) >= 4:
		d.ECN = uint8(binary.NativeEndian.Uint32(data)) & ecnBits
	case isControl(header, unix.IPPROTO_IP, unix.IP_PKTINFO) && len(data) >= unix.SizeofInet4Pktinfo:
		info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&data[0]))
		d.Local = answerable(netip.AddrFrom4(info.Addr))
	case isControl(header, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO) && len(data) >= unix.SizeofInet6Pktinfo:
		info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0]))
		d.Local = answerable(netip.AddrFrom16(info.Addr).Unmap())
	}
}

func isControl(h *unix.Cmsghdr, level, kind int32) bool {
	return h.Level == level && h.Type == kind
}

// arrival converts the age of a kernel timestamp, which is of the wall clock,
// to the monotonic clock. Someone may have set the wall clock in between; the
// result is clamped to what is possible: not after now, and not before the
// socket was last seen empty.
func (r *receiver) arrival(now time.Time, age time.Duration) time.Time {
	oldest := now.Sub(r.emptied)
	return now.Add(-max(0, min(age, oldest)))
}

// answerable returns a, or nothing when nobody can send from it.
func answerable(a netip.Addr) netip.Addr {
	if a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}
	}
	return a
}
