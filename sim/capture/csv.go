package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Row is one datagram, or one ping, of a CSV file.
type Row struct {
	Number   uint64 // of its line, from 1
	Sent     int64  // nanoseconds; in a table OneWay or Pings
	Received int64  // nanoseconds; in a table OneWay, 0 where lost, or Sequence
	Trip     int64  // nanoseconds, round trip; in a table of Pings, 0 where lost
	Sequence uint64 // in a table Sequence
	Size     int    // bytes; 0 if the file does not say
	Lost     bool   // the cell of the time was empty, "lost" or "*"
}

// A Table is what kind of rows a CSV file has.
type Table uint8

// The tables.
const (
	OneWay   Table = iota // sent, received[, size]
	Pings                 // time, rtt
	Sequence              // sequence, time[, size]: of what arrived
)

// A CSVReader reads rows of comma-separated values, whose first line says what
// the columns are:
//
//	sent,received,size       one way: received is empty when it was lost
//	time,rtt                 round trips: rtt is empty, "lost" or "*" when there was none
//	sequence,time,size       what arrived, where missing numbers were lost
//
// Size may be missing, the columns may stand in any order, and others are
// ignored. Times are seconds, such as 12.000345, or have a unit, such as
// 12.5ms; a name may have the unit instead: rtt_ms. Lines that begin with #
// are comments. It holds one line at a time. Create it with NewCSVReader.
type CSVReader struct {
	file    string
	lines   *bufio.Scanner
	line    uint64
	table   Table
	columns map[string]column
	width   int
}

type column struct {
	index int
	unit  float64 // nanoseconds
}

// maxLine is the longest line of a CSV file.
const maxLine = 1 << 14

// columnNames are what columns may be called.
var columnNames = map[string]string{
	"sent": "sent", "sent_time": "sent", "received": "received", "received_time": "received", "arrived": "received",
	"size": "size", "bytes": "size", "length": "size", "time": "time", "rtt": "rtt",
	"sequence": "sequence", "seq": "sequence", "icmp_seq": "sequence",
}

// columnUnits are what their names may end in.
var columnUnits = []struct {
	suffix string
	unit   float64
}{{"_ns", 1}, {"_us", 1e3}, {"_ms", 1e6}, {"_s", 1e9}}

// NewCSVReader returns a reader of r; file is what errors call it. It reads
// the first line. The error is a *LineError, or r's.
func NewCSVReader(file string, r io.Reader) (*CSVReader, error) {
	c := &CSVReader{file: file, lines: bufio.NewScanner(r), columns: map[string]column{}}
	c.lines.Buffer(make([]byte, 0, 4096), maxLine)
	cells, err := c.cells()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	c.width = len(cells)
	for i, cell := range cells {
		name, unit := strings.ToLower(cell), 1e9
		for _, u := range columnUnits {
			if base, ok := strings.CutSuffix(name, u.suffix); ok {
				name, unit = base, u.unit
				break
			}
		}
		known, ok := columnNames[name]
		if !ok {
			continue
		}
		if _, twice := c.columns[known]; twice {
			return nil, c.want("want one column %s, got two", known)
		}
		c.columns[known] = column{i, unit}
	}
	switch {
	case c.has("sent", "received"):
		c.table = OneWay
	case c.has("time", "rtt"):
		c.table = Pings
	case c.has("sequence", "time"):
		c.table = Sequence
	default:
		c.line = max(c.line, 1)
		return nil, c.want("want a first line with the columns sent,received or time,rtt or sequence,time, got %.60q", strings.Join(cells, ","))
	}
	return c, nil
}

func (c *CSVReader) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		_, ok := c.columns[name]
		return !ok
	})
}

// Table returns what kind of rows the file has.
func (c *CSVReader) Table() Table { return c.table }

// Next returns the next row, or io.EOF behind the last. Other errors are
// *LineError, or the reader's; there is nothing to read behind one.
func (c *CSVReader) Next() (Row, error) {
	cells, err := c.cells()
	if err != nil {
		return Row{}, err
	}
	row := Row{Number: c.line}
	if len(cells) != c.width {
		return row, c.want("want %d columns as in the first line, got %d", c.width, len(cells))
	}
	for _, err := range []error{
		c.time(cells, "sent", &row.Sent, nil),
		c.time(cells, "time", &row.Sent, nil),
		c.time(cells, "received", &row.Received, &row.Lost),
		c.time(cells, "rtt", &row.Trip, &row.Lost),
		c.count(cells, "sequence", math.MaxInt64, &row.Sequence),
		c.size(cells, &row.Size),
	} {
		if err != nil {
			return row, err
		}
	}
	if c.table == Sequence {
		row.Sent, row.Received = 0, row.Sent
	}
	return row, nil
}

// cells returns the cells of the next line that has any.
func (c *CSVReader) cells() ([]string, error) {
	for c.lines.Scan() {
		c.line++
		text := strings.TrimSpace(strings.TrimPrefix(c.lines.Text(), "\ufeff"))
		if text == "" || text[0] == '#' {
			continue
		}
		cells := strings.Split(text, ",")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), `"`)
		}
		return cells, nil
	}
	switch err := c.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		c.line++
		return nil, c.want("want lines of at most %d bytes", maxLine)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	return nil, io.EOF
}

// time reads a time, which may be missing where lost is given. There may be
// no such column.
func (c *CSVReader) time(cells []string, name string, to *int64, lost *bool) error {
	col, ok := c.columns[name]
	if !ok || name == "rtt" && c.table != Pings || name == "time" && c.table == OneWay {
		return nil
	}
	cell := cells[col.index]
	if lost != nil && (cell == "" || cell == "*" || strings.EqualFold(cell, "lost")) {
		*lost = true
		return nil
	}
	if d, err := time.ParseDuration(cell); err == nil && cell != "0" {
		*to = int64(d)
		return nil
	}
	whole, fraction, _ := strings.Cut(cell, ".")
	if t, ok := exactSeconds(whole, fraction); ok && col.unit == 1e9 {
		*to = t
		return nil
	}
	value, err := strconv.ParseFloat(cell, 64)
	if err != nil || !(math.Abs(value*col.unit) < math.MaxInt64/2) {
		return c.want("%s: want a time in seconds such as 1.5, or with its unit such as 12ms, got %.40q", name, cell)
	}
	*to = int64(math.Round(value * col.unit))
	return nil
}

// exactSeconds reads seconds without rounding: of those since 1970, a float64
// knows only every 238th nanosecond.
func exactSeconds(whole, fraction string) (int64, bool) {
	if len(whole) > 10 || len(fraction) > 9 || whole == "" {
		return 0, false
	}
	seconds, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || seconds > math.MaxInt64/2_000_000_000 {
		return 0, false
	}
	nanoseconds, err := strconv.ParseUint(fraction+"000000000"[len(fraction):], 10, 63)
	return int64(seconds*1e9 + nanoseconds), err == nil
}

// count reads a whole number.
func (c *CSVReader) count(cells []string, name string, most uint64, to *uint64) error {
	col, ok := c.columns[name]
	if !ok {
		return nil
	}
	value, err := strconv.ParseUint(cells[col.index], 10, 64)
	if err != nil || value > most {
		return c.want("%s: want a whole number up to %d, got %.40q", name, most, cells[col.index])
	}
	*to = value
	return nil
}

func (c *CSVReader) size(cells []string, to *int) error {
	var value uint64
	err := c.count(cells, "size", 1<<16, &value)
	*to = int(value)
	return err
}

func (c *CSVReader) want(format string, args ...any) error {
	return &LineError{c.file, c.line, fmt.Sprintf(format, args...)}
}

// A LineError says which line of a CSV file cannot be read.
type LineError struct {
	File string // as named by the caller
	Line uint64 // from 1
	Want string // what was expected, and what was found
}

// Error begins with "file:line: ".
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Want) }
