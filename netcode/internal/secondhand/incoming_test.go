package secondhand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// errRefused keeps a packet from being acknowledged (section 5.4).
var errRefused = errors.New("fragment of a dead message")

// A message is what the application receives.
type message struct {
	channel, key int
	data         []byte
}

// An incoming is the receiving half of a channel.
type incoming struct {
	channel
	index   uint8
	deliver func(key int, data []byte)

	began      uint64 // sequenced: where the newest delivered message began
	assemblies []*assembly
	newest     uint64 // number of a fragmented message
	dead       uint64 // those below are

	next   uint64           // reliable: the first segment that did not arrive
	held   map[uint64]frame // segments that arrived; used ones have no data
	bytes  int              // of data in held
	within bool             // ordered: inside a message,
	whole  []byte           // of which this is there
	marks  []mark
	last   uint64 // newest packet with a segment

	values map[int]heard
}

// An assembly is a fragmented message that is not whole yet (section 5.4).
type assembly struct {
	number uint64
	pieces [][]byte
	count  int
	began  uint64
}

// A mark is a pair (n, q) of section 5.5.
type mark struct{ next, packet uint64 }

// A heard is the newest packet with a key, and the version in it.
type heard struct {
	packet  uint64
	version uint16
}

// receive takes a frame, the i-th of packet number. The error is errRefused,
// or a violation.
func (c *incoming) receive(f frame, number uint64, i int) error {
	if len(f.data) > pieceSize {
		return errors.New("frame too large")
	}
	switch {
	case c.mode == latest && f.kind == kindMessage:
		return c.value(f.data, number)
	case c.mode <= sequenced && f.kind == kindMessage:
		c.unreliable(f.data, number<<16|uint64(i))
		return nil
	case c.mode <= sequenced && f.kind == kindFragment:
		return c.fragment(f, number<<16|uint64(i))
	case (c.mode == ordered || c.mode == unordered) && f.kind >= kindWhole && f.kind <= kindLast:
		return c.segment(f, number)
	}
	return errors.New("kind does not fit the channel")
}

// unreliable delivers a whole message that began at a packet and frame.
func (c *incoming) unreliable(data []byte, began uint64) {
	if c.mode == sequenced {
		if began < c.began {
			return
		}
		c.began = began
	}
	c.deliver(0, data)
}

func (c *incoming) fragment(f frame, position uint64) error {
	last := int(f.last)
	switch {
	case last*pieceSize >= c.maxMessage,
		f.index < f.last && len(f.data) != pieceSize,
		f.index == f.last && (len(f.data) == 0 || last*pieceSize+len(f.data) > c.maxMessage):
		return errors.New("fragment violates section 5.3")
	}
	number := nearest(uint64(f.number), 2, c.newest)
	c.newest = max(c.newest, number)
	if number < c.dead {
		return errRefused
	}
	at := slices.IndexFunc(c.assemblies, func(a *assembly) bool { return a.number == number })
	if at < 0 {
		at = len(c.assemblies)
		c.assemblies = append(c.assemblies, &assembly{number: number, pieces: make([][]byte, last+1)})
		if at == 8 {
			oldest := slices.MinFunc(c.assemblies, func(a, b *assembly) int { return int(int64(a.number - b.number)) })
			c.dead = oldest.number + 1
			c.assemblies = slices.DeleteFunc(c.assemblies, func(a *assembly) bool { return a == oldest })
			if oldest.number == number {
				return errRefused
			}
			at--
		}
	}
	a := c.assemblies[at]
	if len(a.pieces) != last+1 {
		return errRefused
	}
	if a.pieces[f.index] == nil {
		a.pieces[f.index] = bytes.Clone(f.data)
		a.count++
	}
	if f.index == 0 {
		a.began = position
	}
	if a.count == len(a.pieces) {
		c.assemblies = slices.Delete(c.assemblies, at, at+1)
		c.unreliable(bytes.Join(a.pieces, nil), a.began)
	}
	return nil
}

func (c *incoming) segment(f frame, packet uint64) error {
	n := len(f.data)
	skip := f.kind == kindMiddle && n == 0
	switch {
	case skip && c.mode == ordered:
		return errors.New("skip on an ordered channel")
	case !skip && (f.kind == kindFirst || f.kind == kindMiddle) && n != pieceSize:
		return errors.New("piece of another size")
	}
	for _, m := range c.marks { // a packet from a time before these segments
		if c.next-m.next >= 4096 && packet <= m.packet {
			return nil
		}
	}
	c.last = max(c.last, packet)
	number := nearest(uint64(f.number), 2, c.next)
	if number < c.next || c.held[number].kind != 0 {
		return nil // a duplicate
	}
	if number >= c.next+4096 {
		return errors.New("segment beyond the window")
	}
	if c.bytes+n > c.window+pieceSize {
		return errors.New("more held than the window")
	}
	if c.held == nil {
		c.held = map[uint64]frame{}
	}
	f.data = bytes.Clone(f.data)
	c.held[number] = f
	c.bytes += n
	if c.mode == unordered {
		if err := c.complete(number); err != nil {
			return err
		}
	}
	for c.held[c.next].kind != 0 {
		if err := c.use(); err != nil {
			return err
		}
	}
	return nil
}

// use goes on by one segment.
func (c *incoming) use() error {
	f := c.held[c.next]
	c.next++
	if c.next%4096 == 0 {
		c.marks = append(c.marks, mark{c.next, c.last})
		if len(c.marks) > 4 {
			c.marks = c.marks[1:]
		}
	}
	if c.mode == unordered {
		if f.kind == kindLast || f.kind == kindMiddle && len(f.data) == 0 {
			c.drop(c.next - 1) // if it was not delivered by now, it never will
		}
		delete(c.held, c.next-5000) // far enough behind for any message
		return nil
	}
	delete(c.held, c.next-1)
	c.bytes -= len(f.data)
	if begins := f.kind == kindWhole || f.kind == kindFirst; begins == c.within {
		return errors.New("kinds that do not follow each other")
	}
	c.within = f.kind == kindFirst || f.kind == kindMiddle
	c.whole = append(c.whole, f.data...)
	if len(c.whole) > c.maxMessage {
		return errors.New("message too large")
	}
	if !c.within {
		c.deliver(0, c.whole)
		c.whole = nil
	}
	return nil
}

// drop lets go of what is held of a message that was given up.
func (c *incoming) drop(number uint64) {
	for f := c.held[number]; f.kind != 0 && f.kind != kindWhole; f = c.held[number] {
		c.bytes -= len(f.data)
		c.held[number] = frame{kind: f.kind}
		if f.kind == kindFirst || number == 0 {
			return
		}
		number--
	}
}

// complete delivers the message around a segment of an unordered channel if
// all of it is there.
func (c *incoming) complete(number uint64) error {
	skipped := func(f frame) bool { return f.kind == kindMiddle && len(f.data) == 0 }
	first := number
	for f := c.held[first]; f.kind != kindWhole && f.kind != kindFirst; f = c.held[first] {
		if f.kind == 0 || skipped(f) || first == 0 {
			return nil
		}
		first--
	}
	if first != number && c.held[first].kind == kindWhole {
		return errors.New("kinds that do not follow each other")
	}
	end := first + 1
	for f := c.held[first]; f.kind != kindWhole && f.kind != kindLast; f = c.held[end-1] {
		f = c.held[end]
		if f.kind == 0 || skipped(f) {
			return nil
		}
		if f.kind == kindWhole || f.kind == kindFirst {
			return errors.New("kinds that do not follow each other")
		}
		end++
	}
	var data []byte
	for i := first; i < end; i++ {
		f := c.held[i]
		data = append(data, f.data...)
		c.bytes -= len(f.data)
		c.held[i] = frame{kind: kindWhole} // used
	}
	if len(data) > c.maxMessage {
		return errors.New("message too large")
	}
	c.deliver(0, data)
	return nil
}

func (c *incoming) value(b []byte, packet uint64) error {
	key, b, err := consumeLength(b)
	if err != nil || len(b) < 2 || key >= c.maxKeys || len(b)-2 > c.maxMessage {
		return errors.New("value violates section 5.6")
	}
	if c.values == nil {
		c.values = map[int]heard{}
	}
	version := binary.LittleEndian.Uint16(b)
	known, ok := c.values[key]
	if ok && packet < known.packet {
		return nil // stale
	}
	c.values[key] = heard{packet, version}
	if !ok || known.version != version {
		c.deliver(key, b[2:])
	}
	return nil
}
