package scenario

import "github.com/reckon-engine/reckon/sim/internal/document"

func (p *parser) nat(s *site, n *document.Node) {
	if n != nil {
		p.Add(n.Line, s.key+".nat", "not yet")
	}
}
