package engine

import (
	"fmt"
	"strings"
)

// Describe returns the canonical text of the schema: one line for each table
// and for each group of fields, with everything that matters on the wire and
// nothing else (no server-only fields, no build number, no Go type names).
// Two peers whose fingerprints differ find out where by comparing it line by
// line.
func (s *Schema) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "reckon schema 1\ngame %s\n", s.game)
	for _, l := range s.tables {
		fmt.Fprintf(&b, "table %s capacity=%d\n", l.name, l.capacity)
		l.describe(&b)
	}
	if s.input != nil {
		b.WriteString("input\n")
		s.input.describe(&b)
	}
	return b.String()
}

func (l *Layout) describe(b *strings.Builder) {
	for _, g := range l.groups {
		for i := g.First; i < g.First+g.Count; i++ {
			// Elements of an array stand a level deeper than single fields.
			indent := "  "
			if g.Count > 1 {
				indent = "    "
			}
			b.WriteString(indent)
			l.fields[i].describe(b)
			if i == l.owner {
				b.WriteString(" owner")
			}
			b.WriteByte('\n')
		}
	}
}

func (f *Field) describe(b *strings.Builder) {
	fmt.Fprintf(b, "%s %v bits=%d", f.name, f.wireKind(), f.bits)
	switch {
	case f.kind == kindFloat32 && f.ranged:
		fmt.Fprintf(b, " range=%v..%v step=%s", f.floatMin, f.floatMax, f.stepString)
	case f.kind == kindFloat32 || f.kind == kindBool:
	case f.kind.signed():
		fmt.Fprintf(b, " range=%d..%d step=%d", int64(f.min), int64(f.max), f.step)
	default:
		fmt.Fprintf(b, " range=%d..%d step=%d", f.min, f.max, f.step)
	}
	switch f.lerp {
	case lerpLinear:
		b.WriteString(" lerp")
	case lerpAngle:
		b.WriteString(" lerp=angle")
	}
	if f.hasSnap && f.kind == kindFloat32 {
		fmt.Fprintf(b, " snap=%v", f.floatSnap)
	} else if f.hasSnap {
		fmt.Fprintf(b, " snap=%d", f.snap)
	}
}

// wireKind names what the wire can tell apart: the width of an integer type
// is no part of it, the range is.
func (f *Field) wireKind() string {
	switch {
	case f.kind == kindBool || f.kind == kindFloat32:
		return f.kind.String()
	case f.kind.signed():
		return "int"
	default:
		return "uint"
	}
}

// format returns the value of a pattern as text.
func (f *Field) format(pattern uint64) string {
	switch {
	case f.kind == kindBool:
		return fmt.Sprint(pattern != 0)
	case f.kind == kindFloat32:
		return fmt.Sprint(floatOf(pattern))
	case f.kind.signed():
		return fmt.Sprint(int64(pattern))
	default:
		return fmt.Sprint(pattern)
	}
}
