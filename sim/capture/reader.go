package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// A FormatError says which packet of a capture cannot be read.
type FormatError struct {
	File   string // as named by the caller
	Packet uint64 // from 1, as Wireshark counts; 0 is before the first
	Want   string // what was expected, and what was found
}

// Error begins with "file: packet n: ".
func (e *FormatError) Error() string {
	if e.Packet == 0 {
		return e.File + ": before the first packet: " + e.Want
	}
	return fmt.Sprintf("%s: packet %d: %s", e.File, e.Packet, e.Want)
}

// A Direction says whether the host on which a packet was captured sent it.
type Direction uint8

// The directions.
const (
	Unknown  Direction = iota // the capture does not say
	Inbound                   // the host received it
	Outbound                  // the host sent it
)

// A Protocol is what a packet carries, as far as it matters here.
type Protocol uint8

// The protocols.
const (
	Other Protocol = iota // neither, a fragment, or too short to tell
	UDP
	TCP // only counted: it has no Payload
)

// A Packet is one packet of a capture.
type Packet struct {
	Number    uint64 // in the file, from 1
	Interface int    // index in Reader.Interfaces
	Time      int64  // nanoseconds since 1970
	Timed     bool   // Time is known; simple packet blocks have none
	Direction Direction
	Protocol  Protocol
	From, To  netip.AddrPort // of UDP

	// Payload is the UDP payload as far as it was captured. It is valid until
	// the next call of Next.
	Payload []byte

	// Size is the length of the UDP payload on the wire, in bytes.
	Size int
}

// An Interface is where packets were captured.
type Interface struct {
	Name       string // "" if the file does not say
	LinkType   uint32 // what packets begin with (tcpdump.org/linktypes.html)
	ticks      uint64 // per second, of its time stamps
	offset     int64  // seconds added to them
	snapLength uint32 // 0 = no limit
}

// Limits of what a reader believes, so that it holds no more than one packet.
const (
	maxPacket     = 1 << 18 // libpcap's MAXIMUM_SNAPLEN
	maxBlock      = maxPacket + 1<<16
	maxInterfaces = 1 << 12
)

// A Reader reads a capture packet by packet: pcap in both byte orders with
// micro- or nanoseconds, or pcapng. It holds one packet at a time. Create it
// with NewReader.
type Reader struct {
	file       string
	r          *bufio.Reader
	order      binary.ByteOrder
	next       func() (Packet, error)
	interfaces []Interface
	section    int // index of the first interface of the present section
	number     uint64
	buffer     []byte
}

// Magic numbers of pcap (draft-ietf-opsawg-pcap, section 4).
const (
	magicMicroseconds = 0xA1B2C3D4
	magicNanoseconds  = 0xA1B23C4D
)

// NewReader returns a Reader of r; file is what errors call it. It reads what
// comes before the first packet. The error is a *FormatError, or r's.
func NewReader(file string, r io.Reader) (*Reader, error) {
	c := &Reader{file: file, r: bufio.NewReaderSize(r, 1<<16)}
	magic, err := c.r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(magic) < 4 {
		return nil, c.want("want a capture, pcap or pcapng, got %d bytes", len(magic))
	}
	if le.Uint32(magic) == blockSection { // the same in both orders
		c.next = c.nextBlock
		return c, c.sectionHeader()
	}
	c.next = c.nextRecord
	return c, c.fileHeader(magic)
}

// Interfaces returns the interfaces seen so far.
func (c *Reader) Interfaces() []Interface { return c.interfaces }

// Next returns the next packet, or io.EOF behind the last. Other errors are
// *FormatError, or the reader's; there is nothing to read behind one.
func (c *Reader) Next() (Packet, error) { return c.next() }

// want returns an error about the packet that is being read.
func (c *Reader) want(format string, args ...any) error {
	return &FormatError{c.file, c.number, fmt.Sprintf(format, args...)}
}

// take reads n bytes, valid until the next take. A file that ends is an error
// that says within what.
func (c *Reader) take(n int, what string) ([]byte, error) {
	if cap(c.buffer) < n {
		c.buffer = make([]byte, n)
	}
	b := c.buffer[:n]
	switch got, err := io.ReadFull(c.r, b); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, c.want("want %d bytes of %s, got %d: the file ends early", n, what, got)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	return b, nil
}

// end reports whether the file ends here.
func (c *Reader) end() (bool, error) {
	_, err := c.r.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("%s: %w", c.file, err)
	}
	return err != nil, nil
}

// fileHeader reads the header of a pcap file.
func (c *Reader) fileHeader(magic []byte) error {
	in := Interface{ticks: 1e6}
	switch {
	case le.Uint32(magic) == magicMicroseconds, le.Uint32(magic) == magicNanoseconds:
		c.order = binary.LittleEndian
	case binary.BigEndian.Uint32(magic) == magicMicroseconds, binary.BigEndian.Uint32(magic) == magicNanoseconds:
		c.order = binary.BigEndian
	default:
		return c.want("want a capture, pcap or pcapng, got a file that begins with %x", magic)
	}
	if c.order.Uint32(magic) == magicNanoseconds {
		in.ticks = 1e9
	}
	header, err := c.take(24, "the file header")
	if err != nil {
		return err
	}
	if major := c.order.Uint16(header[4:]); major != 2 {
		return c.want("want version 2 of pcap, got %d", major)
	}
	in.LinkType = c.order.Uint32(header[20:]) & 0xffff // above are the frame check sequence's bits
	if !knownLink(in.LinkType) {
		return c.want("%s", unknownLink(in.LinkType))
	}
	c.interfaces = append(c.interfaces, in)
	return nil
}

// nextRecord reads a packet of a pcap file.
func (c *Reader) nextRecord() (Packet, error) {
	if ended, err := c.end(); ended || err != nil {
		return Packet{}, orEOF(err)
	}
	c.number++
	header, err := c.take(16, "a packet's header")
	if err != nil {
		return Packet{}, err
	}
	p := Packet{Number: c.number, Timed: true}
	in := &c.interfaces[0]
	seconds, fraction := c.order.Uint32(header), uint64(c.order.Uint32(header[4:]))
	if fraction >= in.ticks {
		return p, c.want("want a fraction of a second below %d, got %d", in.ticks, fraction)
	}
	p.Time = int64(seconds)*1e9 + int64(fraction*(1e9/in.ticks))
	captured := c.order.Uint32(header[8:])
	if captured > maxPacket {
		return p, c.want("want at most %d bytes captured, got %d", maxPacket, captured)
	}
	data, err := c.take(int(captured), "a packet")
	if err != nil {
		return p, err
	}
	decode(&p, in.LinkType, data)
	return p, nil
}

// orEOF returns err, or io.EOF if there is none.
func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}
