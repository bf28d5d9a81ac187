package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
)

// A source is where the line of netsim proxy and netsim tun is from: flags, a
// preset with flags laid over it, or a scenario.
type source struct {
	lineFlags
	preset string
	file   string // of the scenario
	host   string // of the scenario; "" for all, or the client
	seed   uint64

	seedGiven bool
	scenario  *scenario.Scenario  // nil if there is none
	line      scenario.Line       // of flags or a preset
	hosts     []scenario.RealHost // of the scenario
}

// register adds the flags.
func (s *source) register(set *flag.FlagSet) {
	s.lineFlags.register(set)
	set.StringVar(&s.preset, "preset", "", "")
	set.StringVar(&s.file, "scenario", "", "")
	set.StringVar(&s.host, "host", "", "")
	set.Func("seed", "", func(text string) (err error) {
		s.seedGiven = true
		s.seed, err = parseSeed(text)
		return err
	})
}

// flagged reports whether a flag of the link was given.
func (s *source) flagged() bool { return len(s.raw) > 0 || s.rtt > 0 || s.unordered }

// resolve finds the line, or the hosts of the scenario as the mode has them.
func (s *source) resolve(mode scenario.Mode) error {
	if !s.seedGiven {
		s.seed = 1
	}
	switch {
	case s.file != "" && s.preset != "":
		return errors.New("--preset and --scenario: want one of them, as both say what the line is")
	case s.file != "" && s.flagged():
		return errors.New("--scenario: want no flags of the link besides: the file says what it is; change the file, or use --preset")
	case s.host != "" && s.file == "":
		return errors.New("--host: want --scenario as well: it is one of its hosts")
	case s.file != "":
		return s.resolveScenario(mode)
	case s.preset != "":
		return s.resolvePreset()
	}
	var err error
	if s.line.Up, err = s.config("up"); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	if s.line.Down, err = s.config("down"); err != nil {
		return fmt.Errorf("down: %w", err)
	}
	return nil
}

// findPreset finds one of the library, or reads a file that ends in .toml.
func findPreset(name string) (scenario.Preset, error) {
	if !strings.HasSuffix(name, ".toml") {
		return scenario.FindPreset(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return scenario.Preset{}, err
	}
	return scenario.ParsePreset(name, text)
}

// resolvePreset lays the flags over the preset.
func (s *source) resolvePreset() error {
	preset, err := findPreset(s.preset)
	var key *scenario.KeyError
	switch {
	case errors.As(err, &key):
		return fmt.Errorf("--preset: want %s", key.Want)
	case err != nil:
		return fmt.Errorf("--preset: %w", err)
	}
	s.line, err = scenario.Adjust(preset.Line, s.table())
	var adjust *scenario.AdjustError
	if errors.As(err, &adjust) {
		p := adjust.Problems[0]
		return fmt.Errorf("--%s over the preset %s: %s", flagOf(p.Key), preset.Name, p.Want)
	}
	return err
}

// table writes the flags of the link as a link table.
func (s *source) table() []byte {
	table := map[string]any{}
	directions := map[string]map[string]any{"up": {}, "down": {}}
	if s.rtt > 0 {
		table["rtt"] = s.rtt.String()
	}
	if s.unordered {
		table["unordered"] = true
	}
	for name, value := range s.raw {
		where := table
		for _, direction := range []string{"up", "down"} {
			if rest, ok := strings.CutPrefix(name, direction+"-"); ok {
				name, where = rest, directions[direction]
			}
		}
		switch name {
		case "jitter-shape":
			where["shape"] = value
		case "burst":
			where[name], _ = strconv.ParseFloat(value, 64) // it was parsed before
		default:
			where[name] = value
		}
	}
	for direction, keys := range directions {
		if len(keys) > 0 {
			table[direction] = keys
		}
	}
	text, _ := json.Marshal(table) // texts, numbers and tables
	return text
}

// flagOf returns the flag of a key of a link table.
func flagOf(key string) string {
	return strings.NewReplacer("up.", "up-", "down.", "down-", "shape", "jitter-shape").Replace(key)
}

// resolveScenario finds the hosts that the scenario's clients stand for.
func (s *source) resolveScenario(mode scenario.Mode) (err error) {
	s.scenario, err = scenario.Load(s.file, scenarioKinds()...)
	if err != nil {
		return err
	}
	if !s.seedGiven {
		s.seed = s.scenario.Seed
	}
	names := s.scenario.Hosts()
	switch {
	case s.host != "":
		names = []string{s.host}
	case len(names) == 0:
		return fmt.Errorf("%s: want a host besides the server", s.scenario.File)
	case !mode.Rebinds && len(names) > 1:
		names = []string{scenario.Client} // who is there unless the file has others
	}
	whose := map[string]string{}
	for _, name := range names {
		host, err := s.scenario.Real(name, mode)
		if err != nil {
			return err
		}
		if other := whose[host.Place.Name]; other != "" {
			return fmt.Errorf("%s: %s and %s share the link of %s, and here each has its own: --host %s", s.scenario.File, other, name, host.Place.Name, other)
		}
		whose[host.Place.Name] = name
		s.hosts = append(s.hosts, host)
	}
	return nil
}

// seeds returns those of the link of a place of the scenario.
func (s *source) seeds(place string) [2]uint64 {
	return [2]uint64{scenario.LinkSeed(s.seed, place, 0), scenario.LinkSeed(s.seed, place, 1)}
}

// intoProxy says it in the words of package proxy.
func (s *source) intoProxy(c *proxy.Config) {
	c.Seed, c.Up, c.Down = s.seed, s.line.Up, s.line.Down
	c.FromFirst = s.scenario != nil
	for i := range s.hosts {
		h := &s.hosts[i]
		seeds := s.seeds(h.Place.Name)
		host := proxy.Host{Up: h.Place.Line.Up, Down: h.Place.Line.Down, Seeds: &seeds}
		for j := range h.Changes {
			change := &h.Changes[j]
			made := proxy.Change{At: change.At, Rebind: change.Rebind}
			if change.Link != nil {
				made.Up, made.Down = &change.Link.Up, &change.Link.Down
			}
			if change.Place != "" {
				fresh := s.seeds(change.Place)
				made.Seeds = &fresh
			}
			host.Changes = append(host.Changes, made)
		}
		c.Hosts = append(c.Hosts, host)
	}
}

// intoTUN says it in the words of package tun, whose datagrams are packets
// with their headers.
func (s *source) intoTUN(c *tun.Config) error {
	if s.scenario == nil {
		c.Up, c.Down = s.line.Up, s.line.Down
		if s.preset != "" {
			for _, l := range []*link.Config{&c.Up, &c.Down} {
				if err := s.unpack(l, "--preset "+s.preset); err != nil {
					return err
				}
			}
		}
		// The seeds of the first client of netsim proxy.
		seed := link.SubSeed(s.seed, 0)
		c.UpSeed, c.DownSeed = link.SubSeed(seed, 0), link.SubSeed(seed, 1)
		return nil
	}
	h := &s.hosts[0]
	seeds := s.seeds(h.Place.Name)
	c.Up, c.Down, c.UpSeed, c.DownSeed = h.Place.Line.Up, h.Place.Line.Down, seeds[0], seeds[1]
	configs := []*link.Config{&c.Up, &c.Down}
	lines := []int{0, 0}
	for i := range h.Changes {
		change := &h.Changes[i]
		made := tun.Change{At: change.At}
		if change.Link != nil {
			up, down := change.Link.Up, change.Link.Down
			made.Up, made.Down = &up, &down
			configs, lines = append(configs, &up, &down), append(lines, change.Line, change.Line)
		}
		if change.Place != "" {
			fresh := s.seeds(change.Place)
			made.Seeds = &fresh
		}
		c.Changes = append(c.Changes, made)
	}
	for i, cfg := range configs {
		where := s.scenario.File
		if lines[i] > 0 {
			where = fmt.Sprintf("%s:%d", where, lines[i])
		}
		if err := s.unpack(cfg, where); err != nil {
			return err
		}
	}
	return nil
}

// unpack takes the headers out of what a link counts besides its datagrams.
func (s *source) unpack(c *link.Config, where string) error {
	headers := udpOverhead
	if s.scenario != nil && s.scenario.IPv6 {
		headers += 20
	}
	if c.Overhead < headers && (c.Rate != 0 || c.Trace != nil || c.MTU != 0) {
		return fmt.Errorf("%s: overhead: want at least %d, not %d: in netsim tun packets have their headers", where, headers, c.Overhead)
	}
	c.Overhead = max(0, c.Overhead-headers)
	return nil
}

// scenarioKinds are the kinds of flows that scenarios may have here.
func scenarioKinds() []scenario.Kind { return flow.ScenarioKinds(kinds()) }
