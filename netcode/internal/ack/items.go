package ack

// An Item is one thing a packet carried: enough for its channel to know what
// an acknowledgement or a loss means.
type Item struct {
	Channel  uint8
	Reliable bool
	Fragment bool   // a piece of an unreliable message
	Number   uint64 // segment if Reliable, else message ID; below 2^53
}

// items are the items of a packet: two in the packet itself, so that they are
// fetched with it, and the others elsewhere. The zero value is empty.
type items struct {
	first [2]packed // none after a zero one
	more  *[]packed // capacity is reused
}

// packed is an Item in a word: at a million messages a second numbers reach
// 2^53 after 285 years. From the lowest bit: that it is one, Reliable, Fragment,
// eight bits of Channel, Number.
type packed uint64

const (
	packedItem = 1 << iota
	packedReliable
	packedFragment

	packedChannel = 3  // bits before Channel
	packedNumber  = 11 // bits before Number
)

func packItem(i Item) packed {
	w := packedItem | packed(i.Channel)<<packedChannel | packed(i.Number)<<packedNumber
	if i.Reliable {
		w |= packedReliable
	}
	if i.Fragment {
		w |= packedFragment
	}
	return w
}

func (w packed) item() Item {
	return Item{
		Channel: uint8(w >> packedChannel), Number: uint64(w >> packedNumber),
		Reliable: w&packedReliable != 0, Fragment: w&packedFragment != 0,
	}
}

// Carry remembers that p carries an item.
func (p *Packet) Carry(item Item) { p.items.add(packItem(item)) }

func (s *items) add(w packed) {
	switch {
	case s.first[0] == 0:
		s.first[0] = w
	case s.first[1] == 0:
		s.first[1] = w
	default:
		if s.more == nil {
			s.more = new([]packed)
		}
		*s.more = append(*s.more, w)
	}
}

// Items returns how many items p is known to carry.
func (p *Packet) Items() int {
	switch s := &p.items; {
	case s.first[0] == 0:
		return 0
	case s.first[1] == 0:
		return 1
	case s.more == nil:
		return 2
	default:
		return 2 + len(*s.more)
	}
}

// Item returns item i of p.
func (p *Packet) Item(i int) Item {
	if i < 2 {
		return p.items.first[i].item()
	}
	return (*p.items.more)[i-2].item()
}

// Forget forgets all items of p.
func (p *Packet) Forget() {
	s := &p.items
	s.first = [2]packed{}
	if s.more != nil {
		*s.more = (*s.more)[:0]
	}
}

// ForgetUnreliable forgets the items of p that are not reliable.
func (p *Packet) ForgetUnreliable() {
	s := &p.items
	first := s.first
	s.first = [2]packed{}
	for _, w := range first {
		if w&packedReliable != 0 {
			s.add(w)
		}
	}
	if s.more == nil {
		return
	}
	more := *s.more
	*s.more = more[:0]
	for _, w := range more {
		if w&packedReliable != 0 {
			s.add(w)
		}
	}
}
