package engine

import (
	"math/rand/v2"
	"testing"
)

// What is done to the rows of one player alone agrees with what is done to all.
func TestOwnedRowsAlone(t *testing.T) {
	type thing struct {
		Owner PlayerID `net:"owner"`
		X     int32    `net:"range=-1000..1000"`
		_     [3]byte
		Note  uint16 `net:"-"`
		Y     int16
	}
	type short struct {
		Owner PlayerID `net:"owner"`
		Z     uint8    `net:"max=9"`
	}
	s := NewSchema("owned", 1)
	things, shorts := AddTable[thing](s, "things", 100), AddTable[short](s, "shorts", 70)
	AddTable[struct{ A uint8 }](s, "nobody's", 3)
	r := rand.New(rand.NewPCG(1, 2))
	w, own, copied := s.NewWorld(), s.NewWorld(), s.NewWorld()
	for round := range 300 {
		w.SetTick(Tick(round))
		for range 20 {
			id, row := things.SpawnAt(w, r.IntN(100))
			*row = thing{Owner: PlayerID(r.IntN(3)), X: r.Int32N(4000) - 2000, Note: uint16(r.Uint32()), Y: int16(r.Uint32())}
			if r.IntN(2) == 0 {
				things.Despawn(w, id)
			}
			_, other := shorts.SpawnAt(w, r.IntN(70))
			*other = short{PlayerID(r.IntN(3)), uint8(r.IntN(20))}
		}
		const me = PlayerID(1)
		copied.Clear()
		copied.CopyOwned(w, me)
		copied.SetTick(w.Tick())
		own.TakeOwned(w, me)
		if !own.Equal(copied) {
			t.Fatalf("TakeOwned is not CopyOwned to an empty world: %s", own.Diff(copied))
		}
		settled := own.SettleOwned(me)
		copied.Quantise()
		if !own.Equal(copied) {
			t.Fatalf("SettleOwned is not Quantise: %s", own.Diff(copied))
		}
		if got := copied.HashOwned(me); got != settled {
			t.Fatalf("HashOwned gives %x, SettleOwned %x", got, settled)
		}
		for id, row := range things.All(copied) {
			row.Note++ // not replicated
			if copied.HashOwned(me) != settled {
				t.Fatal("the hash sees what is not replicated")
			}
			row.Y++
			if copied.HashOwned(me) == settled {
				t.Fatalf("the hash does not see row %v", id)
			}
			row.Y--
		}
		w.Quantise()
	}
}

// Where each player has slots of its own, the answers are the same.
func TestOwnSlots(t *testing.T) {
	type thing struct {
		Owner PlayerID `net:"owner"`
		X     uint16
	}
	const each, players = 3, 60
	s := NewSchema("slots", 1)
	plain, slotted := AddTable[thing](s, "plain", each*players), AddTable[thing](s, "slotted", each*players)
	slotted.OwnSlots(each)
	w := s.NewWorld()
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		slot := r.IntN(each * players)
		for _, table := range []Table[thing]{plain, slotted} {
			_, row := table.SpawnAt(w, slot)
			if *row = (thing{PlayerID(slot / each), uint16(slot)}); slot%7 == 0 {
				row.Owner = NoPlayer
			}
		}
		for p := range PlayerID(players + 1) {
			for a, b := -1, -1; ; {
				a, b = w.tables[0].nextOwned(a+1, p), w.tables[1].nextOwned(b+1, p)
				if a != b {
					t.Fatalf("player %d: slot %d, with slots of its own %d", p, a, b)
				}
				if a < 0 {
					break
				}
			}
		}
	}
}
