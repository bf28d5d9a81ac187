package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// look writes the sample pages to a directory, to be looked at.
var look = flag.String("look", "", "directory to write the sample pages to")

func TestLook(t *testing.T) {
	if *look == "" {
		t.Skip("-look DIR writes the sample pages")
	}
	var b bytes.Buffer
	save := func(name string, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*look, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", name, b.Len())
		b.Reset()
	}
	save("run.html", HTML(&b, Page{
		Run: duel(60), About: "One against one on LTE: does state stay fresh?",
		Command: "netsim run duel-lte.toml --seed 42", Footer: "Made by netsim.",
		Source: "name = \"LTE duel\"\nseconds = 60\n\n[link]\npreset = \"lte\"\n",
	}))
	save("compare.html", Compare(&b, race(60)))
	save("sweep.html", Sweep(&b, SweepPage{Grid: grid(11, 12, 1, 5), Command: "netsim sweep duel-lte.toml"}))
	save("sweep3.html", Sweep(&b, SweepPage{Grid: grid(11, 10, 4, 3)}))
	save("sweep10000.html", Sweep(&b, SweepPage{Grid: grid(100, 100, 1, 1)}))
	c := race(60)
	overview, err := c.Overview()
	if err != nil {
		t.Fatal(err)
	}
	save("overview.svg", overview.WriteSVG(&b))
	save("arrived.svg", c.Arrived(&c.Cases[2]).WriteSVG(&b))
	save("large.html", HTML(&b, Page{Run: large(64, 3600)}))
}
