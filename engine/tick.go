package engine

// A Tick numbers the steps of a simulation. It wraps after 2^32 steps (2.3
// years at 60 Hz), so compare ticks with Sub and Before, not with <.
type Tick uint32

// Sub returns how many ticks t is after o; negative when it is before.
func (t Tick) Sub(o Tick) int32 { return int32(t - o) }

// Before reports whether t is before o.
func (t Tick) Before(o Tick) bool { return int32(t-o) < 0 }

// A PlayerID is the number of a player's seat on the server, 0..254.
type PlayerID uint8

// NoPlayer is the PlayerID of nobody.
const NoPlayer PlayerID = 255

// An ID names one row of one table: generation<<16 | slot. Generations start
// at 1, so that the zero ID names nothing. They wrap after 65535 occupants of
// one slot; an ID kept that long may come to life again.
type ID uint32

// Slot returns the row's place in its table.
func (id ID) Slot() int { return int(id & 0xffff) }

// Generation returns which occupant of the slot the ID means.
func (id ID) Generation() uint16 { return uint16(id >> 16) }

func makeID(slot int, generation uint16) ID {
	return ID(generation)<<16 | ID(slot)
}

// A Frac is a fraction in 1/65536: of the way between two worlds, or of an
// error. 0 is the one end, 65535 almost the other.
type Frac uint16
