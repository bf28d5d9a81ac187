package engine

import (
	"reflect"
	"strings"
	"testing"
)

// TestFieldMistakes: each mistake gives one error that names the field.
func TestFieldMistakes(t *testing.T) {
	type vec struct {
		X int16 `net:"lerp"`
	}
	for _, test := range []struct {
		name string
		typ  reflect.Type
		tag  string
		want string
	}{
		{"pointer", reflect.TypeFor[*int](), "", "A: *int cannot be replicated"},
		{"slice", reflect.TypeFor[[]int8](), "", "A: []int8 cannot be replicated"},
		{"map", reflect.TypeFor[map[int]int](), "", "A: map[int]int cannot be replicated"},
		{"string", reflect.TypeFor[string](), "", "A: string cannot be replicated"},
		{"float64", reflect.TypeFor[float64](), "", "A: float64 cannot"},
		{"uintptr", reflect.TypeFor[uintptr](), "", "A: uintptr cannot"},
		{"nested", reflect.TypeFor[struct{ E error }](), "", "A.E: error cannot"},
		{"in array", reflect.TypeFor[[2]string](), "", "A[0]: string cannot"},
		{"empty array", reflect.TypeFor[[0]int8](), "", "A: an array of no elements"},
		{"hidden pointer", reflect.TypeFor[[2]struct{ P *int }](), "-", "A: *int is not plain data"},
		{"bare int", reflect.TypeFor[int](), "", "A: int and uint need a range"},
		{"wide int", reflect.TypeFor[int](), "range=-2147483648..0", "A: the range of an int or uint must fit 31 bits"},
		{"wide uint", reflect.TypeFor[uint](), "bits=32", "A: the range of an int or uint must fit 31 bits"},
		{"no bits", reflect.TypeFor[uint8](), "bits=0", "A: bits=0 is not in 1..64"},
		{"many bits", reflect.TypeFor[uint8](), "bits=9", "A: bits=9 is more than the 8 of uint8"},
		{"signed bits", reflect.TypeFor[int8](), "bits=4", "A: bits is for unsigned"},
		{"bits and range", reflect.TypeFor[uint8](), "bits=4,max=100", "A: bits and a range"},
		{"max and range", reflect.TypeFor[uint8](), "range=1..2,max=3", "A: max and range"},
		{"range and max", reflect.TypeFor[uint8](), "max=3,range=1..2", "A: max and range"},
		{"inverted", reflect.TypeFor[int8](), "range=5..-5", "A: range 5..-5 is empty or inverted"},
		{"empty range", reflect.TypeFor[int8](), "max=0", "A: range 0..0 is empty"},
		{"overflow", reflect.TypeFor[uint8](), "max=256", "A: range 0..256 does not fit uint8"},
		{"underflow", reflect.TypeFor[int8](), "range=-129..0", "A: range -129..0 does not fit int8"},
		{"step does not divide", reflect.TypeFor[int8](), "range=0..10,step=3", "A: step 3 does not divide the range 0..10"},
		{"fraction of an integer", reflect.TypeFor[int8](), "max=10,step=1/2", "A: range and step of an integer must be whole"},
		{"zero step", reflect.TypeFor[int8](), "max=10,step=0", "A: step=0 is not positive"},
		{"step alone", reflect.TypeFor[int8](), "step=2", "A: step needs a range"},
		{"no number", reflect.TypeFor[int8](), "max=1e3", `A: max: "1e3" is not a number`},
		{"half a range", reflect.TypeFor[int8](), "range=7", "A: range=7 is not of the form A..B"},
		{"float step missing", reflect.TypeFor[float32](), "range=0..1", "A: a float32 with a range needs a step"},
		{"float step not dividing", reflect.TypeFor[float32](), "range=0..1,step=0.3", "A: step 3/10 does not divide"},
		{"float step too fine", reflect.TypeFor[float32](), "range=0..4096,step=1/2048", "A: step 1/2048 is too fine for a float32 near 4096"},
		{"float bits", reflect.TypeFor[float32](), "bits=4", "A: a float32 has a range and a step instead of bits"},
		{"bool range", reflect.TypeFor[bool](), "max=1", "A: a bool has no range"},
		{"angle of a signed", reflect.TypeFor[int16](), "lerp=angle", "A: lerp=angle needs"},
		{"angle of 0..359", reflect.TypeFor[uint16](), "max=359,lerp=angle", "A: lerp=angle needs"},
		{"angle of 4..4099", reflect.TypeFor[uint16](), "range=4..4099,lerp=angle", "A: lerp=angle needs"},
		{"angle in steps", reflect.TypeFor[uint16](), "range=0..6,step=2,lerp=angle", "A: lerp=angle needs"},
		{"unknown lerp", reflect.TypeFor[uint16](), "lerp=cubic", "A: lerp=cubic is unknown"},
		{"snap alone", reflect.TypeFor[uint16](), "snap=3", "A: snap needs lerp"},
		{"fraction of a snap", reflect.TypeFor[uint16](), "lerp,snap=1/2", "A: snap of an integer must be a whole number"},
		{"zero snap", reflect.TypeFor[uint16](), "lerp,snap=0", "A: snap=0 is not positive"},
		{"unknown word", reflect.TypeFor[uint16](), "predict", `A: unknown tag word "predict"`},
		{"word twice", reflect.TypeFor[uint16](), "max=3,max=4", `A: tag word "max" appears twice`},
		{"value too many", reflect.TypeFor[PlayerID](), "owner=3", `A: tag word "owner": value`},
		{"value missing", reflect.TypeFor[uint8](), "max", `A: max: "" is not a number`},
		{"dash with more", reflect.TypeFor[uint16](), "-,lerp", `A: "-" stands alone`},
		{"tag within a tag", reflect.TypeFor[vec](), "max=7", "A.X: has a tag and lies inside"},
		{"owner of another type", reflect.TypeFor[uint8](), "owner", "A: an owner must be an engine.PlayerID, not uint8"},
		{"owners in an array", reflect.TypeFor[[2]PlayerID](), "owner", "A[0]: an owner cannot be in an array"},
		{"two owners", reflect.TypeFor[struct{ P, Q PlayerID }](), "owner", "A.Q: is a second owner beside A.P"},
		{"owner with a range", reflect.TypeFor[PlayerID](), "owner,max=3", "A: an owner has no range"},
		{"large row", reflect.TypeFor[[1 << 17]bool](), "", "takes 131072 bytes, more than 65536"},
		{"many fields", reflect.TypeFor[[4097]bool](), "", "more than 4096 fields"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := compileLayout("t", structOf(test.typ, test.tag), false)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want …%s…", err, test.want)
			}
		})
	}
	for _, tag := range []string{"-", "lerp", "owner"} {
		_, err := compileLayout("t", structOf(reflect.TypeFor[PlayerID](), tag), true)
		if err == nil || !strings.Contains(err.Error(), "field A: an input has no") {
			t.Errorf("input tagged %s: %v", tag, err)
		}
	}
}

// structOf returns the type struct{ A typ `net:"tag"` }.
func structOf(typ reflect.Type, tag string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{
		Name: "A", Type: typ, Tag: reflect.StructTag(`net:"` + tag + `"`),
	}})
}

// TestDeclarationMistakes: the error says which table or that it is the input.
func TestDeclarationMistakes(t *testing.T) {
	for _, test := range []struct {
		name    string
		declare func(s *Schema)
		want    string
	}{
		{"not a struct", func(s *Schema) { AddTable[int](s, "t", 1) }, `engine: table "t": int is not a struct`},
		{"field", func(s *Schema) { AddTable[struct{ P *int }](s, "t", 1) }, `engine: table "t": field P: *int cannot`},
		{"no capacity", func(s *Schema) { AddTable[testDoor](s, "t", 0) }, `table "t": capacity 0 is not in 1..4096`},
		{"much capacity", func(s *Schema) { AddTable[testDoor](s, "t", 4097) }, `table "t": capacity 4097 is not`},
		{"name twice", func(s *Schema) {
			AddTable[testDoor](s, "t", 1)
			AddTable[testRocket](s, "t", 1)
		}, `table "t": the name is taken`},
		{"no name", func(s *Schema) { AddTable[testDoor](s, "", 1) }, `table "": a name has 1..32 bytes`},
		{"two words", func(s *Schema) { AddTable[testDoor](s, "a b", 1) }, `table "a b": a name is printable ASCII`},
		{"late table", func(s *Schema) {
			s.NewWorld()
			AddTable[testDoor](s, "t", 1)
		}, `table "t": declared after the first world`},
		{"two inputs", func(s *Schema) {
			SetInput[testInput](s)
			SetInput[testInput](s)
		}, `engine: input: declared twice`},
		{"input field", func(s *Schema) { SetInput[struct{ S string }](s) }, `engine: input: field S: string cannot`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewSchema("test", 1)
			test.declare(s)
			if err := s.Err(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Err() = %v, want …%s…", err, test.want)
			}
		})
	}
}

func TestFirstMistakeSticks(t *testing.T) {
	s := NewSchema(strings.Repeat("x", 33), 1)
	first := s.Err()
	AddTable[int](s, "t", 1)
	if first == nil || s.Err() != first {
		t.Errorf("Err() = %v, then %v", first, s.Err())
	}
	s = NewSchema("test", 1)
	for i := range 65 {
		AddTable[testDoor](s, "t"+string(rune('0'+i)), 1)
	}
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "more than 64 tables") {
		t.Errorf("65 tables: %v", err)
	}
}
