package fit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/reckon-engine/reckon/sim/capture"
)

// udpOverhead is that of UDP in IPv4: 8 and 20 bytes (RFC 768, RFC 791).
// udp6Overhead is in IPv6: 8 and 40 (RFC 8200).
const (
	udpOverhead  = 28
	udp6Overhead = 48
)

// readRows reads a CSV file as a direction.
func (r *reading) readRows(name string, in io.Reader) error {
	c, err := capture.NewCSVReader(name, in)
	if err != nil {
		return err
	}
	var rows []capture.Row
	for {
		row, err := c.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.Packets++; len(rows) == mostRecords {
			r.Cut = true
			break
		}
		rows = append(rows, row)
	}
	r.UDP += uint64(len(rows))
	d := Direction{Name: name, Overhead: udpOverhead}
	switch c.Table() {
	case capture.OneWay:
		for _, row := range rows {
			if !row.Lost && row.Received < row.Sent {
				return &capture.LineError{File: name, Line: row.Number, Want: fmt.Sprintf("want a time of receiving behind that of sending, got %d ns before", row.Sent-row.Received)}
			}
			d.Datagrams = append(d.Datagrams, Datagram{Sent: row.Sent, Arrived: row.Received, Size: row.Size, Lost: row.Lost})
		}
	case capture.Pings:
		d.RoundTrips = true
		for _, row := range rows {
			d.Datagrams = append(d.Datagrams, Datagram{Sent: row.Sent, Arrived: row.Sent + row.Trip/2, Lost: row.Lost})
		}
	case capture.Sequence:
		d.Clocks = Unknown
		if d.Datagrams, err = numbered(name, rows); err != nil {
			return err
		}
	}
	slices.SortStableFunc(d.Datagrams, func(a, b Datagram) int { return cmp.Compare(a.Sent, b.Sent) })
	if len(d.Datagrams) > 0 && r.first == 0 {
		r.first = d.Datagrams[0].Sent
	}
	r.rows = append(r.rows, d)
	return nil
}

// numbered makes datagrams of what arrived, by their numbers: what is missing
// was lost. When they were sent nobody wrote down: they are taken to have been
// sent evenly, as the lower edge of the arrivals says.
func numbered(name string, rows []capture.Row) ([]Datagram, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	low, high := rows[0].Sequence, rows[0].Sequence
	for _, row := range rows {
		low, high = min(low, row.Sequence), max(high, row.Sequence)
	}
	if high-low >= mostRecords {
		return nil, &capture.LineError{File: name, Line: rows[0].Number, Want: fmt.Sprintf("want numbers that are less than %d apart, got %d to %d", mostRecords, low, high)}
	}
	all := make([]Datagram, high-low+1)
	for i := range all {
		all[i].Lost = true
	}
	points := make([]point, 0, len(rows))
	for _, row := range rows {
		d := &all[row.Sequence-low]
		if !d.Lost {
			d.Copies++
			continue
		}
		d.Lost, d.Size, d.Arrived = false, row.Size, row.Received
		points = append(points, point{float64(row.Sequence - low), float64(row.Received - rows[0].Received)})
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	slope, offset := lowerEdge(points)
	for i := range all {
		all[i].Sent = rows[0].Received + int64(offset) + int64(slope*float64(i))
	}
	return all, nil
}
