package engine

import (
	"reflect"
	"testing"
)

// TestEveryFieldIsInThePlan is Quake's assert: every byte of a row belongs to
// exactly one field of the plan, to a server-only field, or to padding.
func TestEveryFieldIsInThePlan(t *testing.T) {
	type inner struct {
		P uint8
		Q uint32 `net:"bits=20"`
	}
	type all struct {
		A bool
		B int8
		C int16
		_ [3]uint8
		D int32
		E int64
		F uint8
		g [5]uint8 `net:"-"`
		H uint16
		I uint32
		J uint64
		K float32
		L int  `net:"max=9"`
		M uint `net:"bits=31"`
		N inner
		O [3]inner
		P [2][2]int16 `net:"range=-3..3"`
		q inner       `net:"-"`
	}
	l, err := compileLayout("t", reflect.TypeFor[all](), false)
	if err != nil {
		t.Fatal(err)
	}
	const field, hidden = 1, 2
	covered := make([]int, l.size)
	mark := func(offset, size uintptr, as int) {
		for i := offset; i < offset+size; i++ {
			if covered[i] != 0 {
				t.Errorf("byte %d belongs to two", i)
			}
			covered[i] = as
		}
	}
	for i := range l.fields {
		mark(l.fields[i].offset, l.fields[i].kind.size(), field)
	}
	for _, gap := range l.gaps {
		mark(gap.offset, gap.size, hidden)
	}
	for i, as := range covered {
		if as == 0 {
			t.Errorf("byte %d belongs to nothing", i)
		}
	}
	var walk func(t reflect.Type, offset uintptr, isHidden bool)
	walk = func(rt reflect.Type, offset uintptr, isHidden bool) {
		switch rt.Kind() {
		case reflect.Struct:
			for m := range rt.Fields() {
				walk(m.Type, offset+m.Offset, isHidden || m.Tag.Get("net") == "-" || m.Name == "_")
			}
		case reflect.Array:
			for i := range rt.Len() {
				walk(rt.Elem(), offset+uintptr(i)*rt.Elem().Size(), isHidden)
			}
		default:
			want := field
			if isHidden {
				want = hidden
			}
			for i := offset; i < offset+rt.Size(); i++ {
				if covered[i] != want {
					t.Errorf("byte %d of a %v is covered as %d, want %d", i, rt, covered[i], want)
				}
			}
		}
	}
	walk(l.typ, 0, false)
	next := 0
	for _, g := range l.groups {
		if g.First != next || g.Count < 1 {
			t.Errorf("group %v does not start at field %d", g, next)
		}
		next += g.Count
	}
	if next != len(l.fields) || len(l.fields) != 12+2+6+4 || len(l.groups) != 12+2+2 {
		t.Errorf("%d fields in %d groups, of which %d are covered", len(l.fields), len(l.groups), next)
	}
	_ = all{}.g[0] + all{}.q.P
}
