package scenario

import "github.com/reckon-engine/reckon/sim/internal/document"

// assertions reads what must hold.
func (p *parser) assertions(n *document.Node) {
	if n == nil {
		return
	}
	if n.Kind != document.Array {
		p.Add(n.Line, "assert", "want a list: assert = [\"p99 of duel < 120 ms\"]")
		return
	}
	for _, item := range n.Items {
		if item.Kind != document.String {
			p.Add(item.Line, "assert", "want a text such as \"p99 of duel < 120 ms\"")
			continue
		}
		p.s.Assertions = append(p.s.Assertions, Assertion{Text: item.Text, Line: item.Line})
	}
}

func (p *parser) nat(s *site, n *document.Node) {
	if n != nil {
		p.Add(n.Line, s.key+".nat", "not yet")
	}
}
