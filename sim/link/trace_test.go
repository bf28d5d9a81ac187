package link

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// The contract of Mahimahi's traces: 1500 bytes an opportunity, counted in
// bytes, lost if nothing waits, and the trace repeats.
func TestTraceContract(t *testing.T) {
	l := mustNew(t, Config{Trace: mustTrace(t, "10\n10\n30\n100\n"), QueueBytes: 1 << 20}, 1)
	l.SetEpoch(epoch)
	for i, test := range []struct {
		at   time.Duration // ms
		size int
		want time.Duration // arrival, ms
	}{
		{0, 1500, 10},
		{0, 500, 10},  // the second opportunity at 10
		{0, 1000, 10}, // shares it
		{0, 1501, 100},
		{0, 1499, 100}, // what the one before left of 100
		{0, 1, 110},    // the trace repeats
		{111, 100, 130},
		{130, 100, 200}, // an opportunity at the same time is missed
		{400, 100, 410}, // all in between are lost
		{411, 4500, 510},
		{511, 1, 530},
	} {
		fate := l.Send(epoch.Add(test.at*ms), test.size)
		if got := test.at + fate.Delay/ms; fate.Cause != Delivered || got != test.want {
			t.Errorf("datagram %d: %v, arrival at %d ms, want %d", i, fate.Cause, got, test.want)
		}
	}
}

// The epoch of a trace is where SetEpoch puts it, also on a running link.
func TestTraceEpoch(t *testing.T) {
	l := mustNew(t, Config{Trace: mustTrace(t, "10\n50\n")}, 1)
	if got := l.Send(epoch, 1).Delay; got != 10*ms {
		t.Errorf("first: %v, want 10ms", got)
	}
	l.SetEpoch(epoch.Add(5 * ms))
	if got := l.Send(epoch.Add(11*ms), 1).Delay; got != 4*ms {
		t.Errorf("after the epoch moved: %v, want 4ms, at 15ms", got)
	}
}

func TestTraceChanges(t *testing.T) {
	l := mustNew(t, Config{Rate: 8000, QueueBytes: 1 << 20}, 1)
	l.Send(epoch, 1000) // until 1 s
	change := func(c Config) {
		t.Helper()
		if err := l.SetConfig(c); err != nil {
			t.Fatal(err)
		}
	}
	change(Config{Trace: mustTrace(t, "7\n"), QueueBytes: 1 << 20})
	if got := l.Send(epoch, 100).Delay; got != 1001*ms { // 143·7
		t.Errorf("behind a rate: %v, want 1.001s", got)
	}
	change(Config{Rate: 8000, QueueBytes: 1 << 20})
	if got := l.Send(epoch, 100).Delay; got != 1101*ms {
		t.Errorf("behind a trace: %v, want 1.101s", got)
	}
}

// All opportunities in outages: nothing hangs, all arrives in the end.
func TestTraceInOutages(t *testing.T) {
	l := mustNew(t, Config{
		Trace: mustTrace(t, "100\n"), QueueBytes: 1 << 20,
		Outage: Outage{From: 50 * ms, For: 90 * ms, Every: 100 * ms, Hold: true},
	}, 1)
	l.SetEpoch(epoch)
	for range 100 {
		if fate := l.Send(epoch, 1500); fate.Cause != Delivered || fate.Delay <= 0 {
			t.Fatalf("fate %+v", fate)
		}
	}
}

// A recorder of a saturated link writes its trace.
func TestTraceRecorder(t *testing.T) {
	trace := mustTrace(t, "1\n1\n2\n7\n9\n15\n15\n15\n16\n40\n")
	p := mustPipe(t, Config{Trace: trace}, PipeLimits{})
	p.SetEpoch(epoch)
	r := NewTraceRecorder(epoch)
	if _, err := r.Trace(); err == nil {
		t.Error("a trace without opportunities is no error")
	}
	for now := time.Duration(0); now <= trace.Period(); now += ms / 4 {
		p.Push(epoch.Add(now), make([]byte, 700))
		for due := p.NextDelivery(); !due.IsZero() && !due.After(epoch.Add(now)); due = p.NextDelivery() {
			if datagram, ok := p.Pop(due); ok {
				r.Record(due, len(datagram))
			}
		}
	}
	got, err := r.Trace()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if n, err := got.WriteTo(&text); err != nil || n != int64(text.Len()) {
		t.Fatalf("WriteTo: %d, %v", n, err)
	}
	again := mustTrace(t, text.String())
	if !slices.Equal(again.times, got.times) || got.Len() != len(got.times) {
		t.Error("a trace written and read differs")
	}
	// What left less than a datagram of an opportunity is seen with the next.
	for i, at := range got.times {
		if at < trace.times[i] || i > 0 && trace.times[i-1] > at {
			t.Errorf("recorded %v of %v", got.times, trace.times)
			break
		}
	}
	if len(got.times) < len(trace.times)-1 {
		t.Errorf("recorded %v of %v", got.times, trace.times)
	}
}

func TestNewTrace(t *testing.T) {
	trace, err := NewTrace(0, 3*ms, 3*ms, 10*ms)
	if err != nil || trace.Period() != 10*ms || trace.MeanRate() != 4*1500*8*100 {
		t.Errorf("NewTrace: %v, %v of %d bit/s", err, trace.Period(), trace.MeanRate())
	}
	for _, bad := range [][]time.Duration{{}, {0}, {ms, 0}, {-ms}, {1 << 62}} {
		if _, err := NewTrace(bad...); err == nil {
			t.Errorf("NewTrace(%v): want an error", bad)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	trace := func(text string) error {
		_, err := ParseTrace("up.trace", strings.NewReader(text))
		return err
	}
	table := func(text string) error {
		_, err := ParseDelayTable("wifi.dist", strings.NewReader(text))
		return err
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{trace(""), "up.trace:1: "},
		{trace("0\n"), "up.trace:1: "},
		{trace("1\n2\nx\n"), "up.trace:3: "},
		{trace("1\n\n2\n"), "up.trace:2: "},
		{trace("5\n4\n"), "up.trace:2: "},
		{trace("-1\n"), "up.trace:1: "},
		{trace("1\n" + strings.Repeat("1", 1000)), "up.trace:2: "},
		{table("# nothing\n"), "wifi.dist:1: "},
		{table("1 2\n3 y\n"), "wifi.dist:2: "},
		{table("1 2\n300000\n"), "wifi.dist:2: "},
		{table(strings.Repeat("1 2\n", 8192) + "3\n"), "wifi.dist:8193: "},
		{table("1\n" + strings.Repeat("1 ", 50_000)), "wifi.dist:2: "},
	} {
		var format *FormatError
		if !errors.As(test.err, &format) || !strings.HasPrefix(test.err.Error(), test.want) {
			t.Errorf("error %q, want one at %q", test.err, test.want)
		}
	}
}

func TestNewDelayTableRefuses(t *testing.T) {
	for _, bad := range [][]Quantile{
		nil,
		{{0, ms}},
		{{0.1, ms}, {1, ms}},
		{{0, ms}, {0.9, ms}},
		{{0, 2 * ms}, {1, ms}},
		{{0, ms}, {0.5, ms}, {0.5, 2 * ms}, {1, 3 * ms}},
		{{0, -ms}, {1, ms}},
		{{0, ms}, {1, MaxDelay + 1}},
	} {
		var field *FieldError
		if _, err := NewDelayTable(bad...); !errors.As(err, &field) {
			t.Errorf("NewDelayTable(%v): %v, want a *FieldError", bad, err)
		}
	}
}

// The ends of the random numbers are within the table, and quantiles rise.
func TestTableEnds(t *testing.T) {
	j := jitterer{delay: int64(200 * ms), jitter: int64(20 * ms)}
	for _, test := range []struct {
		shape Shape
		table *DelayTable
	}{{Uniform, nil}, {Pareto, nil}, {ParetoNormal, nil}, {Tabled, mustTable(t)}, {Tabled, mustNetemTable(t)}} {
		j.shape, j.table = test.shape, test.table
		before := int64(-1)
		for i := range 1<<16 + 1 {
			share := uint64(i) << 48
			if i == 1<<16 {
				share = 1<<64 - 1
			}
			if i > 0 && i < 50 { // the far end of the tail
				share = 1 << i
			} else if i < 50 {
				share = 0
			} else if i < 64 {
				continue
			}
			got := j.quantile(share)
			if got < before {
				t.Fatalf("%v: quantile of %#x is %d, below %d", test.shape, share, got, before)
			}
			before = got
		}
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add([]byte("0\n3\n3\n8\n"))
	f.Add([]byte("1\r\n 2\n"))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		trace, err := ParseTrace("f", bytes.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := trace.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ParseTrace("f", &b)
		if err != nil || !slices.Equal(trace.times, again.times) {
			t.Fatalf("written and read: %v", err)
		}
		l := mustNew(t, Config{Trace: trace}, 1)
		for i := range 20 {
			if fate := l.Send(epoch.Add(time.Duration(i)*time.Second), 700*i); fate.Delay < 0 {
				t.Fatalf("fate %+v", fate)
			}
		}
	})
}

func FuzzParseDelayTable(f *testing.F) {
	f.Add([]byte("# c\n-8192 0 8192\n"))
	f.Add([]byte("1 2"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := ParseDelayTable("f", bytes.NewReader(text))
		if err != nil {
			return
		}
		l := mustNew(t, Config{Delay: MaxDelay, Jitter: MaxDelay, Shape: Tabled, Table: table, Unordered: true}, 1)
		for range 20 {
			if d := l.Send(epoch, 1).Delay; d < 0 || d > 33*MaxDelay {
				t.Fatalf("delay %v", d)
			}
		}
	})
}

func FuzzParsePacketList(f *testing.F) {
	f.Add("3, 10-20, 100")
	f.Add("0-18446744073709551615")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParsePacketList(text)
		if err != nil {
			return
		}
		again, err := ParsePacketList(list.String())
		if err != nil || again.String() != list.String() {
			t.Fatalf("%q is read as %v, and that as %v, %v", text, list, again, err)
		}
	})
}
