package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// Limits of one row. They bound what a hostile or a mistaken schema can cost
// and are far above what a game needs.
const (
	maxRowBytes  = 1 << 16
	maxRowFields = 1 << 12
)

// A Group is a run of fields that share one "changed" bit on the wire: a
// single field, or all elements of one array.
type Group struct {
	First int // index of its first field in Layout.Fields
	Count int // number of fields, 1 or more
}

// A Layout is the compiled form of a struct type: the fields in memory order,
// found by reflection once and handled by pointer arithmetic ever after.
//
// A Layout is immutable and safe for concurrent use.
type Layout struct {
	name     string
	capacity int
	typ      reflect.Type
	size     uintptr
	fields   []Field
	groups   []Group
	inexact  []int // fields that Quantise can change
	lerps    []int // fields that are interpolated
	snaps    bool  // some field has a snap distance
	plain    bool  // all of lerps are in plains as well
	plains   []plainLerp
	owner    int    // the owner field, -1 without
	ownSlots int    // slots that each player has for itself; 0: none
	gaps     []span // bytes outside all fields: server-only ones and padding
	newRows  func(n int) unsafe.Pointer
	zeroRow  unsafe.Pointer // a row of zeros, quantised
	words    []maskedWord   // all fields, eight bytes at a time; nil if a row is shorter
}

// A maskedWord is eight bytes of a row, of which those of fields count.
type maskedWord struct {
	offset uintptr
	mask   uint64 // in the byte order of the machine
	groups uint64 // bit per group, of the first 64, with bytes in it
}

// A span is a range of bytes in a row.
type span struct{ offset, size uintptr }

// Name returns the name of the table, or "input".
func (l *Layout) Name() string { return l.name }

// Capacity returns how many rows the table can hold; 0 for an input.
func (l *Layout) Capacity() int { return l.capacity }

// Fields returns how many fields a row has.
func (l *Layout) Fields() int { return len(l.fields) }

// Field returns field i in the order of the struct.
func (l *Layout) Field(i int) *Field { return &l.fields[i] }

// Groups returns the groups in order; together they cover every field once.
// The caller must not change them.
func (l *Layout) Groups() []Group { return l.groups }

// same reports whether the other layout describes the same rows in memory and
// on the wire.
func (l *Layout) same(o *Layout) bool {
	return l == o || l.typ == o.typ && l.name == o.name && l.capacity == o.capacity && l.ownSlots == o.ownSlots
}

// compileLayout makes the plan of a struct type.
func compileLayout(name string, t reflect.Type, isInput bool) (*Layout, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is not a struct", t)
	}
	if t.Size() > maxRowBytes {
		return nil, fmt.Errorf("%v takes %d bytes, more than %d", t, t.Size(), maxRowBytes)
	}
	l := &Layout{name: name, typ: t, size: t.Size(), owner: -1}
	c := layoutCompiler{layout: l, isInput: isInput}
	if err := c.walk(t, 0, "", fieldTag{}); err != nil {
		return nil, err
	}
	l.findGaps()
	l.findWords()
	l.findPlain()
	return l, nil
}

// A layoutCompiler walks a struct type once, in memory order.
type layoutCompiler struct {
	layout  *Layout
	isInput bool
	inArray bool
}

func (c *layoutCompiler) walk(t reflect.Type, offset uintptr, path string, tag fieldTag) error {
	switch t.Kind() {
	case reflect.Struct:
		return c.walkStruct(t, offset, path, tag)
	case reflect.Array:
		return c.walkArray(t, offset, path, tag)
	}
	field, err := compileField(t, path, offset, tag)
	if err == nil {
		err = c.checkRole(t, tag)
	}
	if err != nil {
		return fmt.Errorf("field %s: %w", path, err)
	}
	return c.add(field, tag.owner)
}

func (c *layoutCompiler) walkStruct(t reflect.Type, offset uintptr, path string, outer fieldTag) error {
	for member := range t.Fields() {
		inner := member.Name
		if path != "" {
			inner = path + "." + member.Name
		}
		tag, err := parseTag(member.Tag.Get(tagKey))
		switch {
		case err != nil:
		case tag.text != "" && outer.text != "":
			err = errors.New("has a tag and lies inside a field that has one too")
		case tag.text == "":
			tag = outer
		}
		if err == nil && (tag.hidden || member.Name == "_") {
			if err = c.checkHidden(member.Type); err == nil {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("field %s: %w", inner, err)
		}
		if err := c.walk(member.Type, offset+member.Offset, inner, tag); err != nil {
			return err
		}
	}
	return nil
}

// walkArray makes one group of everything in the outermost array.
func (c *layoutCompiler) walkArray(t reflect.Type, offset uintptr, path string, tag fieldTag) error {
	if t.Len() == 0 {
		return fmt.Errorf("field %s: an array of no elements", path)
	}
	outermost, first := !c.inArray, len(c.layout.fields)
	c.inArray = true
	for i := range t.Len() {
		at := offset + uintptr(i)*t.Elem().Size()
		if err := c.walk(t.Elem(), at, fmt.Sprintf("%s[%d]", path, i), tag); err != nil {
			return err
		}
	}
	if outermost {
		c.inArray = false
		if count := len(c.layout.fields) - first; count > 0 {
			c.layout.groups = append(c.layout.groups, Group{First: first, Count: count})
		}
	}
	return nil
}

func (c *layoutCompiler) add(field Field, owner bool) error {
	l := c.layout
	at := len(l.fields)
	if at == maxRowFields {
		return fmt.Errorf("more than %d fields", maxRowFields)
	}
	if owner {
		l.owner = at
	}
	if field.lerp != lerpNone {
		l.lerps = append(l.lerps, at)
		l.snaps = l.snaps || field.hasSnap
	}
	if !field.full {
		l.inexact = append(l.inexact, at)
	}
	if !c.inArray {
		l.groups = append(l.groups, Group{First: at, Count: 1})
	}
	l.fields = append(l.fields, field)
	return nil
}

// checkRole refuses words that make no sense where they stand.
func (c *layoutCompiler) checkRole(t reflect.Type, tag fieldTag) error {
	switch {
	case c.isInput && (tag.owner || tag.lerp != lerpNone):
		return errors.New("an input has no owner and is not interpolated")
	case tag.owner && t != reflect.TypeFor[PlayerID]():
		return fmt.Errorf("an owner must be an engine.PlayerID, not %v", t)
	case tag.owner && c.inArray:
		return errors.New("an owner cannot be in an array")
	case tag.owner && c.layout.owner >= 0:
		return fmt.Errorf("is a second owner beside %s", c.layout.fields[c.layout.owner].name)
	}
	return nil
}

// checkHidden refuses server-only fields that plain copying would share
// between worlds.
func (c *layoutCompiler) checkHidden(t reflect.Type) error {
	if c.isInput {
		return errors.New(`an input has no "-" or blank fields: client and server would disagree`)
	}
	if bad := firstPointer(t); bad != nil {
		return fmt.Errorf("%v is not plain data, and worlds are copied byte by byte", bad)
	}
	return nil
}

// firstPointer returns a type within t that holds a pointer, or nil.
func firstPointer(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Struct:
		for field := range t.Fields() {
			if bad := firstPointer(field.Type); bad != nil {
				return bad
			}
		}
		return nil
	case reflect.Array:
		return firstPointer(t.Elem())
	case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.Map,
		reflect.String, reflect.Chan, reflect.Func, reflect.Interface:
		return t
	default:
		return nil
	}
}

// findGaps lists the bytes that no field covers. Fields are in memory order.
func (l *Layout) findGaps() {
	var end uintptr
	for i := range l.fields {
		field := &l.fields[i]
		if field.offset > end {
			l.gaps = append(l.gaps, span{end, field.offset - end})
		}
		end = field.offset + uintptr(field.size)
	}
	if end < l.size {
		l.gaps = append(l.gaps, span{end, l.size - end})
	}
}

// findWords covers the fields with words. The last one reaches back over what
// is covered already where the size is no multiple of eight.
func (l *Layout) findWords() {
	if l.size < 8 {
		return
	}
	covered := make([]byte, l.size)
	for i := range l.fields {
		for j := range uintptr(l.fields[i].size) {
			covered[l.fields[i].offset+j] = 0xff
		}
	}
	for at := uintptr(0); at < l.size; at += 8 {
		offset := min(at, l.size-8)
		mask := [8]byte(covered[offset:])
		clear(mask[:at-offset])
		if mask != ([8]byte{}) {
			l.words = append(l.words, maskedWord{
				offset: offset, mask: binary.NativeEndian.Uint64(mask[:]), groups: l.groupsIn(at, at+8),
			})
		}
	}
}

// groupsIn returns a bit for each of the first 64 groups that has bytes from
// one offset up to another.
func (l *Layout) groupsIn(from, to uintptr) (mask uint64) {
	for i, g := range l.groups[:min(len(l.groups), 64)] {
		for _, f := range l.fields[g.First : g.First+g.Count] {
			if f.offset < to && f.offset+uintptr(f.size) > from {
				mask |= 1 << i
			}
		}
	}
	return mask
}
