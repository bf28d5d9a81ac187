package engine

import (
	"fmt"
	"math/bits"
	"unsafe"
)

// Odd constants with well-mixed bits: the fractional parts of the golden
// ratio and of the square root of 3.
const (
	hashStart  = 0x9e3779b97f4a7c15
	hashFactor = 0xbb67ae8584caa73b
)

// mix folds a value into a hash: a full 64×64-bit product, its halves
// xor-ed, as wyhash and others do. It is no defence against forgers, who
// have better ways to cheat than collisions.
func mix(h, v uint64) uint64 {
	high, low := bits.Mul64(h^v, hashFactor)
	return high ^ low ^ h<<1
}

// Hash returns a hash of what [World.Equal] compares. It is the same on every
// platform and for every memory layout.
func (w *World) Hash() uint64 {
	h := mix(hashStart, uint64(w.tick))
	for i := range w.tables {
		rows := &w.tables[i]
		h = mix(h, uint64(rows.count))
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			h = mix(h, uint64(makeID(slot, rows.generations[slot])))
			row := rows.row(slot)
			for j := range rows.layout.fields {
				h = mix(h, rows.layout.fields[j].load(row))
			}
		}
	}
	return h
}

// hashRow folds the fields of the row at p into a hash, in the byte order of the
// machine.
func (l *Layout) hashRow(h uint64, p unsafe.Pointer) uint64 {
	if l.words == nil {
		for i := range l.fields {
			h = mix(h, l.fields[i].load(p))
		}
		return h
	}
	for _, word := range l.words {
		h = mix(h, *(*uint64)(unsafe.Add(p, word.offset))&word.mask)
	}
	return h
}

// Equal reports whether both worlds are at the same tick and have the same
// rows in the same slots with the same generations and exactly the same
// values (floats by their bits), server-only fields and the generations of
// empty slots aside. The worlds must match as for [World.CopyFrom].
func (w *World) Equal(o *World) bool {
	return w.tick == o.tick && !w.eachDifference(o, func(difference) bool { return false })
}

// Diff describes the first difference of what [World.Equal] compares: table,
// slot and generation, field, and both values, w's first. It returns "" when
// the worlds are equal. It allocates.
func (w *World) Diff(o *World) string {
	if w.tick != o.tick {
		return fmt.Sprintf("tick: %d != %d", w.tick, o.tick)
	}
	text := ""
	w.eachDifference(o, func(d difference) bool {
		text = d.String()
		return false
	})
	return text
}

// A difference is one place where two worlds are not the same.
type difference struct {
	layout *Layout
	slot   int
	ids    [2]ID // 0 where the slot is empty
	field  *Field
	values [2]uint64 // patterns
}

func (d difference) String() string {
	if d.field == nil {
		return fmt.Sprintf("%s slot %d: %s != %s", d.layout.name, d.slot, describeID(d.ids[0]), describeID(d.ids[1]))
	}
	return fmt.Sprintf("%s slot %d %s: %s: %s != %s", d.layout.name, d.slot, describeID(d.ids[0]),
		d.field.name, d.field.format(d.values[0]), d.field.format(d.values[1]))
}

func describeID(id ID) string {
	if id == 0 {
		return "empty"
	}
	return fmt.Sprintf("generation %d", id.Generation())
}

// eachDifference calls found for every difference in the rows, in order,
// until it returns false. It reports whether there was any.
func (w *World) eachDifference(o *World, found func(difference) bool) bool {
	w.mustMatch(o)
	any := false
	for i := range w.tables {
		a, b := &w.tables[i], &o.tables[i]
		for slot := nextEither(a, b, 0); slot >= 0; slot = nextEither(a, b, slot+1) {
			if a.ID(slot) != b.ID(slot) {
				any = true
				if !found(difference{layout: a.layout, slot: slot, ids: [2]ID{a.ID(slot), b.ID(slot)}}) {
					return true
				}
				continue
			}
			if a.sameBytes(b, slot) {
				continue
			}
			for j := range a.layout.fields {
				field := &a.layout.fields[j]
				x, y := field.load(a.row(slot)), field.load(b.row(slot))
				if x == y {
					continue
				}
				any = true
				id := a.ID(slot)
				if !found(difference{a.layout, slot, [2]ID{id, id}, field, [2]uint64{x, y}}) {
					return true
				}
			}
		}
	}
	return any
}

// nextEither returns the first slot from on that lives in one of the two.
func nextEither(a, b *Rows, from int) int {
	x, y := a.Next(from), b.Next(from)
	if x < 0 || y >= 0 && y < x {
		return y
	}
	return x
}
