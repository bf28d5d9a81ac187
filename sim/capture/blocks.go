package capture

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// More blocks and options of pcapng than the Writer writes
// (draft-ietf-opsawg-pcapng, section 4).
const (
	blockOldPacket    = 2
	blockSimplePacket = 3
	optionOffset      = 14 // of the interface's time stamps

	// blockFrame is the type and the lengths around the body of a block.
	blockFrame = 12
)

// sectionHeader reads the header of a section, which says the order of the
// bytes.
func (c *Reader) sectionHeader() error {
	head, err := c.take(12, "a section header")
	if err != nil {
		return err
	}
	switch {
	case le.Uint32(head[8:]) == byteOrder:
		c.order = binary.LittleEndian
	case binary.BigEndian.Uint32(head[8:]) == byteOrder:
		c.order = binary.BigEndian
	default:
		return c.want("want the byte-order magic %x of a section header, got %x", uint32(byteOrder), head[8:12])
	}
	size := c.order.Uint32(head[4:])
	if size < blockFrame+16 || size%4 != 0 || size > maxBlock {
		return c.want("want a section header of %d to %d bytes in fours, got %d", blockFrame+16, maxBlock, size)
	}
	body, err := c.take(int(size)-12, "a section header")
	if err != nil {
		return err
	}
	if major := c.order.Uint16(body); major != 1 {
		return c.want("want version 1 of pcapng, got %d", major)
	}
	c.section = len(c.interfaces)
	return c.trailer(body, size)
}

// trailer checks the length at the end of a block.
func (c *Reader) trailer(body []byte, size uint32) error {
	if again := c.order.Uint32(body[len(body)-4:]); again != size {
		return c.want("want the block's length, %d, again at its end, got %d", size, again)
	}
	return nil
}

// nextBlock reads blocks up to the next packet.
func (c *Reader) nextBlock() (Packet, error) {
	for {
		if ended, err := c.end(); ended || err != nil {
			return Packet{}, orEOF(err)
		}
		peek, _ := c.r.Peek(8) // what is missing, take finds out
		if len(peek) == 8 && le.Uint32(peek) == blockSection {
			if err := c.sectionHeader(); err != nil {
				return Packet{}, err
			}
			continue
		}
		if len(peek) >= 4 && isPacket(c.order.Uint32(peek)) {
			c.number++
		}
		head, err := c.take(8, "a block's header")
		if err != nil {
			return Packet{}, err
		}
		kind, size := c.order.Uint32(head), c.order.Uint32(head[4:])
		if size < blockFrame || size%4 != 0 {
			return Packet{}, c.want("want a block of at least %d bytes in fours, got %d", blockFrame, size)
		}
		if kind != blockInterface && !isPacket(kind) {
			if err := c.skip(int64(size) - 8); err != nil {
				return Packet{}, err
			}
			continue
		}
		p, err := c.block(kind, size)
		if err != nil || isPacket(kind) {
			return p, err
		}
	}
}

func isPacket(kind uint32) bool {
	return kind == blockPacket || kind == blockSimplePacket || kind == blockOldPacket
}

// skip passes over the rest of a block of no interest.
func (c *Reader) skip(n int64) error {
	got, err := io.CopyN(io.Discard, c.r, n)
	switch {
	case err == io.EOF:
		return c.want("want %d more bytes of a block, got %d: the file ends early", n, got)
	case err != nil:
		return fmt.Errorf("%s: %w", c.file, err)
	}
	return nil
}

// block reads the rest of an interface or a packet.
func (c *Reader) block(kind, size uint32) (Packet, error) {
	if size > maxBlock {
		return Packet{}, c.want("want a block of at most %d bytes, got %d", maxBlock, size)
	}
	body, err := c.take(int(size)-8, "a block")
	if err != nil {
		return Packet{}, err
	}
	if err := c.trailer(body, size); err != nil {
		return Packet{}, err
	}
	body = body[:len(body)-4]
	switch kind {
	case blockInterface:
		return Packet{}, c.addInterface(body)
	case blockSimplePacket:
		return c.simplePacket(body)
	}
	return c.packet(body, kind == blockOldPacket)
}

// addInterface reads an interface description.
func (c *Reader) addInterface(body []byte) error {
	if len(body) < 8 {
		return c.want("want an interface of at least 8 bytes, got %d", len(body))
	}
	if len(c.interfaces) == maxInterfaces {
		return c.want("want at most %d interfaces", maxInterfaces)
	}
	in := Interface{
		LinkType: uint32(c.order.Uint16(body)), snapLength: c.order.Uint32(body[4:]),
		ticks: 1e6, // unless an option says otherwise
	}
	var bad error
	err := c.options(body[8:], func(code uint16, value []byte) {
		switch {
		case code == optionName:
			in.Name = string(value)
		case code == optionResolution && len(value) >= 1:
			if in.ticks = ticksOf(value[0]); in.ticks == 0 {
				bad = c.want("want a resolution of 1 to 10^-19 or 2^-63 s, got %#x", value[0])
			}
		case code == optionOffset && len(value) >= 8:
			in.offset = int64(c.order.Uint64(value))
		}
	})
	if err = cmp.Or(err, bad); err != nil {
		return err
	}
	c.interfaces = append(c.interfaces, in)
	return nil
}

// ticksOf returns the ticks per second of an if_tsresol, 0 if they do not fit:
// a power of ten, or of two if the first bit is set.
func ticksOf(resolution byte) uint64 {
	exponent := uint(resolution & 0x7f)
	if resolution&0x80 != 0 {
		if exponent > 63 {
			return 0
		}
		return 1 << exponent
	}
	if exponent > 19 {
		return 0
	}
	ticks := uint64(1)
	for range exponent {
		ticks *= 10
	}
	return ticks
}

// nanoseconds returns a time stamp in nanoseconds since 1970. It reports false
// beyond the year 2262.
func (in *Interface) nanoseconds(stamp uint64) (int64, bool) {
	seconds, rest := stamp/in.ticks, stamp%in.ticks
	high, low := bits.Mul64(rest, 1e9)
	fraction, _ := bits.Div64(high, low, in.ticks) // high < ticks, as rest < ticks and 1e9 < 2^64
	const last = math.MaxInt64/1_000_000_000 - 1
	if seconds > last || in.offset > last || in.offset < -last {
		return 0, false
	}
	total := int64(seconds) + in.offset
	if total > last || total < -last {
		return 0, false
	}
	return total*1e9 + int64(fraction), true
}

// packet reads an enhanced packet, or an obsolete one, whose interface has 16
// bits.
func (c *Reader) packet(body []byte, old bool) (Packet, error) {
	p := Packet{Number: c.number, Timed: true}
	if len(body) < 20 {
		return p, c.want("want a packet block of at least 20 bytes, got %d", len(body))
	}
	index := c.order.Uint32(body)
	if old {
		index = uint32(c.order.Uint16(body))
	}
	in, err := c.interfaceAt(index)
	if err != nil {
		return p, err
	}
	p.Interface = c.section + int(index)
	stamp := uint64(c.order.Uint32(body[4:]))<<32 | uint64(c.order.Uint32(body[8:]))
	var ok bool
	if p.Time, ok = in.nanoseconds(stamp); !ok {
		return p, c.want("want a time before the year 2262, got %d ticks of 1/%d s", stamp, in.ticks)
	}
	captured := c.order.Uint32(body[12:])
	if int64(captured) > int64(len(body)-20) {
		return p, c.want("want a block with the %d bytes that it says were captured, got %d", captured, len(body)-20)
	}
	padded := min(int(captured+3)&^3, len(body)-20)
	err = c.options(body[20+padded:], func(code uint16, value []byte) {
		if code == optionFlags && len(value) == 4 {
			p.Direction = directionOf(c.order.Uint32(value))
		}
	})
	if err != nil {
		return p, err
	}
	decode(&p, in.LinkType, body[20:20+captured])
	return p, nil
}

func directionOf(flags uint32) Direction {
	switch flags & 3 {
	case flagInbound:
		return Inbound
	case flagOutbound:
		return Outbound
	}
	return Unknown
}

// interfaceAt returns an interface of the section.
func (c *Reader) interfaceAt(index uint32) (*Interface, error) {
	known := len(c.interfaces) - c.section
	if int64(index) >= int64(known) {
		return nil, c.want("want one of the section's %d interfaces, got number %d", known, index)
	}
	in := &c.interfaces[c.section+int(index)]
	if !knownLink(in.LinkType) {
		return nil, c.want("%s", unknownLink(in.LinkType))
	}
	return in, nil
}

// simplePacket reads a packet of the section's first interface, whose time
// nobody knows.
func (c *Reader) simplePacket(body []byte) (Packet, error) {
	p := Packet{Number: c.number}
	if len(body) < 4 {
		return p, c.want("want a simple packet block of at least 4 bytes, got %d", len(body))
	}
	in, err := c.interfaceAt(0)
	if err != nil {
		return p, err
	}
	p.Interface = c.section
	captured := min(int64(c.order.Uint32(body)), int64(len(body)-4))
	if in.snapLength > 0 {
		captured = min(captured, int64(in.snapLength))
	}
	decode(&p, in.LinkType, body[4:4+captured])
	return p, nil
}

// options calls f for each option of a block.
func (c *Reader) options(b []byte, f func(code uint16, value []byte)) error {
	for len(b) >= 4 {
		code, length := c.order.Uint16(b), int(c.order.Uint16(b[2:]))
		if code == optionEnd {
			return nil
		}
		if length > len(b)-4 {
			return c.want("want an option of at most %d bytes, which the block has left, got %d", len(b)-4, length)
		}
		f(code, b[4:4+length])
		b = b[4+min((length+3)&^3, len(b)-4):]
	}
	return nil
}
