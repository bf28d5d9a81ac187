package udp

import (
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// sendPatience is how long one Flush waits, in total, for room in a full
	// send buffer: an eighth of a 60 Hz tick, in which a 1 Gbit/s card takes
	// a quarter of the default buffer.
	sendPatience = 2 * time.Millisecond

	// sendAttempts bounds the calls made for one datagram.
	sendAttempts = 4
)

// A sender is the sending half of an mmsg. Queued datagrams are copied to its
// buffers, so that the caller's are free at once. A message is one datagram
// or a train of them; its name and control are those of its first buffer.
type sender struct {
	raw      syscall.RawConn
	bound    netip.Addr // the socket's address, when it has only one
	inet6    bool
	names    []unix.RawSockaddrInet6
	payload  slab
	control  slab
	headers  []unix.Mmsghdr
	vectors  []unix.Iovec
	queued   int // datagrams, in as many buffers
	messages int // headers that hold them

	segments bool // the kernel cuts trains
	train    train
	refusals int // trains refused since one was taken

	patience time.Duration // what is left of sendPatience in this Flush
	counts   Stats

	call     func(fd uintptr) bool // sendQueued
	sendmmsg func(fd uintptr, headers []unix.Mmsghdr) (int, unix.Errno)
	writable func(fd uintptr, patience time.Duration) bool
}

func (s *sender) init(raw syscall.RawConn, bound netip.Addr, inet6 bool, opt Options) {
	s.raw, s.inet6 = raw, inet6
	if !bound.IsUnspecified() {
		s.bound = bound
	}
	s.names = make([]unix.RawSockaddrInet6, opt.Batch)
	s.payload = newSlab(opt.Batch, opt.MaxDatagram)
	s.control = newSlab(opt.Batch, unix.CmsgSpace(unix.SizeofInet6Pktinfo)+segmentControlLen)
	s.headers, s.vectors = newHeaders(s.names, s.payload, s.control)
	s.patience = sendPatience
	s.call = s.sendQueued
	s.sendmmsg, s.writable = sendmmsg, writable
}

// queue implements carrier.
func (s *sender) queue(remote netip.AddrPort, local netip.Addr, data []byte) {
	if len(data) > s.payload.size {
		s.counts.TooLarge++
		return
	}
	switch {
	case s.train.takes(remote, local, len(data)):
		s.join(len(data))
	case !s.begin(remote, local):
		s.counts.Unroutable++
		s.train.closed = true
		return
	case s.segments:
		s.train = train{remote: remote, local: local, size: len(data), bytes: len(data), count: 1}
	}
	s.vectors[s.queued].SetLen(copy(s.payload.piece(s.queued), data))
	s.queued++
	if s.queued == len(s.headers) {
		s.sendBatch()
	}
}

// begin makes a message of the next buffer. It reports false if this socket
// cannot reach remote.
func (s *sender) begin(remote netip.AddrPort, local netip.Addr) bool {
	i := s.queued
	h := &s.headers[s.messages].Hdr
	h.Namelen = setName(&s.names[i], remote, s.inet6)
	if h.Namelen == 0 {
		return false
	}
	h.Name = nameBytes(&s.names[i])
	h.Control = &s.control.piece(i)[0]
	h.SetControllen(0)
	if local.IsValid() && !s.bound.IsValid() && !local.IsUnspecified() {
		h.SetControllen(setSource(s.control.piece(i), local, s.inet6))
	}
	h.Iov = &s.vectors[i]
	h.SetIovlen(1)
	s.messages++
	return true
}

// flush implements carrier.
func (s *sender) flush() {
	s.sendBatch()
	s.patience = sendPatience
}

// sendBatch sends what is queued. If the socket is closed, the batch goes
// with it.
func (s *sender) sendBatch() {
	if s.queued > 0 {
		_ = s.raw.Write(s.call)
		s.queued, s.messages = 0, 0
		s.train = train{}
	}
}

// sendQueued sends headers[:messages]. The kernel stops at a datagram it cannot
// send and says why only when that one comes first; it is mended or skipped,
// and the rest goes on. It returns true: RawConn.Write is not to wait.
func (s *sender) sendQueued(fd uintptr) bool {
	attempts := 0 // at the datagram that is next
	moved := false
	for next := 0; next < s.messages; {
		n, errno := s.sendmmsg(fd, s.headers[next:s.messages])
		s.counts.SendCalls++
		attempts++
		if errno == 0 && n > 0 {
			if moved {
				s.counts.SourceMoved++
			}
			s.countSent(next, n)
			next, attempts, moved = next+n, 0, false
			continue
		}
		h := &s.headers[next].Hdr
		switch {
		case errno == unix.EAGAIN:
			if !s.awaitRoom(fd) {
				s.counts.SendFull += uint64(s.datagramsFrom(next))
				return true
			}
			attempts = 0 // bounded by patience
		case attempts < sendAttempts && passing(errno):
		case h.Iovlen > 1:
			s.refuseTrain(next, errno)
			attempts = 0
		case h.Controllen > 0 && sourceGone(errno):
			h.SetControllen(0)
			moved = true
		default:
			s.counts.countFailed(failureOf(errno))
			next, attempts, moved = next+1, 0, false
		}
	}
	return true
}

// awaitRoom waits for room in the send buffer, within what is left of the
// Flush's patience.
func (s *sender) awaitRoom(fd uintptr) bool {
	if s.patience <= 0 {
		return false
	}
	start := time.Now()
	ok := s.writable(fd, s.patience)
	// Each attempt costs something, so that a socket that says "writable"
	// and "full" by turns cannot hold us.
	s.patience -= max(time.Since(start), sendPatience/16)
	return ok
}

// passing reports whether the same datagram may succeed at once: the call was
// interrupted, or reported the fate of an earlier datagram (which Linux does
// only to sockets that ask for it).
func passing(errno unix.Errno) bool {
	return errno == unix.EINTR || errno == unix.ECONNREFUSED
}

// sourceGone reports whether errno may mean that the source address asked for
// is not ours (any more), as after a change from Wi-Fi to mobile. The datagram
// then goes out from whatever address the route has: the protocol knows a
// connection by its ID and keys, not by its address.
func sourceGone(errno unix.Errno) bool {
	return errno == unix.EINVAL || errno == unix.EADDRNOTAVAIL || errno == unix.ENETUNREACH || errno == unix.EHOSTUNREACH
}

func (s *sender) countSent(first, n int) {
	for i := range s.headers[first : first+n] {
		vectors := vectorsOf(&s.headers[first+i].Hdr)
		for k := range vectors {
			s.counts.BytesOut += uint64(vectors[k].Len)
		}
		s.counts.DatagramsOut += uint64(len(vectors))
		if len(vectors) > 1 {
			s.counts.Trains++
			s.counts.InTrains += uint64(len(vectors))
			s.refusals = 0
		}
	}
}

// sendmmsg sends as many of headers as it can and returns how many, or why
// the first could not be sent.
func sendmmsg(fd uintptr, headers []unix.Mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd,
		uintptr(unsafe.Pointer(&headers[0])), uintptr(len(headers)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// writable waits until fd has room for datagrams, or until patience ends.
func writable(fd uintptr, patience time.Duration) bool {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	timeout := unix.NsecToTimespec(patience.Nanoseconds())
	n, err := unix.Ppoll(fds[:], &timeout, nil)
	return err == unix.EINTR || n > 0
}
