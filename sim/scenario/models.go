package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

// isOff reports whether a model of a layer below is switched off: "none".
func isOff(n *document.Node) bool { return n.Kind == document.String && n.Text == "none" }

// decodeModel decodes the table of a model, whose zero value is off. It
// reports whether there is one.
func (p *parser) decodeModel(n *document.Node, key string, form any) bool {
	if isOff(n) {
		return false
	}
	document.Decode(n, key, form, p.Problems)
	return true
}

type gilbertElliottForm struct {
	P        units.Share  `toml:"p"`
	R        units.Share  `toml:"r"`
	BadLoss  *units.Share `toml:"bad-loss"`
	GoodLoss units.Share  `toml:"good-loss"`
}

// setGilbertElliott replaces burst of a layer below.
func setGilbertElliott(p *parser, d *draft, n *document.Node, key string) error {
	var form gilbertElliottForm
	d.burst, d.Burst = 0, link.GilbertElliott{}
	if !p.decodeModel(n, key, &form) {
		return nil
	}
	d.Burst = link.GilbertElliott{P: float64(form.P), R: float64(form.R), BadLoss: 1, GoodLoss: float64(form.GoodLoss)}
	if form.BadLoss != nil {
		if *form.BadLoss == 0 {
			return errors.New("want bad-loss of more than 0%: that is what the bad state is for")
		}
		d.Burst.BadLoss = float64(*form.BadLoss)
	}
	return nil
}

type fourStateForm struct {
	P13 units.Share `toml:"p13"`
	P31 units.Share `toml:"p31"`
	P32 units.Share `toml:"p32"`
	P23 units.Share `toml:"p23"`
	P14 units.Share `toml:"p14"`
}

func setFourState(p *parser, d *draft, n *document.Node, key string) error {
	var form fourStateForm
	p.decodeModel(n, key, &form)
	d.Markov = link.FourState{
		P13: float64(form.P13), P31: float64(form.P31), P32: float64(form.P32),
		P23: float64(form.P23), P14: float64(form.P14),
	}
	return nil
}

// setDrop takes a text such as "3, 10-20", or a list of numbers.
func setDrop(_ *parser, d *draft, n *document.Node, _ string) (err error) {
	d.Drop = nil
	text := ""
	switch {
	case isOff(n):
		return nil
	case n.Kind == document.String:
		text = n.Text
	case n.Kind == document.Array && len(n.Items) > 0:
		for i, item := range n.Items {
			if i > 0 {
				text += ","
			}
			text += item.Text
		}
	}
	if d.Drop, err = link.ParsePacketList(text); err != nil {
		return errors.New(`want the numbers of datagrams, from 0: "3, 10-20", or [3, 4]`)
	}
	return nil
}

type spikesForm struct {
	Every  float64       `toml:"every"`
	Length float64       `toml:"length"`
	Delay  time.Duration `toml:"delay"`
	Loss   units.Share   `toml:"loss"`
}

func setSpikes(p *parser, d *draft, n *document.Node, key string) error {
	var form spikesForm
	p.decodeModel(n, key, &form)
	d.Spikes = link.Spikes{Every: form.Every, Length: form.Length, Delay: form.Delay, Loss: float64(form.Loss)}
	return nil
}

type corruptForm struct {
	Share units.Share `toml:"share"`
	Bits  int         `toml:"bits"`
}

// setCorrupt takes a share, or a table that says how many bits as well.
func setCorrupt(p *parser, d *draft, n *document.Node, key string) (err error) {
	if n.Kind != document.Table {
		d.Corrupt = link.Corruption{}
		if !isOff(n) {
			d.Corrupt.Probability, err = parseShare(n)
		}
		return err
	}
	var form corruptForm
	document.Decode(n, key, &form, p.Problems)
	d.Corrupt = link.Corruption{Probability: float64(form.Share), Bits: form.Bits}
	return nil
}

type aqmForm struct {
	Algorithm string         `toml:"algorithm"`
	Target    time.Duration  `toml:"target"`
	Interval  time.Duration  `toml:"interval"`
	MaxBurst  *document.Node `toml:"max-burst"`
}

// setAQM takes the name of an algorithm, or a table with its parameters.
func setAQM(p *parser, d *draft, n *document.Node, key string) (err error) {
	var form aqmForm
	d.AQM = link.ActiveQueue{}
	switch {
	case isOff(n):
		return nil
	case n.Kind == document.Table:
		document.Decode(n, key, &form, p.Problems)
	default:
		form.Algorithm = n.Text
	}
	d.AQM = link.ActiveQueue{Target: form.Target, Interval: form.Interval}
	if form.MaxBurst != nil {
		d.AQM.MaxBurst = -1
		if !isOff(form.MaxBurst) {
			if d.AQM.MaxBurst, err = parseTime(form.MaxBurst, link.MaxDelay); err != nil {
				return fmt.Errorf("max-burst: %w, or none", err)
			}
		}
	}
	if d.AQM.Algorithm, err = link.ParseAlgorithm(form.Algorithm); err != nil {
		return errors.New("want codel, pie or drop-tail")
	}
	return nil
}

type outageForm struct {
	From  time.Duration `toml:"from"`
	For   time.Duration `toml:"for"`
	Every time.Duration `toml:"every"`
	Hold  bool          `toml:"hold"`
}

func setOutage(p *parser, d *draft, n *document.Node, key string) error {
	var form outageForm
	p.decodeModel(n, key, &form)
	d.Outage = link.Outage(form)
	return nil
}

type slotsForm struct {
	Period time.Duration `toml:"period"`
	Level  time.Duration `toml:"level"`
	Phases []phaseForm   `toml:"phases"`
}

type phaseForm struct {
	From   time.Duration `toml:"from"`
	For    time.Duration `toml:"for"`
	Delay  time.Duration `toml:"delay"`
	Jitter time.Duration `toml:"jitter"`
	Loss   units.Share   `toml:"loss"`
}

func setSlots(p *parser, d *draft, n *document.Node, key string) error {
	var form slotsForm
	p.decodeModel(n, key, &form)
	if len(form.Phases) > link.MaxSlotPhases {
		return fmt.Errorf("want at most %d phases", link.MaxSlotPhases)
	}
	d.Slots = link.Slots{Period: form.Period, Level: form.Level}
	for i, f := range form.Phases {
		d.Slots.Phases[i] = link.SlotPhase{From: f.From, For: f.For, Delay: f.Delay, Jitter: f.Jitter, Loss: float64(f.Loss)}
	}
	return nil
}

// setTrace replaces the rate of a layer below. Several links may share a file.
func setTrace(p *parser, d *draft, n *document.Node, _ string) error {
	d.Trace = nil
	if isOff(n) {
		return nil
	}
	trace, err := fileOf(p, n, link.ParseTrace)
	if err == nil {
		d.Trace, d.Rate = trace, 0
	}
	return err
}

// setTable takes a file in netem's format, or quantiles.
func setTable(p *parser, d *draft, n *document.Node, _ string) (err error) {
	d.Shape, d.Table = link.Uniform, nil
	if isOff(n) {
		return nil
	}
	if n.Kind != document.Array {
		d.Table, err = fileOf(p, n, link.ParseDelayTable)
	} else {
		d.Jitter = 0 // of a layer below: such a table has its own scale
		d.Table, err = inlineTable(n)
	}
	if err == nil {
		d.Shape = link.Tabled
	}
	return err
}

// inlineTable reads pairs of share and delay.
func inlineTable(n *document.Node) (*link.DelayTable, error) {
	var quantiles []link.Quantile
	for _, item := range n.Items {
		if item.Kind != document.Array || len(item.Items) != 2 {
			return nil, errors.New(`want pairs of share and delay: [["0%", "0ms"], ["90%", "12ms"], ["100%", "80ms"]]`)
		}
		share, err := parseShare(item.Items[0])
		if err != nil {
			return nil, err
		}
		delay, err := parseTime(item.Items[1], link.MaxDelay)
		if err != nil {
			return nil, err
		}
		quantiles = append(quantiles, link.Quantile{Share: share, Delay: delay})
	}
	table, err := link.NewDelayTable(quantiles...)
	var field *link.FieldError
	if errors.As(err, &field) {
		return nil, fmt.Errorf("want %s, not %s", field.Limits, field.Value)
	}
	return table, err
}

// fileOf reads a file beside the scenario, once.
func fileOf[T any](p *parser, n *document.Node, parse func(string, io.Reader) (T, error)) (T, error) {
	var none T
	if n.Kind != document.String || n.Text == "" {
		return none, errors.New("want the name of a file beside the scenario")
	}
	if known, ok := p.files[n.Text].(T); ok {
		return known, nil
	}
	if p.read == nil {
		return none, errors.New("want no files here")
	}
	data, err := p.read(n.Text)
	if err != nil {
		return none, err
	}
	parsed, err := parse(n.Text, bytes.NewReader(data))
	if err == nil {
		p.files[n.Text] = parsed
	}
	return parsed, err
}
