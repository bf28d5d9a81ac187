package scene

import (
	"fmt"
	"testing"
)

func TestArrange(t *testing.T) {
	for _, size := range [][2]float32{{640, 360}, {1280, 720}, {1024, 768}, {1920, 1080}, {3440, 1440}} {
		t.Run(fmt.Sprintf("%vx%v", size[0], size[1]), func(t *testing.T) {
			scale := max(0.5, min(size[0]/1280, size[1]/720))
			l := Arrange(size[0], size[1], scale)
			parts := map[string]Rect{
				"clock": l.Clock, "minimap": l.Minimap, "feed": l.Feed, "health": l.Health,
				"weapons": l.Weapons, "notices": l.Notices, "graph": l.NetGraph,
			}
			for name, r := range parts {
				if r.X < 0 || r.Y < 0 || r.X+r.W > size[0] || r.Y+r.H > size[1] {
					t.Errorf("%s %+v is not on the screen", name, r)
				}
				for other, o := range parts {
					if name < other && r.Overlaps(o) && name != "feed" && other != "feed" {
						t.Errorf("%s %+v overlaps %s %+v", name, r, other, o)
					}
				}
			}
		})
	}
}
