package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
)

// An AdjustError lists what is wrong with the table that Adjust was given. The
// keys are relative to it: "up.loss"; "" where no key is to blame.
type AdjustError struct {
	Problems []KeyError
}

// Error lists the problems, one on each line.
func (e *AdjustError) Error() string {
	var b strings.Builder
	for i := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		if p := &e.Problems[i]; p.Key == "" {
			b.WriteString(p.Want)
		} else {
			b.WriteString(p.Key + ": " + p.Want)
		}
	}
	return b.String()
}

// MaxAdjustment is the most bytes that Adjust takes.
const MaxAdjustment = 64 << 10

// Adjust returns a link with changes: table is a JSON object with the keys and
// values of a link table of a scenario, such as
//
//	{"loss": "3%", "up": {"rate": "2mbit"}}
//
// What it does not name stays as it is, unless it names a preset. Presets are
// those of the library; tables and traces that are files are refused. The
// error is an *AdjustError, and then nothing changes.
func Adjust(line Line, table []byte) (Line, error) {
	p := &parser{
		Problems: document.In(""), s: &Scenario{}, files: map[string]any{},
		read: func(string) ([]byte, error) {
			return nil, errors.New("want no file here: only scenarios name files")
		},
	}
	if len(table) > MaxAdjustment {
		return line, &AdjustError{[]KeyError{{Want: fmt.Sprintf("want at most %d bytes", MaxAdjustment)}}}
	}
	node, err := jsonNode(table)
	if err != nil {
		return line, &AdjustError{[]KeyError{{Want: err.Error()}}}
	}
	up, down := draftOf(line.Up), draftOf(line.Down)
	before := [2]draft{up.copy(), down.copy()}
	changed := Line{Preset: line.Preset}
	l := p.layer(node, "")
	if l.Node != nil {
		p.lay(l, &up, &down, &changed.Preset)
	}
	s := site{}
	changed.Up, changed.Down = p.finish(&up, &s), p.finish(&down, &s)
	if p.Any() {
		return line, adjustError(p.Err())
	}
	keepLoss(&changed.Up, &up, &before[0], &line.Up)
	keepLoss(&changed.Down, &down, &before[1], &line.Down)
	return changed, nil
}

// keepLoss keeps a model of loss as it was, where reading and writing it would
// round, and nothing was said about it.
func keepLoss(c *link.Config, d, before *draft, was *link.Config) {
	if d.loss == before.loss && d.burst == before.burst && d.Burst == before.Burst {
		c.Loss, c.Burst = was.Loss, was.Burst
	}
}

// draftOf returns a direction as it was before it was finished, as far as that
// can be told.
func draftOf(c link.Config) draft {
	d := draft{Config: c, loss: c.Loss, set: map[string]origin{}}
	d.Loss = 0
	if c.Loss == 0 && c.Burst.P > 0 {
		mean, length := c.Burst.MeanLoss(), 1/max(c.Burst.R, 1e-6)
		if simple, err := link.Bursts(mean, length); err == nil && near(simple, c.Burst) {
			d.loss, d.burst, d.Burst = mean, length, link.GilbertElliott{}
		}
	}
	return d
}

// adjustError is the error of a parser in other words.
func adjustError(err error) error {
	var list interface{ Unwrap() []error }
	if !errors.As(err, &list) {
		return &AdjustError{[]KeyError{{Want: err.Error()}}}
	}
	e := &AdjustError{}
	for _, inner := range list.Unwrap() {
		var problem *document.Problem
		if errors.As(inner, &problem) {
			e.Problems = append(e.Problems, KeyError{strings.Trim(problem.Key, "."), problem.Text})
		}
	}
	return e
}

// maxJSONDepth is deeper than any link table.
const maxJSONDepth = 8

var errNoObject = errors.New(`want a JSON object such as {"loss": "3%"}`)

// jsonNode reads a JSON object as a table.
func jsonNode(data []byte) (*document.Node, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	node, err := jsonValue(d, 0)
	if err != nil || node.Kind != document.Table {
		if err == nil || errors.Is(err, io.EOF) {
			err = errNoObject
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON object and nothing after it")
	}
	return node, nil
}

func jsonValue(d *json.Decoder, depth int) (*document.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, jsonError(err)
	}
	switch t := token.(type) {
	case string:
		return &document.Node{Kind: document.String, Text: t}, nil
	case bool:
		return &document.Node{Kind: document.Bool, Text: fmt.Sprint(t)}, nil
	case json.Number:
		kind := document.Integer
		if strings.ContainsAny(t.String(), ".eE") {
			kind = document.Float
		}
		return &document.Node{Kind: kind, Text: t.String()}, nil
	case json.Delim:
		if depth == maxJSONDepth {
			return nil, errors.New("want fewer tables inside tables")
		}
		if t == '[' {
			return jsonList(d, depth)
		}
		return jsonTable(d, depth)
	}
	return nil, errors.New(`want no null: leave out what should stay, and write "none" for a model that should go`)
}

func jsonList(d *json.Decoder, depth int) (*document.Node, error) {
	list := &document.Node{Kind: document.Array}
	for d.More() {
		item, err := jsonValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, item)
	}
	_, err := d.Token()
	return list, jsonError(err)
}

func jsonTable(d *json.Decoder, depth int) (*document.Node, error) {
	table := &document.Node{Kind: document.Table}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, jsonError(err)
		}
		name, _ := token.(string) // the decoder lets nothing else be a key
		if table.Get(name) != nil {
			return nil, fmt.Errorf("%s: want each key once", name)
		}
		value, err := jsonValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		table.Entries = append(table.Entries, document.Entry{Name: name, Value: value})
	}
	_, err := d.Token()
	return table, jsonError(err)
}

// jsonError says what is wrong with JSON in a line.
func jsonError(err error) error {
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("want JSON: %w", err)
}
