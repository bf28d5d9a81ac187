package capture

import (
	"bufio"
	"encoding/binary"
	"io"
	"net/netip"
	"time"
)

// A Writer writes a capture with an interface for every host: what a host
// sends leaves by its interface, what it receives arrives there. One datagram
// is in the file twice if it arrives, with the time of each, and addresses as
// they are at that end, on its side of a NAT.
type Writer struct {
	w          *bufio.Writer
	block      []byte // being made
	interfaces map[string]uint32
	datagrams  uint64
}

// Block types and options (draft-ietf-opsawg-pcapng, sections 4 and 3.5).
// Numbers are little-endian: the section header says so.
const (
	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockPacket    = 6
	byteOrder      = 0x1A2B3C4D

	linkRaw = 101 // an IP header comes first (tcpdump.org/linktypes.html)

	optionEnd        = 0
	optionUserApp    = 4 // of the section
	optionName       = 2 // of the interface
	optionResolution = 9 // of the interface's time stamps
	optionFlags      = 2 // of a packet

	flagInbound  = 1
	flagOutbound = 2
)

var le = binary.LittleEndian

// NewWriter returns a Writer that begins a capture in w.
func NewWriter(w io.Writer) *Writer {
	c := &Writer{w: bufio.NewWriterSize(w, 64<<10), interfaces: map[string]uint32{}}
	c.open(blockSection)
	c.block = le.AppendUint32(c.block, byteOrder)
	c.block = le.AppendUint16(c.block, 1) // version 1.0
	c.block = le.AppendUint16(c.block, 0)
	c.block = le.AppendUint64(c.block, 1<<64-1) // length unknown
	c.option(optionUserApp, "netsim")
	c.close()
	return c
}

// Sent writes a datagram that a host sends.
func (c *Writer) Sent(host string, at time.Time, from, to netip.AddrPort, datagram []byte) {
	c.datagram(host, at, from, to, datagram, flagOutbound)
}

// Arrived writes a datagram that a host receives.
func (c *Writer) Arrived(host string, at time.Time, from, to netip.AddrPort, datagram []byte) {
	c.datagram(host, at, from, to, datagram, flagInbound)
}

// keyPort is where the dissector of netcode/trace looks for keys: port 9,
// discard.
var keyPort = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 9)

// Keys writes lines of a trace.KeyLog, so that the file can be read in
// Wireshark by itself.
func (c *Writer) Keys(at time.Time, lines []byte) {
	c.datagram("keys", at, keyPort, keyPort, lines, flagOutbound)
}

// Datagrams returns how many were written, keys included.
func (c *Writer) Datagrams() uint64 { return c.datagrams }

// Close writes what is left, and returns the first error of the writer below,
// which it does not close.
func (c *Writer) Close() error { return c.w.Flush() }

func (c *Writer) datagram(host string, at time.Time, from, to netip.AddrPort, datagram []byte, flags uint32) {
	c.packet(host, at, flags, func() { c.block = appendUDP(c.block, from, to, datagram) })
}

// packet writes a packet, which add appends to the block.
func (c *Writer) packet(host string, at time.Time, flags uint32, add func()) {
	number := c.interfaceOf(host)
	c.datagrams++
	c.open(blockPacket)
	c.block = le.AppendUint32(c.block, number)
	nanoseconds := uint64(at.UnixNano())
	c.block = le.AppendUint32(c.block, uint32(nanoseconds>>32))
	c.block = le.AppendUint32(c.block, uint32(nanoseconds))
	lengths := len(c.block)
	c.block = append(c.block, 0, 0, 0, 0, 0, 0, 0, 0)
	data := len(c.block)
	add()
	size := len(c.block) - data
	le.PutUint32(c.block[lengths:], uint32(size))
	le.PutUint32(c.block[lengths+4:], uint32(size))
	c.pad(size)
	c.block = le.AppendUint16(c.block, optionFlags)
	c.block = le.AppendUint16(c.block, 4)
	c.block = le.AppendUint32(c.block, flags)
	c.close()
}

// interfaceOf returns the number of a host's interface, which is written when
// it is first used.
func (c *Writer) interfaceOf(host string) uint32 {
	if number, ok := c.interfaces[host]; ok {
		return number
	}
	number := uint32(len(c.interfaces))
	c.interfaces[host] = number
	c.open(blockInterface)
	c.block = le.AppendUint16(c.block, linkRaw)
	c.block = le.AppendUint16(c.block, 0)
	c.block = le.AppendUint32(c.block, 0) // no limit for the length of packets
	c.option(optionName, host)
	c.option(optionResolution, "\x09") // nanoseconds
	c.close()
	return number
}

// open begins a block; close ends its options, fills in its length and writes
// it.
func (c *Writer) open(kind uint32) {
	c.block = le.AppendUint32(c.block[:0], kind)
	c.block = le.AppendUint32(c.block, 0)
}

func (c *Writer) close() {
	c.option(optionEnd, "")
	size := uint32(len(c.block) + 4)
	le.PutUint32(c.block[4:], size)
	c.block = le.AppendUint32(c.block, size)
	_, _ = c.w.Write(c.block) // bufio keeps the error for Close
}

func (c *Writer) option(code uint16, value string) {
	c.block = le.AppendUint16(c.block, code)
	c.block = le.AppendUint16(c.block, uint16(len(value)))
	c.block = append(c.block, value...)
	c.pad(len(value))
}

func (c *Writer) pad(length int) {
	for ; length%4 != 0; length++ {
		c.block = append(c.block, 0)
	}
}
