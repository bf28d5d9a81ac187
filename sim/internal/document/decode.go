package document

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/units"
)

var (
	nodeType     = reflect.TypeFor[*Node]()
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Decode stores a table in the struct that into points to, by the toml tags of
// its fields. Keys that no field has are problems, and so are values of
// another type; key is what the table is called in them. Fields may be
// strings, numbers, truth values, durations, types that unmarshal text (they
// are given numbers as text too), structs, pointers to structs, slices of any
// of those, and *Node, which takes whatever is there. What is not in the table
// keeps its value.
func Decode(n *Node, key string, into any, problems *Problems) {
	d := decoder{problems}
	d.value(n, key, reflect.ValueOf(into).Elem())
}

type decoder struct{ problems *Problems }

// want adds the problem of a value of the wrong type.
func (d decoder) want(n *Node, key, what string) {
	d.problems.Add(n.Line, key, "want %s, not %s", what, n.describe())
}

// describe returns what a node is, and short ones as they are.
func (n *Node) describe() string {
	switch n.Kind {
	case Integer, Float, Bool:
		return n.Text
	case String:
		if len(n.Text) < 30 {
			return strconv.Quote(n.Text)
		}
	}
	return n.Kind.String()
}

func (d decoder) value(n *Node, key string, v reflect.Value) {
	switch {
	case v.Type() == nodeType:
		v.Set(reflect.ValueOf(n))
		return
	case v.Type() == durationType:
		d.duration(n, key, v)
		return
	case v.Addr().Type().Implements(textType):
		d.text(n, key, v.Addr().Interface().(encoding.TextUnmarshaler))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, key, v.Elem())
	case reflect.Struct:
		if n.Kind != Table {
			d.want(n, key, "a table")
			return
		}
		d.table(n, key, v)
	case reflect.Slice:
		d.list(n, key, v)
	default:
		d.scalar(n, key, v)
	}
}

func (d decoder) table(n *Node, key string, v reflect.Value) {
	t := v.Type()
	fields := map[string]int{} // looked up, never ranged over
	var names []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); name != "" && name != "-" {
			fields[name] = i
			names = append(names, name)
		}
	}
	for _, e := range n.Entries {
		if i, ok := fields[e.Name]; ok {
			d.value(e.Value, Join(key, e.Name), v.Field(i))
			continue
		}
		Unknown(d.problems, e.Value.Line, Join(key, e.Name), e.Name, names)
	}
}

func (d decoder) list(n *Node, key string, v reflect.Value) {
	if n.Kind != Array {
		if v.Type().Elem().Kind() == reflect.Struct && !reflect.PointerTo(v.Type().Elem()).Implements(textType) {
			d.problems.Add(n.Line, key, "want a list of tables: [[%s]]", key)
			return
		}
		d.want(n, key, "a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		d.value(item, key, list.Index(i))
	}
	v.Set(list)
}

func (d decoder) duration(n *Node, key string, v reflect.Value) {
	if n.Kind != String {
		d.want(n, key, "a time such as \"80ms\" or \"1.5s\"")
		return
	}
	value, err := units.ParseDelay(n.Text, 0, 365*24*time.Hour)
	if err != nil {
		d.problems.Add(n.Line, key, "%v, not %s", err, n.describe())
		return
	}
	v.SetInt(int64(value))
}

func (d decoder) text(n *Node, key string, v encoding.TextUnmarshaler) {
	switch n.Kind {
	case String, Integer, Float:
		if err := v.UnmarshalText([]byte(n.Text)); err != nil {
			d.problems.Add(n.Line, key, "%v, not %s", err, n.describe())
		}
	default:
		d.want(n, key, "a text")
	}
}

func (d decoder) scalar(n *Node, key string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if n.Kind != String {
			d.want(n, key, "a text")
			return
		}
		v.SetString(n.Text)
	case reflect.Bool:
		if n.Kind != Bool {
			d.want(n, key, "true or false")
			return
		}
		v.SetBool(n.Text == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(n.Text, 0, v.Type().Bits())
		if n.Kind != Integer || err != nil {
			d.want(n, key, "a whole number")
			return
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(n.Text, 0, v.Type().Bits())
		if n.Kind != Integer || err != nil {
			d.want(n, key, "a whole number from 0")
			return
		}
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(n.Text, v.Type().Bits())
		if n.Kind != Integer && n.Kind != Float || err != nil || f-f != 0 {
			d.want(n, key, "a number")
			return
		}
		v.SetFloat(f)
	default:
		panic("document: BUG: no way to decode into " + v.Type().String())
	}
}

// Join returns the dotted key of name in the table key.
func Join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
