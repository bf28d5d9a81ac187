package window

// A menu is a list of things to choose from.
type menu struct {
	items  []item
	chosen int
}

// An item does something and says whether the menu closes.
type item struct {
	label string
	act   func() (closes bool)
}

// move goes up or down, around the ends.
func (m *menu) move(by int) {
	m.chosen = (m.chosen + by + len(m.items)) % len(m.items)
}

// gameMenu is the menu over a game.
func (g *Game) gameMenu() *menu {
	sound := "Sound: on"
	if g.speaker.muted {
		sound = "Sound: off"
	}
	graph := "Network graph: off"
	if g.showGraph {
		graph = "Network graph: on"
	}
	chosen := 0
	if g.menu != nil {
		chosen = g.menu.chosen
	}
	return &menu{chosen: chosen, items: []item{
		{"Resume", func() bool { return true }},
		{sound, func() bool { g.speaker.toggle(); return false }},
		{graph, func() bool { g.showGraph = !g.showGraph; return false }},
		{"Fullscreen", func() bool { toggleFullscreen(); return false }},
		{"Leave the game", func() bool { g.leaving = true; return true }},
	}}
}
