package scenario

import (
	"encoding/json"
	"strings"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
)

// LinkTable returns one direction of a link as JSON has it for Adjust: an
// object with the keys of a link table, in the order of FormatLine, without
// those that are as they are by default. Tables and traces, which are files,
// are left out.
func LinkTable(c link.Config) json.RawMessage {
	var b strings.Builder
	b.WriteByte('{')
	for _, s := range settings(&c) {
		if s.value == "" || strings.HasPrefix(s.key, "#") {
			continue
		}
		root := document.Parse([]byte("v = "+s.value), document.In(""))
		if root == nil {
			panic("scenario: BUG: not TOML: " + s.value)
		}
		if b.Len() > 1 {
			b.WriteString(", ")
		}
		b.WriteString(quoteJSON(s.key) + ": ")
		writeJSON(&b, root.Get("v"))
	}
	b.WriteByte('}')
	return json.RawMessage(b.String())
}

func quoteJSON(s string) string {
	text, _ := json.Marshal(s) // a text always has one
	return string(text)
}

// writeJSON writes a value of a link table.
func writeJSON(b *strings.Builder, n *document.Node) {
	switch n.Kind {
	case document.String:
		b.WriteString(quoteJSON(n.Text))
	case document.Array:
		for i, item := range n.Items {
			b.WriteString([]string{"[", ", "}[min(i, 1)])
			writeJSON(b, item)
		}
		b.WriteByte(']')
	case document.Table:
		for i, e := range n.Entries {
			b.WriteString([]string{"{", ", "}[min(i, 1)] + quoteJSON(e.Name) + ": ")
			writeJSON(b, e.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(n.Text)
	}
}
