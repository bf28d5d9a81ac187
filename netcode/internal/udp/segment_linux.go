package udp

import (
	"net/netip"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxTrain is how many datagrams the kernel takes as one (UDP_MAX_SEGMENTS
	// in include/linux/udp.h; since 6.9 it is 128).
	maxTrain = 64

	// maxTrainBytes is the largest UDP payload that IPv4 can say, and so the
	// most that a train can have before it is cut (ip_append_data).
	maxTrainBytes = 65535 - 20 - 8

	// maxRefusals is how many trains in a row the kernel may refuse before no
	// more are tried. EIO says that the device can never do it
	// (udp_send_skb); EINVAL may be a virtual device's way to say the same
	// (quinn-rs/quinn#1637), or speak of one route.
	maxRefusals = 3
)

// segmentControlLen is the room for the size of a train's datagrams.
var segmentControlLen = unix.CmsgSpace(2)

// A train is what was queued last, as long as others may join it: datagrams
// of one size, to one peer, from one address, one after the other, of which
// the last may be shorter. The kernel takes them as one message, and cuts it
// below everything that costs time (generic segmentation offload,
// UDP_SEGMENT). A burst to one peer costs a third; where each peer gets one
// datagram, nothing is a train. See docs/BENCHMARKS.md.
type train struct {
	remote netip.AddrPort
	local  netip.Addr
	size   int // of each datagram but the last
	bytes  int
	count  int // of datagrams
	closed bool
}

// takes reports whether a datagram may join. The zero train takes none.
func (t *train) takes(remote netip.AddrPort, local netip.Addr, size int) bool {
	return !t.closed && size <= t.size && size > 0 && t.count < maxTrain &&
		t.bytes+size <= maxTrainBytes && remote == t.remote && local == t.local
}

// join adds the datagram in the next buffer to the train that ends in the
// buffer before it.
func (s *sender) join(size int) {
	h := &s.headers[s.messages-1].Hdr
	if s.train.count == 1 {
		control := s.control.piece(s.queued - 1)
		source := int(h.Controllen)
		setSegment(control[source:], s.train.size)
		h.SetControllen(source + segmentControlLen)
	}
	s.train.count++
	s.train.bytes += size
	s.train.closed = size < s.train.size
	h.SetIovlen(s.train.count)
}

// setSegment writes the control message that cuts a train.
func setSegment(control []byte, size int) {
	header := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	header.Level, header.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	header.SetLen(unix.CmsgLen(2))
	*(*uint16)(unsafe.Pointer(&control[unix.CmsgLen(0)])) = uint16(size)
}

// refuseTrain makes single datagrams of everything from message next on,
// because the kernel did not take the train there.
func (s *sender) refuseTrain(next int, errno unix.Errno) {
	s.counts.TrainsRefused++
	s.refusals++
	if errno == unix.EIO || s.refusals >= maxRefusals {
		s.segments = false
	}
	end := next + s.datagramsFrom(next)
	at := end
	// From behind: a message never moves before its place.
	for i := s.messages - 1; i >= next; i-- {
		h := s.headers[i].Hdr
		vectors := vectorsOf(&h)
		if len(vectors) > 1 {
			h.SetControllen(int(h.Controllen) - segmentControlLen)
			h.SetIovlen(1)
		}
		for k := len(vectors) - 1; k >= 0; k-- {
			at--
			h.Iov = &vectors[k]
			s.headers[at].Hdr = h
		}
	}
	s.messages = end
}

// datagramsFrom counts the datagrams in the messages from next on.
func (s *sender) datagramsFrom(next int) (n int) {
	for i := next; i < s.messages; i++ {
		n += int(s.headers[i].Hdr.Iovlen)
	}
	return n
}

// vectorsOf returns the datagrams of a message.
func vectorsOf(h *unix.Msghdr) []unix.Iovec { return unsafe.Slice(h.Iov, int(h.Iovlen)) }

// canSegment reports whether the kernel cuts trains, and can be trusted with
// it. Whether a device can only shows when it is asked.
func canSegment(fd uintptr) bool {
	if _, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT); err != nil {
		return false
	}
	var name unix.Utsname
	return unix.Uname(&name) == nil && segmentsSoundly(unix.ByteSliceToString(name.Release[:]))
}

// segmentsSoundly knows the kernels that do not. Before 5.0 some take the
// option and fail (RHEL 8's 4.18: quic-go/quic-go#4394). From 7.0 to 7.1.4
// some devices mangle the headers of trains whose last datagram is as long as
// the others (tailscale/tailscale#19918).
func segmentsSoundly(release string) bool {
	var version [3]int
	for i, text := range strings.SplitN(release, ".", 3) {
		digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			text = text[:digits]
		}
		version[i], _ = strconv.Atoi(text)
	}
	major, minor, patch := version[0], version[1], version[2]
	switch {
	case major < 5:
		return false
	case major == 7 && (minor == 0 || minor == 1 && patch < 5):
		return false
	}
	return true
}
