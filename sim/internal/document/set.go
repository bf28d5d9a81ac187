package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Set gives a dotted key below the table n a value, in place of what the file
// says: "link.loss". The items of a list are named by their number, from 0, or
// by what their key "name" says: "flow.duel.channel.state.up.rate". The value
// is as in TOML, but texts need no quotes. What it sets has line 0.
func (n *Node) Set(key, value string) error {
	parts := strings.Split(key, ".")
	for i, part := range parts[:len(parts)-1] {
		next := n.step(part)
		switch {
		case part == "":
			return fmt.Errorf("%s: want a key such as link.loss", key)
		case next != nil:
			n = next
		case n.Kind == Table:
			n = n.child(part, Table, 0)
		default:
			return fmt.Errorf("%s: there is no %s", key, strings.Join(parts[:i+1], "."))
		}
	}
	last := parts[len(parts)-1]
	if n.Kind != Table || last == "" {
		return fmt.Errorf("%s: want the key of a table", key)
	}
	v := literal(value)
	if i := slices.IndexFunc(n.Entries, func(e Entry) bool { return e.Name == last }); i >= 0 {
		n.Entries[i].Value = v
	} else {
		n.Entries = append(n.Entries, Entry{last, v})
	}
	return nil
}

// step returns the value of a key, or an item of a list; nil if there is none.
func (n *Node) step(part string) *Node {
	if n.Kind != Array {
		return n.Get(part)
	}
	if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.Items) {
		return n.Items[i]
	}
	for _, item := range n.Items {
		if name := item.Get("name"); name != nil && name.Text == part {
			return item
		}
	}
	return nil
}

// literal reads a value as TOML does, or takes it for a text.
func literal(value string) *Node {
	if !strings.ContainsAny(value, "\r\n#") {
		if root := Parse([]byte("v = "+value), In("")); root != nil && len(root.Entries) == 1 {
			v := root.Entries[0].Value
			v.unline()
			if v.Kind != Time {
				return v
			}
		}
	}
	return &Node{Kind: String, Text: value}
}

// unline makes a value one that is not in the file.
func (n *Node) unline() {
	n.Line = 0
	for _, e := range n.Entries {
		e.Value.unline()
	}
	for _, item := range n.Items {
		item.unline()
	}
}
