package scenario

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

// options are the keys of one direction of a link.
var options = []option{
	{"delay", "Delay", timeOption(link.MaxDelay, func(d *draft) *time.Duration { return &d.Delay })},
	{"jitter", "Jitter", timeOption(link.MaxDelay, func(d *draft) *time.Duration { return &d.Jitter })},
	{"shape", "Shape", setShape},
	{"unordered", "Unordered", setUnordered},
	{"loss", "Loss", shareOption(func(d *draft) *float64 { return &d.loss })},
	{"burst", "", setBurst},
	{"gilbert-elliott", "Burst", setGilbertElliott},
	{"duplicate", "Duplicate", shareOption(func(d *draft) *float64 { return &d.Duplicate })},
	{"reorder", "Reorder", shareOption(func(d *draft) *float64 { return &d.Reorder })},
	{"reorder-delay", "ReorderDelay", timeOption(link.MaxDelay, func(d *draft) *time.Duration { return &d.ReorderDelay })},
	{"rate", "Rate", setRate},
	{"queue", "QueueBytes", setQueue},
	{"overhead", "Overhead", func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		d.Overhead, err = parseSize(n, 0, link.MaxOverhead)
		return err
	}},
	{"mtu", "MTU", func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		d.MTU, err = parseSize(n, 0, link.MaxMTU)
		return err
	}},
}

func timeOption(high time.Duration, field func(*draft) *time.Duration) func(*parser, *draft, *document.Node, string) error {
	return func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		*field(d), err = parseTime(n, high)
		return err
	}
}

func shareOption(field func(*draft) *float64) func(*parser, *draft, *document.Node, string) error {
	return func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		*field(d), err = parseShare(n)
		return err
	}
}

func parseShare(n *document.Node) (float64, error) {
	switch n.Kind {
	case document.String, document.Integer, document.Float:
		return units.ParseShare(n.Text)
	}
	return 0, errors.New(`want a share such as "3%"`)
}

func parseSize(n *document.Node, low, high int) (int, error) {
	switch n.Kind {
	case document.String, document.Integer:
		return units.ParseSize(n.Text, low, high)
	}
	return 0, errors.New(`want a size such as 3000 or "64kB"`)
}

func parseNumber(n *document.Node, low, high float64) (float64, error) {
	if n.Kind != document.Integer && n.Kind != document.Float {
		return 0, errors.New("want a number")
	}
	return units.ParseNumber(n.Text, low, high)
}

func setQueue(_ *parser, d *draft, n *document.Node, _ string) (err error) {
	d.queue, d.QueueBytes = 0, 0
	if n.Kind == document.String {
		if n.Text == "none" {
			d.QueueBytes = -1
			return nil
		}
		if t, err := time.ParseDuration(n.Text); err == nil && t > 0 {
			d.queue, err = parseTime(n, link.MaxDelay)
			return err
		}
	}
	if d.QueueBytes, err = parseSize(n, 1, link.MaxQueueBytes); err != nil {
		return fmt.Errorf(`%w, a time at the rate such as "100ms", or "none"`, err)
	}
	return nil
}

func setShape(_ *parser, d *draft, n *document.Node, _ string) error {
	for _, shape := range []link.Shape{link.Uniform, link.Normal} {
		if n.Kind == document.String && n.Text == shape.String() {
			d.Shape = shape
			return nil
		}
	}
	return errors.New("want uniform or normal")
}

func setUnordered(_ *parser, d *draft, n *document.Node, _ string) error {
	if n.Kind != document.Bool {
		return errors.New("want true or false")
	}
	d.Unordered = n.Text == "true"
	return nil
}

func setRate(_ *parser, d *draft, n *document.Node, _ string) (err error) {
	if n.Kind != document.String && n.Text != "0" {
		return errors.New("want a rate such as \"500kbit\" or \"2mbit\"")
	}
	d.Rate, err = units.ParseRate(n.Text, link.MinRate, link.MaxRate)
	return err
}

// setBurst replaces a Gilbert-Elliott model of a layer below: burst is the
// simple form of it.
func setBurst(_ *parser, d *draft, n *document.Node, _ string) (err error) {
	d.Burst = link.GilbertElliott{}
	d.burst, err = parseNumber(n, 1, 1e6)
	return err
}

// A share that a file must say, unlike one that may be left out.
type gilbertElliottForm struct {
	P        units.Share  `toml:"p"`
	R        units.Share  `toml:"r"`
	BadLoss  *units.Share `toml:"bad-loss"`
	GoodLoss units.Share  `toml:"good-loss"`
}

// setGilbertElliott replaces burst of a layer below.
func setGilbertElliott(p *parser, d *draft, n *document.Node, key string) error {
	var form gilbertElliottForm
	document.Decode(n, key, &form, p.Problems)
	d.burst = 0
	d.Burst = link.GilbertElliott{P: float64(form.P), R: float64(form.R), BadLoss: 1, GoodLoss: float64(form.GoodLoss)}
	if form.BadLoss != nil {
		if *form.BadLoss == 0 {
			return errors.New("want bad-loss of more than 0%: that is what the bad state is for")
		}
		d.Burst.BadLoss = float64(*form.BadLoss)
	}
	return nil
}
