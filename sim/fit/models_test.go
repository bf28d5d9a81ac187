package fit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/capture"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
)

const hertz = time.Second / 60

// near reports whether two numbers are within a share of each other.
func near(got, want, share float64) bool { return math.Abs(got-want) <= share*math.Abs(want) }

func fitted(t testing.TB, c link.Config, sources ...source) *Model {
	t.Helper()
	m, err := fitDirection(observe(t, c, 3, sources...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every shape is recognised, in the order that a link keeps and without, and
// where it hides most of the delays.
func TestShapes(t *testing.T) {
	for _, shape := range []link.Shape{link.Uniform, link.Normal, link.Pareto, link.ParetoNormal} {
		for _, jitter := range []time.Duration{2 * time.Millisecond, 15 * time.Millisecond} {
			for _, unordered := range []bool{false, true} {
				c := link.Config{Delay: 80 * time.Millisecond, Jitter: jitter, Shape: shape, Unordered: unordered}
				m := fitted(t, c, source{hertz, 120, 250 * time.Second})
				g := m.Config
				if g.Shape != shape || !near(float64(g.Delay), float64(c.Delay), 0.05) || !near(float64(g.Jitter), float64(c.Jitter), 0.1) {
					t.Errorf("%v ±%v, unordered %v: %v ±%v %v, KS %g, others %v", shape, jitter, unordered, g.Delay, g.Jitter, g.Shape, m.Delay.Distance, m.Delay.Others)
				}
				if jitter > 10*time.Millisecond && g.Unordered != unordered {
					t.Errorf("%v ±%v: unordered = %v, want %v", shape, jitter, g.Unordered, unordered)
				}
			}
		}
	}
}

// What has no shape becomes a table.
func TestTable(t *testing.T) {
	table, err := link.NewDelayTable(link.Quantile{Share: 0, Delay: 0}, link.Quantile{Share: 0.5, Delay: time.Millisecond}, link.Quantile{Share: 0.6, Delay: 10 * time.Millisecond}, link.Quantile{Share: 1, Delay: 11 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	m := fitted(t, link.Config{Delay: 20 * time.Millisecond, Shape: link.Tabled, Table: table}, source{hertz, 120, 300 * time.Second})
	if m.Config.Table == nil || m.Delay.steps[12].Delay > 2*time.Millisecond || !near(float64(m.Config.Delay), 20e6, 0.02) {
		t.Errorf("%+v, %+v", m.Config, m.Delay)
	}
	again := fitted(t, m.Config, source{hertz, 120, 300 * time.Second})
	if again.Config.Table == nil || !near(float64(again.Delay.steps[18].Delay), float64(m.Delay.steps[18].Delay), 0.1) {
		t.Errorf("again %+v", again.Delay)
	}
}

func TestCorrelation(t *testing.T) {
	for _, correlation := range []float64{0, 0.3, 0.8} {
		c := link.Config{Delay: 40 * time.Millisecond, Jitter: 3 * time.Millisecond, Shape: link.Normal, Correlation: correlation}
		m := fitted(t, c, source{hertz, 120, 300 * time.Second})
		if m.Correlated == nil || math.Abs(m.Config.Correlation-correlation) > 0.03 {
			t.Errorf("correlation %v, want %g", m.Config.Correlation, correlation)
		}
	}
}

// The models of loss are told apart.
func TestLossModels(t *testing.T) {
	traffic := source{hertz, 120, 1500 * time.Second}
	for _, test := range []struct {
		model  string
		c      link.Config
		burst  float64
		within float64
	}{
		{"none", link.Config{}, 0, 0},
		{"random", link.Config{Loss: 0.05}, 1 / 0.95, 0.03},
		{"gilbert", link.Config{Burst: link.GilbertElliott{P: 0.01, R: 0.25, BadLoss: 1}}, 4, 0.1},
		{"gilbert-elliott", link.Config{Burst: link.GilbertElliott{P: 0.005, R: 0.05, BadLoss: 0.5}}, 0, 0.1},
		{"four-state", link.Config{Markov: link.FourState{P13: 0.002, P31: 0.05, P32: 0.15, P23: 0.6, P14: 0.01}}, 0, 0.1},
	} {
		m := fitted(t, test.c, traffic)
		want := test.c.Loss + test.c.Burst.MeanLoss() + test.c.Markov.MeanLoss()
		burst := test.burst
		if burst == 0 {
			burst = max(test.c.Burst.MeanBurst(), test.c.Markov.MeanBurst())
		}
		got := m.Config.Loss + m.Config.Burst.MeanLoss() + m.Config.Markov.MeanLoss()
		if m.Loss.Model != test.model || !near(got, want, test.within) || !near(m.Loss.MeanBurst, burst, test.within) {
			t.Errorf("%s: %s, loss %.4g of %.4g, bursts %.4g of %.4g, %v", test.model, m.Loss.Model, got, want, m.Loss.MeanBurst, burst, m.Loss.BIC)
		}
		if m.Loss.P >= 0 && m.Loss.P < 1e-4 {
			t.Errorf("%s: χ² p = %g", test.model, m.Loss.P)
		}
		if want > 0 && (want < m.Loss.Low*0.97 || want > m.Loss.High*1.03) {
			t.Errorf("%s: loss %g, and the interval is %g to %g", test.model, want, m.Loss.Low, m.Loss.High)
		}
		if g, w := m.Config.Burst, test.c.Burst; test.model == "gilbert-elliott" && (!near(g.P, w.P, 0.2) || !near(g.R, w.R, 0.2) || !near(g.BadLoss, w.BadLoss, 0.1)) {
			t.Errorf("%+v, want %+v", g, w)
		}
		if g, w := m.Config.Markov, test.c.Markov; test.model == "four-state" && (!near(g.P13, w.P13, 0.25) || !near(g.P31, w.P31, 0.25) || !near(g.P32, w.P32, 0.25) || !near(g.P23, w.P23, 0.25) || !near(g.P14, w.P14, 0.2)) {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
}

// Copies and damage are found by what is left of a payload.
func TestDuplicateAndCorrupt(t *testing.T) {
	c := link.Config{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.02, Duplicate: 0.03, Overhead: 28, Corrupt: link.Corruption{Probability: 0.05}}
	r, err := captured(t, c, 5, source{hertz, 120, 400 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Models[0]
	if !near(m.Config.Duplicate, 0.03, 0.1) || !near(m.Config.Corrupt.Probability, 0.05, 0.1) || !near(m.Config.Loss, 0.02, 0.15) || m.Strays > 3 {
		t.Errorf("%+v, strays %d", m.Config, m.Strays)
	}
	roundTrip(t, r)
}

// pcapng returns what one side of a conversation sees, by a clock that is so
// far ahead, and too fast.
func pcapng(host string, all []seen, ahead time.Duration, fast float64) Input {
	var b bytes.Buffer
	w := capture.NewWriter(&b)
	for _, s := range all {
		at := s.at.Add(ahead + time.Duration(fast*float64(s.at.UnixNano()-1e18)))
		if s.out {
			w.Sent(host, at, s.from, s.to, s.datagram)
		} else {
			w.Arrived(host, at, s.from, s.to, s.datagram)
		}
	}
	_ = w.Close() // of a buffer
	return Input{host + ".pcapng", &b}
}

// Two clocks, of which one is three seconds ahead and runs 40 ppm too fast: of
// the round trip nothing is lost.
func TestTwoClocks(t *testing.T) {
	up := link.Config{Delay: 30 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.02, Overhead: 28}
	down := link.Config{Delay: 30 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.01, Overhead: 28}
	client, server := sides(t, up, down, 200*time.Second)
	r, err := Fit(Options{}, pcapng("a", client, 0, 0), pcapng("b", server, 3*time.Second, 40e-6))
	if err != nil {
		t.Fatal(err)
	}
	if !near(r.Skew, 40, 0.05) || len(r.Models) != 2 || !strings.Contains(r.Clock, "two clocks") {
		t.Errorf("skew %g, %d models, %s", r.Skew, len(r.Models), r.Clock)
	}
	for i, want := range []link.Config{up, down} {
		got := r.Models[i].Config
		if !near(float64(got.Delay), float64(want.Delay), 0.05) || !near(float64(got.Jitter), float64(want.Jitter), 0.1) || !near(got.Loss, want.Loss, 0.25) {
			t.Errorf("%s: %+v", r.Models[i].Direction, got)
		}
	}
	roundTrip(t, r)
	// One direction alone has no delay, unless somebody says it.
	only := func(all []seen, out bool) (some []seen) {
		for _, s := range all {
			if s.out == out {
				some = append(some, s)
			}
		}
		return some
	}
	for _, rtt := range []time.Duration{0, 50 * time.Millisecond} {
		r, err = Fit(Options{RTT: rtt}, pcapng("a", only(client, true), 0, 0), pcapng("b", only(server, false), time.Hour, 0))
		if err != nil {
			t.Fatal(err)
		}
		want := 5*time.Millisecond + rtt/2
		if got := r.Models[0].Config.Delay; !near(float64(got), float64(want), 0.1) {
			t.Errorf("--rtt %v: delay %v, want %v", rtt, got, want)
		}
	}
}

func TestCSVInputs(t *testing.T) {
	up := link.Config{Delay: 30 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.02}
	d := observe(t, up, 1, source{hertz, 120, 300 * time.Second})
	var oneWay, pings, numbers strings.Builder
	oneWay.WriteString("sent,received,size\n")
	pings.WriteString("time,rtt_ms\n")
	numbers.WriteString("seq,time\n")
	for i, x := range d.Datagrams {
		s := float64(x.Sent-1e18) / 1e9
		if x.Lost {
			fmt.Fprintf(&oneWay, "%.9f,,120\n", s)
			fmt.Fprintf(&pings, "%.9f,\n", s)
			continue
		}
		fmt.Fprintf(&oneWay, "%.9f,%.9f,120\n", s, float64(x.Arrived-1e18)/1e9)
		fmt.Fprintf(&pings, "%.9f,%.6f\n", s, 2*milliseconds(x.Arrived-x.Sent))
		fmt.Fprintf(&numbers, "%d,%.9f\n", i, float64(x.Arrived-1e18)/1e9)
	}
	for _, test := range []struct {
		text   string
		delay  float64
		jitter float64
		loss   float64
	}{
		{oneWay.String(), 30, 5, 0.02},
		{pings.String(), 30, 5 * math.Sqrt2, 0.01},
		{numbers.String(), 5, 5, 0.02}, // the delay is unknown: as little as the jitter allows
	} {
		r, err := Fit(Options{}, Input{"x.csv", strings.NewReader(test.text)})
		if err != nil {
			t.Fatal(err)
		}
		c := r.Line.Down
		if !near(float64(c.Delay), test.delay*1e6, 0.05) || !near(float64(c.Jitter), test.jitter*1e6, 0.1) || !near(c.Loss, test.loss, 0.2) {
			t.Errorf("%.20q: %+v", test.text, c)
		}
		roundTrip(t, r)
		if err := r.WriteText(io.Discard); err != nil {
			t.Error(err)
		}
	}
}

func TestErrors(t *testing.T) {
	var one bytes.Buffer
	w := capture.NewWriter(&one)
	w.Sent("client", time.Unix(1, 0), here, there, []byte("hello"))
	_ = w.Close()
	for _, test := range []struct {
		inputs []Input
		want   string
	}{
		{[]Input{{"a.pcap", strings.NewReader("\x00\x01\x02\x03")}}, "a.pcap: before the first packet: want a capture, pcap or pcapng"},
		{[]Input{{"a.pcapng", bytes.NewReader(one.Bytes())}}, "want two sides of the same traffic"},
		{[]Input{{"a.pcapng", bytes.NewReader(one.Bytes()[:len(one.Bytes())-4])}}, "a.pcapng: packet 1: want"},
		{[]Input{{"a.csv", strings.NewReader("time,rtt\n1,2\n")}}, "want at least 100 datagrams"},
		{[]Input{{"a.csv", strings.NewReader("sent,received\n2,1\n")}}, "a.csv:2: want a time of receiving behind that of sending"},
		{[]Input{{"a.csv", strings.NewReader("seq,time\n1,1\n99999999,1\n")}}, "a.csv:2: want numbers that are less than"},
		{[]Input{{"a.csv", strings.NewReader("time,rtt\n1,2\n")}, {"a.pcapng", bytes.NewReader(one.Bytes())}}, "not one of each"},
		{[]Input{{"empty", strings.NewReader("")}}, "got 0 bytes"},
	} {
		if _, err := Fit(Options{}, test.inputs...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.inputs[0].Name, err, test.want)
		}
	}
}

// Whatever the file, there is a report whose preset parses, or an error.
func FuzzFit(f *testing.F) {
	d := observe(f, link.Config{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.05}, 1, source{hertz, 120, 3 * time.Second})
	var csv strings.Builder
	csv.WriteString("sent,received\n")
	for _, x := range d.Datagrams {
		fmt.Fprintf(&csv, "%.9f,%.9f\n", float64(x.Sent-1e18)/1e9, float64(x.Arrived-1e18)/1e9*float64(1-bit(x.Lost)))
	}
	f.Add([]byte(strings.ReplaceAll(csv.String(), ",0.000000000", ",")))
	client, _ := sides(f, link.Config{}, link.Config{}, 3*time.Second)
	data, _ := io.ReadAll(pcapng("a", client, 0, 0))
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Fit(Options{}, Input{"x", bytes.NewReader(data)})
		var format *capture.FormatError
		var line *capture.LineError
		var field *link.FieldError
		switch {
		case errors.As(err, &field):
			t.Fatal(err)
		case errors.As(err, &format), errors.As(err, &line), err != nil:
			return
		}
		if _, err := scenario.ParsePreset("x.toml", []byte(r.Preset)); err != nil {
			t.Fatalf("%v\n%s", err, r.Preset)
		}
	})
}

// A seen is a datagram at one side.
type seen struct {
	at       time.Time
	from, to netip.AddrPort
	datagram []byte
	out      bool
}

// sides returns what both ends of a conversation see.
func sides(t testing.TB, up, down link.Config, length time.Duration) (client, server []seen) {
	carry(t, up, 11, []source{{hertz, 120, length}}, func(at time.Time, b []byte) {
		client = append(client, seen{at, here, there, bytes.Clone(b), true})
	}, func(at time.Time, b []byte) {
		server = append(server, seen{at, here, there, bytes.Clone(b), false})
	})
	carry(t, down, 12, []source{{hertz, 100, length}}, func(at time.Time, b []byte) {
		server = append(server, seen{at, there, here, bytes.Clone(b), true})
	}, func(at time.Time, b []byte) {
		client = append(client, seen{at, there, here, bytes.Clone(b), false})
	})
	return client, server
}
