package document

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A Kind is what a Node is.
type Kind uint8

// The kinds of nodes.
const (
	Table Kind = iota
	Array
	String
	Integer
	Float
	Bool
	Time // a date or a time of day, for which nothing here has a use
)

// String returns what a person calls it, with its article.
func (k Kind) String() string {
	return [...]string{"a table", "a list", "a text", "a whole number", "a number", "true or false", "a date"}[k]
}

// A Node is a value in a file.
type Node struct {
	Kind    Kind
	Line    int     // of its key, or of the value itself in a list
	Text    string  // of a String its content, of a scalar as it is written
	Entries []Entry // of a Table, in the order of the file
	Items   []*Node // of an Array
}

// An Entry is a key of a table and its value.
type Entry struct {
	Name  string
	Value *Node
}

// Get returns the value of a key of a table, nil if there is none.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Name == name {
			return n.Entries[i].Value
		}
	}
	return nil
}

// LineOf returns the line of a dotted key below n, in which a number counts
// the items of a list from 0: "channel.0.size". Where a part of it is missing,
// it is the line of what is there.
func (n *Node) LineOf(key string) int {
	for part := range strings.SplitSeq(key, ".") {
		var next *Node
		if i, err := strconv.Atoi(part); err == nil && n.Kind == Array && i >= 0 && i < len(n.Items) {
			next = n.Items[i]
		} else {
			next = n.Get(part)
		}
		if next == nil {
			break
		}
		n = next
	}
	return n.Line
}

// Parse reads a file. If it is not TOML, problems says where, and the result
// is nil.
func Parse(data []byte, problems *Problems) *Node {
	// The decoder finds what the tree cannot show: keys and tables defined
	// twice.
	var all map[string]any
	if err := toml.Unmarshal(data, &all); err != nil {
		line := 0
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			line, _ = decode.Position()
		}
		problems.Add(line, "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
		return nil
	}
	var t tree
	t.Reset(data)
	for i, c := range data {
		if c == '\n' {
			t.breaks = append(t.breaks, uint32(i))
		}
	}
	root := &Node{Kind: Table, Line: 1}
	t.table = root
	for t.NextExpression() {
		t.expression(root, t.Expression())
	}
	if err := t.Error(); err != nil {
		problems.Add(0, "", "%s", err)
		return nil
	}
	return root
}

// A tree builds Nodes out of the parser's.
type tree struct {
	unstable.Parser
	table  *Node    // that [header] or [[header]] opened last
	breaks []uint32 // offsets of line breaks
}

func (t *tree) expression(root *Node, e *unstable.Node) {
	switch e.Kind {
	case unstable.KeyValue:
		t.keyValue(t.table, e)
	case unstable.Table, unstable.ArrayTable:
		n, line := root, 0
		it := e.Key()
		for it.Next() {
			line = t.line(it.Node())
			name := string(it.Node().Data)
			if it.IsLast() && e.Kind == unstable.ArrayTable {
				list := n.child(name, Array, line)
				n = &Node{Kind: Table, Line: line}
				list.Items = append(list.Items, n)
				break
			}
			n = n.child(name, Table, line)
			if n.Kind == Array && len(n.Items) > 0 {
				n = n.Items[len(n.Items)-1]
			}
		}
		t.table = n
	}
}

func (t *tree) keyValue(n *Node, e *unstable.Node) {
	it := e.Key()
	for it.Next() {
		line, name := t.line(it.Node()), string(it.Node().Data)
		if it.IsLast() {
			n.Entries = append(n.Entries, Entry{name, t.value(e.Value(), line)})
			return
		}
		n = n.child(name, Table, line)
	}
}

// child returns the value of a key, which it makes if there is none.
func (n *Node) child(name string, kind Kind, line int) *Node {
	if c := n.Get(name); c != nil {
		return c
	}
	c := &Node{Kind: kind, Line: line}
	n.Entries = append(n.Entries, Entry{name, c})
	return c
}

func (t *tree) value(v *unstable.Node, line int) *Node {
	n := &Node{Line: line, Text: string(v.Data)}
	switch v.Kind {
	case unstable.String:
		n.Kind = String
	case unstable.Integer:
		n.Kind, n.Text = Integer, plain(n.Text)
	case unstable.Float:
		n.Kind, n.Text = Float, plain(n.Text)
	case unstable.Bool:
		n.Kind = Bool
	case unstable.Array:
		n.Kind = Array
		it := v.Children()
		for it.Next() {
			at := line
			if l := t.line(it.Node()); l > 0 {
				at = l
			}
			n.Items = append(n.Items, t.value(it.Node(), at))
		}
	case unstable.InlineTable:
		n.Kind = Table
		it := v.Children()
		for it.Next() {
			t.keyValue(n, it.Node())
		}
	default:
		n.Kind = Time
	}
	return n
}

// line returns where a node begins, 0 if the parser does not say.
func (t *tree) line(n *unstable.Node) int {
	if n.Raw.Length == 0 {
		return 0
	}
	before, _ := slices.BinarySearch(t.breaks, n.Raw.Offset) // Shape would count them from the beginning
	return before + 1
}

// plain takes the underscores out of a number, and its plus.
func plain(number string) string {
	return strings.TrimPrefix(strings.ReplaceAll(number, "_", ""), "+")
}

// Short returns a value in a line, as TOML would have it, but for the braces of
// the table itself.
func (n *Node) Short() string {
	inline := func(n *Node) string {
		if n.Kind == Table {
			return "{ " + n.Short() + " }"
		}
		return n.Short()
	}
	var parts []string
	switch n.Kind {
	case String:
		return strconv.Quote(n.Text)
	case Array:
		for _, item := range n.Items {
			parts = append(parts, inline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Table:
		for _, e := range n.Entries {
			parts = append(parts, e.Name+" = "+inline(e.Value))
		}
		return strings.Join(parts, ", ")
	}
	return n.Text
}
