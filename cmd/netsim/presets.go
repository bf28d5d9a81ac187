package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
)

const presetsHelp = `Usage: netsim presets [NAME] [--json]

Lists the access networks that scenarios and flags know by name, or prints one
with the sources of its figures, as the file that it is.

  netsim presets
  netsim presets starlink > mine.toml     to change: link = { preset = "mine.toml" }

RTT is the round trip without jitter; jitter is ± each way; loss is each way,
down / up where they differ.

  --json                  as JSON
`

// runPresets is the command.
func runPresets(_ context.Context, args []string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("netsim presets", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	asJSON := set.Bool("json", false, "")
	names, err := namesAndFlags(set, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, presetsHelp)
		return exitOK
	case err == nil && len(names) > 1:
		err = fmt.Errorf("want one name, not %q as well", names[1])
	}
	if err != nil {
		fmt.Fprintf(stderr, "netsim presets: %v\n", twoDashes(err))
		return exitUsage
	}
	err = writePresets(stdout, names, *asJSON)
	var unknown *scenario.KeyError
	switch {
	case errors.As(err, &unknown):
		fmt.Fprintf(stderr, "netsim presets: %q: want %s\n", names[0], unknown.Want)
		return exitUsage
	case err != nil:
		fmt.Fprintf(stderr, "netsim: %v\n", err)
		return exitError
	}
	return exitOK
}

// namesAndFlags parses flags that may stand before, between and after names.
func namesAndFlags(set *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := set.Parse(args); err != nil {
			return names, err
		}
		if set.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, set.Arg(0)), set.Args()[1:]
	}
}

// writePresets writes the one with a name, or all.
func writePresets(w io.Writer, names []string, asJSON bool) error {
	presets := []scenario.Preset(nil)
	if len(names) == 0 {
		presets = scenario.Presets()
	} else {
		p, err := scenario.FindPreset(names[0])
		if err != nil {
			return err
		}
		if !asJSON {
			_, err := io.WriteString(w, p.Text)
			return err
		}
		presets = append(presets, p)
	}
	if !asJSON {
		return writePresetTable(w, presets)
	}
	rows := make([]presetSummary, len(presets))
	for i := range presets {
		rows[i] = summaryOfPreset(&presets[i])
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if len(names) > 0 {
		return encoder.Encode(rows[0])
	}
	return encoder.Encode(rows)
}

// A presetSummary is a preset as --json has it. Rates are 0 where there is no
// limit.
type presetSummary struct {
	Name    string            `json:"name"`
	Title   string            `json:"title"`
	About   string            `json:"about"`
	RTT     float64           `json:"rtt_ms"`
	Down    presetDirection   `json:"down"`
	Up      presetDirection   `json:"up"`
	Sources map[string]string `json:"sources"`
	TOML    string            `json:"toml"`
}

type presetDirection struct {
	Delay  float64 `json:"delay_ms"` // one way
	Jitter float64 `json:"jitter_ms"`
	Loss   float64 `json:"loss"` // outside of spikes, slots and outages; 0 to 1
	Rate   int64   `json:"bits_per_second"`
}

func summaryOfPreset(p *scenario.Preset) presetSummary {
	s := presetSummary{
		Name: p.Name, Title: p.Title, About: p.About, TOML: p.Text,
		RTT: milliseconds(p.Line.Up.Delay + p.Line.Down.Delay), Sources: map[string]string{},
		Down: directionOf(&p.Line.Down), Up: directionOf(&p.Line.Up),
	}
	for _, source := range p.Sources {
		s.Sources[source.About] = source.Text
	}
	return s
}

func directionOf(c *link.Config) presetDirection {
	burst := c.Burst.MeanLoss()
	return presetDirection{
		Delay: milliseconds(c.Delay), Jitter: milliseconds(c.Jitter), Rate: c.Rate,
		Loss: burst + c.Loss - float64(burst*c.Loss),
	}
}

// writePresetTable writes a line for each preset.
func writePresetTable(w io.Writer, presets []scenario.Preset) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tRTT\tJITTER\tLOSS\tDOWN / UP\tABOUT")
	for i := range presets {
		p := &presets[i]
		down, up := directionOf(&p.Line.Down), directionOf(&p.Line.Up)
		fmt.Fprintf(table, "%s\t%v\t%s\t%s\t%s\t%s\n", p.Name, p.Line.Down.Delay+p.Line.Up.Delay,
			pair(jitterText(p.Line.Down.Jitter), jitterText(p.Line.Up.Jitter)),
			pair(percent(down.Loss), percent(up.Loss)), rates(down.Rate, up.Rate), p.About)
	}
	return table.Flush()
}

// pair writes two values, once if they are the same.
func pair(down, up string) string {
	if down == up {
		return down
	}
	return down + " / " + up
}

func jitterText(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return "±" + d.String()
}

func percent(share float64) string {
	if share == 0 {
		return "-"
	}
	return strconv.FormatFloat(100*share, 'g', 3, 64) + "%"
}

func rates(down, up int64) string {
	if down == 0 && up == 0 {
		return "-"
	}
	return shortRate(down) + " / " + shortRate(up)
}

func shortRate(bits int64) string {
	if bits >= 1_000_000 {
		return strconv.FormatFloat(float64(bits)/1e6, 'g', 4, 64) + "M"
	}
	return strconv.FormatFloat(float64(bits)/1e3, 'g', 4, 64) + "k"
}
