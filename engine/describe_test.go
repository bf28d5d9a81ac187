package engine

import "testing"

const wantDescription = `reckon schema 1
game test
table players capacity=16
  Owner uint bits=8 range=0..255 step=1 owner
  X int bits=16 range=0..65535 step=1 lerp snap=4096
  Y int bits=16 range=0..65535 step=1 lerp snap=4096
  Aim uint bits=12 range=0..4095 step=1 lerp=angle
  Health uint bits=7 range=0..100 step=1
  Speed float32 bits=11 range=-8..8 step=1/64 lerp
    Ammo[0] uint bits=6 range=0..63 step=1
    Ammo[1] uint bits=6 range=0..63 step=1
    Ammo[2] uint bits=6 range=0..63 step=1
    Ammo[3] uint bits=6 range=0..63 step=1
  Frags uint bits=16 range=0..65535 step=1
table rockets capacity=130
  Owner uint bits=8 range=0..255 step=1 owner
  X int bits=8 range=-1000..1000 step=10 lerp
  Timer uint bits=32 range=0..4294967295 step=1
table doors capacity=64
  Open bool bits=1
input
  MoveX int bits=2 range=-1..1 step=1
  MoveY int bits=2 range=-1..1 step=1
  Aim uint bits=12 range=0..4095 step=1
  Fire bool bits=1
    Slots[0] uint bits=4 range=0..9 step=1
    Slots[1] uint bits=4 range=0..9 step=1
    Slots[2] uint bits=4 range=0..9 step=1
`

func TestDescribe(t *testing.T) {
	g := newTestGame(t)
	if got := g.schema.Describe(); got != wantDescription {
		t.Errorf("Describe() =\n%s\nwant\n%s", got, wantDescription)
	}
	// FNV-1a, 64 bits, of the text above, computed elsewhere.
	if got, want := g.schema.Fingerprint(), uint64(0x796596881e782cda); got != want {
		t.Errorf("Fingerprint() = %#x, want %#x", got, want)
	}
	if g.schema.Name() != "test" || g.schema.Version() != 1 || g.schema.Tables() != 3 {
		t.Error("Name, Version or Tables")
	}
}

// TestFingerprintSeesEverything: all that matters on the wire, nothing else.
func TestFingerprintSeesEverything(t *testing.T) {
	type row struct {
		A uint8 `net:"max=9,lerp,snap=3"`
		h uint8 `net:"-"`
	}
	make := func(game string, declare func(s *Schema)) uint64 {
		s := NewSchema(game, 7)
		declare(s)
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		return s.Fingerprint()
	}
	want := make("g", func(s *Schema) { AddTable[row](s, "t", 4) })
	type alike struct {
		h [3]uint64 `net:"-"`
		A uint16    `net:"range=0..9,snap=3,lerp"`
	}
	if got := make("g", func(s *Schema) { AddTable[alike](s, "t", 4) }); got != want {
		t.Error("server-only fields, type width or word order change the fingerprint")
	}
	for name, other := range map[string]uint64{
		"game":     make("h", func(s *Schema) { AddTable[row](s, "t", 4) }),
		"table":    make("g", func(s *Schema) { AddTable[row](s, "u", 4) }),
		"capacity": make("g", func(s *Schema) { AddTable[row](s, "t", 5) }),
		"input":    make("g", func(s *Schema) { AddTable[row](s, "t", 4); SetInput[testInput](s) }),
		"field": make("g", func(s *Schema) {
			AddTable[struct {
				B uint8 `net:"max=9,lerp,snap=3"`
			}](s, "t", 4)
		}),
		"range": make("g", func(s *Schema) {
			AddTable[struct {
				A uint8 `net:"max=8,lerp,snap=3"`
			}](s, "t", 4)
		}),
		"step": make("g", func(s *Schema) {
			AddTable[struct {
				A uint8 `net:"max=9,step=3,lerp,snap=3"`
			}](s, "t", 4)
		}),
		"lerp": make("g", func(s *Schema) {
			AddTable[struct {
				A uint8 `net:"max=9"`
			}](s, "t", 4)
		}),
		"snap": make("g", func(s *Schema) {
			AddTable[struct {
				A uint8 `net:"max=9,lerp,snap=4"`
			}](s, "t", 4)
		}),
		"sign": make("g", func(s *Schema) {
			AddTable[struct {
				A int8 `net:"range=0..9,lerp,snap=3"`
			}](s, "t", 4)
		}),
	} {
		if other == want {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	_ = row{}.h + uint8(alike{}.h[0])
}
