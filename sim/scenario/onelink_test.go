package scenario

import (
	"strings"
	"testing"
	"time"
)

func TestOneLink(t *testing.T) {
	s, err := Parse("one.toml", []byte(`
seconds = 60
[hosts.client]
via = "home"
[hosts.far]
via = "home"
link = { rtt = "10ms" }
[routers.home]
link = { preset = "dsl" }
nat = "translate"
[[at]]
time = "10s"
on = ["home", "far"]
link = { loss = "10%" }
[[at]]
time = "20s"
rebind = "home"
[[at]]
time = "30s"
on = "far"
link = { loss = "20%" }
[[at]]
time = "40s"
move = { host = "far" }
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Hosts(); len(got) != 2 || got[0] != "client" {
		t.Errorf("the hosts are %v", got)
	}
	place, changes, err := s.OneLink("client")
	if err != nil || place.Name != "home" || place.Line.Up.Delay != 20*time.Millisecond {
		t.Errorf("the client's link is %+v, %v", place, err)
	}
	if len(changes) != 2 || len(changes[0].Links) != 1 || changes[0].Links[0].Place != "home" || changes[1].Rebind != "home" {
		t.Errorf("the changes are %+v", changes)
	}
	if _, _, err := s.OneLink("far"); err == nil || !strings.Contains(err.Error(), "of far and home") {
		t.Errorf("two links: %v", err)
	}
	if _, _, err := s.OneLink("nobody"); err == nil {
		t.Error("nobody has a link")
	}
}
