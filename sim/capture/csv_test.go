package capture

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// rows reads a CSV file to its end.
func rows(text string) (all []Row, table Table, err error) {
	r, err := NewCSVReader("x.csv", strings.NewReader(text))
	if err != nil {
		return nil, 0, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, r.Table(), nil
		}
		if err != nil {
			return all, r.Table(), err
		}
		all = append(all, row)
	}
}

func TestCSV(t *testing.T) {
	for _, test := range []struct {
		name  string
		text  string
		table Table
		want  []Row
	}{
		{
			"one way", "\ufeff# by hand\nsize, received ,sent\n100,1.000000002,1\n\n200,,2.5\n0,12.5ms,0", OneWay,
			[]Row{{3, 1e9, 1_000_000_002, 0, 0, 100, false}, {5, 2.5e9, 0, 0, 0, 200, true}, {6, 0, 12_500_000, 0, 0, 0, false}},
		},
		{
			"pings", "time,rtt_ms,host\n1700000000.123456789,20.5,a\n1,lost,b\n2,*,c\n", Pings,
			[]Row{{2, 1_700_000_000_123_456_789, 0, 20_500_000, 0, 0, false}, {3, 1e9, 0, 0, 0, 0, true}, {4, 2e9, 0, 0, 0, 0, true}},
		},
		{
			"sequence", "seq,time\r\n7,0.5\r\n9,-0.5\r\n", Sequence,
			[]Row{{2, 0, 5e8, 0, 7, 0, false}, {3, 0, -5e8, 0, 9, 0, false}},
		},
	} {
		got, table, err := rows(test.text)
		if err != nil || table != test.table || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v %+v, %v", test.name, table, got, err)
		}
	}
}

func TestCSVErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "x.csv:1: want a first line with the columns sent,received or time,rtt or sequence,time",
		"a,b\n1,2":                   `x.csv:1: want a first line with the columns sent,received or time,rtt or sequence,time, got "a,b"`,
		"time,rtt,rtt_ms\n":          "x.csv:1: want one column rtt, got two",
		"time,rtt\n1,2,3":            "x.csv:2: want 2 columns as in the first line, got 3",
		"time,rtt\n\n1,soon":         `x.csv:3: rtt: want a time in seconds such as 1.5, or with its unit such as 12ms, got "soon"`,
		"time,rtt\n,1":               "x.csv:2: time: want a time",
		"time,rtt\n1e300,1":          "x.csv:2: time: want a time",
		"time,rtt\nNaN,1":            "x.csv:2: time: want a time",
		"seq,time\n-1,1":             "x.csv:2: sequence: want a whole number",
		"seq,time,size\n1,1,9999999": "x.csv:2: size: want a whole number up to 65536",
		"seq,time\n" + strings.Repeat("1", maxLine): "x.csv:2: want lines of at most 16384 bytes",
	} {
		_, _, err := rows(text)
		var line *LineError
		if !errors.As(err, &line) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	want := errors.New("disk on fire")
	if _, err := NewCSVReader("x", broken{want}); !errors.Is(err, want) {
		t.Errorf("a broken reader: %v", err)
	}
}

// Whatever is read, it ends, and by an error that names a line.
func FuzzCSV(f *testing.F) {
	f.Add("sent,received,size\n1,1.02,100\n2,,100\n")
	f.Add("time,rtt_ms\n1,20\n2,lost\n")
	f.Add("sequence,time\n1,0.5\n3,12ms\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := rows(text)
		var line *LineError
		if len(got) > len(text) || err != nil && (!errors.As(err, &line) || line.Line == 0) {
			t.Fatalf("%d rows, %v", len(got), err)
		}
	})
}
