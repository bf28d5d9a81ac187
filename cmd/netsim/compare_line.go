package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/compare"
	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
	"github.com/reckon-engine/reckon/sim/units"
)

// setLine decides which line it is, and for how long.
func (o *compareOptions) setLine(lines *lineFlags, names []string) (err error) {
	given := len(lines.raw) > 0 || lines.rtt > 0 || lines.unordered
	duration := time.Minute
	o.Seed = 1
	switch {
	case len(names) > 1:
		return fmt.Errorf("want one scenario or preset, not %q as well", names[1])
	case len(names) == 1 && given:
		return fmt.Errorf("want either %s or flags of the link: which of them should hold?", names[0])
	case len(names) == 1:
		duration, err = o.named(names[0])
	default:
		if !given {
			lines.rtt, lines.raw["loss"] = 125*time.Millisecond, "5%"
		}
		o.Up, err = lines.config("up")
		if err != nil {
			return fmt.Errorf("up: %w", err)
		}
		o.Down, err = lines.config("down")
		if err != nil {
			return fmt.Errorf("down: %w", err)
		}
		o.line = lineInWords(&o.Up, &o.Down)
	}
	if o.Duration == 0 {
		o.Duration = duration
	}
	return err
}

// named takes the line of a preset, or of a scenario, which also says how long
// it takes.
func (o *compareOptions) named(name string) (time.Duration, error) {
	if _, err := os.Stat(name); err != nil {
		preset, err := scenario.FindPreset(name)
		if err == nil {
			o.Up, o.Down = preset.Line.Up, preset.Line.Down
			o.line = preset.Title
			return time.Minute, nil
		}
	}
	s, err := scenario.Load(name, flow.ScenarioKinds(kinds())...)
	if err != nil {
		return 0, err
	}
	o.Seed, o.line = s.Seed, s.Name
	for _, place := range s.Places {
		if place.Name == scenario.Client && !place.Router && place.Parent == "" {
			o.Up, o.Down = place.Line.Up, place.Line.Down
			return max(s.Duration, 2*time.Second), o.timeline(s)
		}
	}
	return 0, errors.New(s.File + ": want a host called client that hangs on the internet: compare takes its link and nothing else")
}

// timeline takes the changes of the client's link.
func (o *compareOptions) timeline(s *scenario.Scenario) error {
	for _, change := range s.Timeline {
		if change.Rebind != "" || change.Move != nil {
			return fmt.Errorf("%s:%d: want changes of links only: compare has no routers", s.File, change.Line)
		}
		for _, l := range change.Links {
			if l.Place == scenario.Client {
				o.Changes = append(o.Changes, tun.Change{At: change.At, Up: &l.Line.Up, Down: &l.Line.Down})
			}
		}
	}
	return nil
}

// lineInWords describes a line by what matters most.
func lineInWords(up, down *link.Config) string {
	words := []string{inWords(up.Delay+down.Delay) + " round trip"}
	add := func(what string, up, down string) {
		switch {
		case up == down && up != "":
			words = append(words, fmt.Sprintf("%s %s each way", up, what))
		case up != down:
			words = append(words, fmt.Sprintf("%s up and %s down %s", orZero(up), orZero(down), what))
		}
	}
	add("jitter", jitterOf(up), jitterOf(down))
	add("lost", lossOf(up), lossOf(down))
	add("rate", rateOf(up), rateOf(down))
	return strings.Join(words, ", ")
}

// inWords is for durations in sentences.
func inWords(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'g', 4, 64) + " ms"
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func jitterOf(c *link.Config) string {
	if c.Jitter == 0 {
		return ""
	}
	return "±" + inWords(c.Jitter)
}

func lossOf(c *link.Config) string {
	burst := c.Burst.MeanLoss()
	loss := burst + c.Loss - float64(burst*c.Loss)
	if loss == 0 {
		return ""
	}
	text := strconv.FormatFloat(100*loss, 'g', 3, 64) + " %"
	if burst > 0 {
		text += " in bursts"
	}
	return text
}

func rateOf(c *link.Config) string {
	if c.Rate == 0 {
		return ""
	}
	return units.FormatRate(float64(c.Rate))
}

// plotLine is what a plot says beneath its title.
func (o *compareOptions) plotLine() string {
	if o.virtual {
		return o.line + ", in virtual time"
	}
	return o.line + ", this kernel's TCP over a TUN link"
}

// traffic is what is sent, in words.
func traffic() string {
	return fmt.Sprintf("%d times a second %d bytes up and %d down", compare.Rate, compare.UpBytes, compare.DownBytes)
}
