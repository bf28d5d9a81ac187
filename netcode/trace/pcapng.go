package trace

import (
	"encoding/binary"
	"io"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// CaptureOptions configures a Capture. The zero value is ready to use.
type CaptureOptions struct {
	// Local is the address of the socket, for the headers of the datagrams.
	// What of it is missing becomes 0, unless a Path tells the address; see
	// SetLocal.
	Local netip.AddrPort

	// Keys writes the secrets of every connection into the capture, so that
	// the one file can be read in Wireshark: by everybody who gets it.
	Keys bool

	// MaxBytes bounds the capture. If zero, 1 GiB; if negative, nothing does.
	MaxBytes int64

	// Wait makes the Core wait for the writer where records would be lost
	// otherwise: for tests and tools, in which time does not matter.
	Wait bool
}

// defaultMaxBytes is an evening of a full server, and what Wireshark still
// opens.
const defaultMaxBytes = 1 << 30

// A Capture is a Tracer that writes datagrams as a capture in the format
// pcapng (draft-ietf-opsawg-pcapng), in IP and UDP headers of its own making.
type Capture struct {
	*sink
	keys  bool
	local map[uint16]netip.AddrPort // by Path.Carrier; guarded by the sink's mutex
	last  time.Time                 // of the newest record
	held  held
	holds atomic.Bool // held is to be written
}

var _ netcode.KeyTracer = (*Capture)(nil)

// NewCapture returns a Capture that writes to w, which only its goroutine
// uses, until Close.
func NewCapture(w io.Writer, opt CaptureOptions) *Capture {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = defaultMaxBytes
	}
	c := &Capture{
		sink: newSink(w, opt.Wait, max(opt.MaxBytes, 0)), keys: opt.Keys,
		local: map[uint16]netip.AddrPort{0: opt.Local},
	}
	c.buf = appendSection(c.buf)
	c.taken = int64(len(c.buf))
	return c
}

// SetLocal says which address the socket of a carrier has, once it is known.
func (c *Capture) SetLocal(carrier uint16, local netip.AddrPort) {
	c.mu.Lock()
	c.local[carrier] = local
	c.mu.Unlock()
}

// Trace implements netcode.Tracer: it writes the datagrams.
//
// What was received is held back until something else happens: the packet that
// tells of new keys is received before they are made, and Wireshark wants them
// first.
func (c *Capture) Trace(e *netcode.TraceEvent) {
	if e.Kind > netcode.TraceDatagramSent && !c.holds.Load() {
		return
	}
	start, ok := c.begin(e.Time)
	if !ok {
		return
	}
	c.release()
	if e.Kind <= netcode.TraceDatagramSent {
		c.hold(e)
	}
	if e.Kind == netcode.TraceDatagramSent {
		c.release()
	}
	c.end(start)
}

// held is a datagram that is not written yet.
type held struct {
	at       time.Time
	from, to netip.AddrPort
	inbound  bool
	datagram []byte // a copy; its memory is used again
}

func (c *Capture) hold(e *netcode.TraceEvent) {
	local := c.local[e.Path.Carrier]
	if e.Path.Local.IsValid() {
		bound := local.Addr()
		local = netip.AddrPortFrom(e.Path.Local, local.Port())
		if !bound.IsValid() || bound.IsUnspecified() {
			// A client does not say from where it sends: from where it was
			// last answered to.
			c.local[e.Path.Carrier] = local
		}
	}
	h := &c.held
	h.at, h.from, h.to, h.inbound = e.Time, local, e.Path.Remote, false
	if e.Kind == netcode.TraceDatagramReceived {
		h.from, h.to, h.inbound = h.to, h.from, true
	}
	h.datagram = append(h.datagram[:0], e.Datagram...)
	c.holds.Store(true)
}

// release writes the datagram that is held.
func (c *Capture) release() {
	if h := &c.held; c.holds.Load() {
		c.buf = appendPacket(c.buf, h.at, h.from, h.to, h.datagram, h.inbound)
		c.last = h.at
		c.holds.Store(false)
	}
}

// keyPort is where the datagrams with keys seem to go: port 9, discard.
var keyPort = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 9)

// TraceKeys implements netcode.KeyTracer: if the options ask for keys it
// writes them, as a datagram to a port where nobody listens.
func (c *Capture) TraceKeys(e *netcode.TraceEvent, keys *netcode.TraceKeys) {
	if !c.keys {
		return
	}
	start, ok := c.begin(e.Time)
	if !ok {
		return
	}
	var line [maxKeyLine]byte
	c.buf = appendPacket(c.buf, e.Time, keyPort, keyPort, appendKeyLine(line[:0], e, keys), false)
	c.end(start)
}

// Close writes what is left, and how many records were lost, and returns the
// first error of the writer. It does not close the writer.
func (c *Capture) Close() error {
	return c.close(func() {
		c.release()
		c.buf = appendStatistics(c.buf, c.last, c.dropped)
	})
}

// Block types and options of pcapng (draft-ietf-opsawg-pcapng, sections 4 and
// 3.5). All numbers are little-endian: the section header says so.
const (
	blockSection    = 0x0A0D0D0A
	blockInterface  = 1
	blockStatistics = 5
	blockPacket     = 6

	linkRaw = 101 // an IP header comes first (tcpdump.org/linktypes.html)

	optionEnd          = 0
	optionUserApp      = 4 // of the section
	optionName         = 2 // of the interface
	optionResolution   = 9 // of the interface's time stamps
	optionFlags        = 2 // of a packet
	optionIfaceDropped = 5 // of the statistics

	flagInbound  = 1
	flagOutbound = 2
)

var le = binary.LittleEndian

// openBlock begins a block; closeBlock fills in its length.
func openBlock(b []byte, kind uint32) (_ []byte, start int) {
	start = len(b)
	b = le.AppendUint32(b, kind)
	return le.AppendUint32(b, 0), start
}

func closeBlock(b []byte, start int) []byte {
	size := uint32(len(b) + 4 - start)
	le.PutUint32(b[start+4:], size)
	return le.AppendUint32(b, size)
}

func appendPadding(b []byte, length int) []byte {
	for ; length%4 != 0; length++ {
		b = append(b, 0)
	}
	return b
}

func appendOption(b []byte, code uint16, value string) []byte {
	b = le.AppendUint16(b, code)
	b = le.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return appendPadding(b, len(value))
}

// appendSection appends the section header and the one interface.
func appendSection(b []byte) []byte {
	b, start := openBlock(b, blockSection)
	b = le.AppendUint32(b, 0x1A2B3C4D)
	b = le.AppendUint16(b, 1) // version 1.0
	b = le.AppendUint16(b, 0)
	b = le.AppendUint64(b, 1<<64-1) // length unknown
	b = appendOption(b, optionUserApp, "reckon netcode/trace")
	b = appendOption(b, optionEnd, "")
	b = closeBlock(b, start)

	b, start = openBlock(b, blockInterface)
	b = le.AppendUint16(b, linkRaw)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, 0) // no limit for the length of packets
	b = appendOption(b, optionName, "reckon")
	b = appendOption(b, optionResolution, "\x09") // nanoseconds
	b = appendOption(b, optionEnd, "")
	return closeBlock(b, start)
}

func appendTime(b []byte, t time.Time) []byte {
	nanoseconds := uint64(t.UnixNano())
	b = le.AppendUint32(b, uint32(nanoseconds>>32))
	return le.AppendUint32(b, uint32(nanoseconds))
}

// appendPacket appends an enhanced packet block.
func appendPacket(b []byte, t time.Time, from, to netip.AddrPort, datagram []byte, inbound bool) []byte {
	b, start := openBlock(b, blockPacket)
	b = le.AppendUint32(b, 0) // interface
	b = appendTime(b, t)
	lengths := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	data := len(b)
	b = appendUDP(b, from, to, datagram)
	size := len(b) - data
	le.PutUint32(b[lengths:], uint32(size))
	le.PutUint32(b[lengths+4:], uint32(size))
	b = appendPadding(b, size)

	flags := uint32(flagOutbound)
	if inbound {
		flags = flagInbound
	}
	b = le.AppendUint16(b, optionFlags)
	b = le.AppendUint16(b, 4)
	b = le.AppendUint32(b, flags)
	b = appendOption(b, optionEnd, "")
	return closeBlock(b, start)
}

// appendStatistics appends how many records were lost.
func appendStatistics(b []byte, t time.Time, dropped uint64) []byte {
	b, start := openBlock(b, blockStatistics)
	b = le.AppendUint32(b, 0) // interface
	b = appendTime(b, t)
	b = le.AppendUint16(b, optionIfaceDropped)
	b = le.AppendUint16(b, 8)
	b = le.AppendUint64(b, dropped)
	b = appendOption(b, optionEnd, "")
	return closeBlock(b, start)
}
