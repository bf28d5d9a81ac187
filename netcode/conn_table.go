package netcode

import "math/bits"

// A connTable finds connections by their IDs: a hash table with open addressing
// and linear probing (Knuth, The Art of Computer Programming, volume 3, section
// 6.4). Each packet asks it twice, for half of what a map takes
// (BenchmarkConnTable). IDs are drawn by us at random: nobody can choose them so
// that they collide. The zero value is empty and ready to use.
type connTable struct {
	slots []tableSlot // length a power of two, at least twice n; nil if empty
	n     int
	shift int // of a hash, down to the bits that name a slot
}

type tableSlot struct {
	id   uint64
	conn *Conn // nil if free
}

// minSlots is the least length of slots.
const minSlots = 16

// len returns how many connections there are.
func (t *connTable) len() int { return t.n }

// home is where the search for id begins: Fibonacci hashing (section 6.4, too).
func (t *connTable) home(id uint64) int { return int(id * 0x9e3779b97f4a7c15 >> t.shift) }

// of returns the connection of an ID, or nil.
func (t *connTable) of(id uint64) *Conn {
	if t.n == 0 {
		return nil
	}
	for i := t.home(id); ; i++ {
		s := &t.slots[i&(len(t.slots)-1)]
		if s.id == id || s.conn == nil {
			return s.conn
		}
	}
}

// put adds a connection, or replaces the one that has the ID.
func (t *connTable) put(id uint64, conn *Conn) {
	if 2*(t.n+1) > len(t.slots) {
		t.resize(max(minSlots, 2*len(t.slots)))
	}
	for i := t.home(id); ; i++ {
		s := &t.slots[i&(len(t.slots)-1)]
		if s.conn == nil {
			t.n++
		} else if s.id != id {
			continue
		}
		*s = tableSlot{id, conn}
		return
	}
}

// remove removes an ID if it is there.
func (t *connTable) remove(id uint64) {
	if t.of(id) == nil {
		return
	}
	mask := len(t.slots) - 1
	i := t.home(id) & mask
	for t.slots[i].id != id {
		i = (i + 1) & mask
	}
	// What comes after moves up, unless it would be before its home (section
	// 6.4, algorithm R).
	for k := (i + 1) & mask; t.slots[k].conn != nil; k = (k + 1) & mask {
		if home := t.home(t.slots[k].id); (k-home)&mask >= (k-i)&mask {
			t.slots[i], i = t.slots[k], k
		}
	}
	t.slots[i] = tableSlot{}
	if t.n--; t.n == 0 {
		*t = connTable{}
	} else if size := len(t.slots); size > minSlots && 8*t.n < size {
		t.resize(size / 2)
	}
}

func (t *connTable) resize(size int) {
	old := t.slots
	*t = connTable{slots: make([]tableSlot, size), shift: 64 - bits.Len(uint(size-1))}
	for _, s := range old {
		if s.conn != nil {
			t.put(s.id, s.conn)
		}
	}
}
