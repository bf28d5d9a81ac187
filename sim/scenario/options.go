package scenario

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

// options are the keys of one direction of a link.
var options = []option{
	{"delay", "Delay", timeOption(func(d *draft) *time.Duration { return &d.Delay })},
	{"jitter", "Jitter", timeOption(func(d *draft) *time.Duration { return &d.Jitter })},
	{"shape", "Shape", setShape},
	{"table", "Table", setTable},
	{"correlation", "Correlation", shareOption(func(d *draft) *float64 { return &d.Correlation })},
	{"unordered", "Unordered", setUnordered},
	{"loss", "Loss", shareOption(func(d *draft) *float64 { return &d.loss })},
	{"burst", "", setBurst},
	{"gilbert-elliott", "Burst", setGilbertElliott},
	{"four-state", "Markov", setFourState},
	{"drop", "Drop", setDrop},
	{"spikes", "Spikes", setSpikes},
	{"duplicate", "Duplicate", shareOption(func(d *draft) *float64 { return &d.Duplicate })},
	{"reorder", "Reorder", shareOption(func(d *draft) *float64 { return &d.Reorder })},
	{"reorder-delay", "ReorderDelay", timeOption(func(d *draft) *time.Duration { return &d.ReorderDelay })},
	{"corrupt", "Corrupt", setCorrupt},
	{"rate", "Rate", setRate},
	{"trace", "Trace", setTrace},
	{"queue", "QueueBytes", setQueue},
	{"aqm", "AQM", setAQM},
	{"overhead", "Overhead", sizeOption(link.MaxOverhead, func(d *draft) *int { return &d.Overhead })},
	{"mtu", "MTU", sizeOption(link.MaxMTU, func(d *draft) *int { return &d.MTU })},
	{"outage", "Outage", setOutage},
	{"slots", "Slots", setSlots},
}

// A setter gives a draft the value of a key.
type setter func(p *parser, d *draft, n *document.Node, key string) error

func timeOption(field func(*draft) *time.Duration) setter {
	return func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		*field(d), err = parseTime(n, link.MaxDelay)
		return err
	}
}

func shareOption(field func(*draft) *float64) setter {
	return func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		*field(d), err = parseShare(n)
		return err
	}
}

func sizeOption(high int, field func(*draft) *int) setter {
	return func(_ *parser, d *draft, n *document.Node, _ string) (err error) {
		*field(d), err = parseSize(n, 0, high)
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

// setQueue takes a size, a time at the rate, a number of packets, or "none";
// a list of them has all limits at once.
func setQueue(_ *parser, d *draft, n *document.Node, _ string) error {
	d.queue, d.QueueBytes, d.QueuePackets = 0, 0, 0
	if n.Kind != document.Array {
		return addQueue(d, n)
	}
	for _, item := range n.Items {
		if err := addQueue(d, item); err != nil {
			return err
		}
	}
	return nil
}

func addQueue(d *draft, n *document.Node) (err error) {
	if n.Kind == document.String {
		if n.Text == "none" {
			d.QueueBytes = -1
			return nil
		}
		if number, ok := strings.CutSuffix(n.Text, "packets"); ok {
			packets, err := units.ParseNumber(strings.TrimSpace(number), 1, link.MaxQueuePackets)
			if err != nil || packets != math.Trunc(packets) {
				return fmt.Errorf("want 1 to %d packets", link.MaxQueuePackets)
			}
			d.QueuePackets = int(packets)
			return nil
		}
		if t, err := time.ParseDuration(n.Text); err == nil && t > 0 {
			d.queue, err = parseTime(n, link.MaxDelay)
			return err
		}
	}
	if d.QueueBytes, err = parseSize(n, 1, link.MaxQueueBytes); err != nil {
		return fmt.Errorf(`%w, a time at the rate such as "100ms", a number such as "50 packets", or "none"`, err)
	}
	return nil
}

func setShape(_ *parser, d *draft, n *document.Node, _ string) error {
	shape, err := link.ParseShape(n.Text)
	if n.Kind != document.String || err != nil {
		return errors.New("want uniform, normal, pareto, pareto-normal or table")
	}
	if d.Shape = shape; shape != link.Tabled {
		d.Table = nil // of a layer below
	}
	return nil
}

func setUnordered(_ *parser, d *draft, n *document.Node, _ string) error {
	if n.Kind != document.Bool {
		return errors.New("want true or false")
	}
	d.Unordered = n.Text == "true"
	return nil
}

// setRate replaces the trace of a layer below.
func setRate(_ *parser, d *draft, n *document.Node, _ string) (err error) {
	if n.Kind != document.String && n.Text != "0" {
		return errors.New(`want a rate such as "500kbit" or "2mbit"`)
	}
	d.Trace = nil
	if d.Rate, err = units.ParseRate(n.Text, link.MinRate, link.MaxRate); d.Rate == 0 && err == nil {
		d.queue, d.QueueBytes, d.QueuePackets, d.AQM = 0, 0, 0, link.ActiveQueue{} // nothing waits
	}
	return err
}

// setBurst replaces a Gilbert-Elliott model of a layer below: burst is the
// simple form of it.
func setBurst(_ *parser, d *draft, n *document.Node, _ string) (err error) {
	d.Burst = link.GilbertElliott{}
	d.burst, err = parseNumber(n, 1, 1e6)
	return err
}
