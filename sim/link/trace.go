package link

import (
	"bufio"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"time"
)

// opportunityBytes is what one line of a trace can carry: the size of an
// Ethernet frame's payload (PACKET_SIZE in Mahimahi's link_queue).
const opportunityBytes = 1500

// Limits of a Trace.
const (
	maxOpportunities = 1 << 24
	maxTraceTime     = int64(30 * 24 * time.Hour / time.Millisecond)
	maxTraceLine     = 256 // bytes
)

// A Trace is a capacity that varies, in the format of Mahimahi's traces: the
// times at which the link can carry 1500 bytes, in milliseconds from the
// beginning, one a line, not falling; equal lines are several opportunities at
// once. After the last line the trace begins anew, so the last line is its
// length. It never changes and may be shared.
//
// What an opportunity carries is counted in bytes: several small datagrams may
// share one, a large one may need several. An opportunity, or what is left of
// one, that finds nothing waiting is lost.
type Trace struct {
	times []int64 // milliseconds
}

// NewTrace returns the trace of opportunities at times in whole milliseconds.
// Times do not fall, the first is at least 0, and the last is more than 0 and
// at most 30 days. There are at most 2^24. The error is a *FieldError.
func NewTrace(times ...time.Duration) (*Trace, error) {
	t := &Trace{}
	for i, at := range times {
		if want := t.append(int64(at / time.Millisecond)); want != "" {
			return nil, &FieldError{fmt.Sprintf("Trace[%d]", i), at.String(), want}
		}
	}
	if want := t.incomplete(); want != "" {
		return nil, &FieldError{"Trace", fmt.Sprintf("%d times", len(times)), want}
	}
	return t, nil
}

// ParseTrace reads a trace from what is called file. The error is a
// *FormatError, or the reader's.
func ParseTrace(file string, r io.Reader) (*Trace, error) {
	t := &Trace{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxTraceLine)
	line := 0
	for lines.Scan() {
		line++
		at, err := strconv.ParseInt(string(trimSpace(lines.Bytes())), 10, 64)
		if err != nil {
			return nil, &FormatError{file, line, fmt.Sprintf("want a time in whole milliseconds, got %.40q", lines.Bytes())}
		}
		if want := t.append(at); want != "" {
			return nil, &FormatError{file, line, fmt.Sprintf("want %s, got %d", want, at)}
		}
	}
	if err := lines.Err(); err == bufio.ErrTooLong {
		return nil, &FormatError{file, line + 1, "want a time in whole milliseconds, got a line of more than 256 bytes"}
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if want := t.incomplete(); want != "" {
		return nil, &FormatError{file, max(line, 1), "want " + want}
	}
	return t, nil
}

// trimSpace removes blanks and a carriage return around a number.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

// append adds an opportunity, or says what it wants instead.
func (t *Trace) append(at int64) (want string) {
	switch n := len(t.times); {
	case n == maxOpportunities:
		return fmt.Sprintf("at most %d lines", maxOpportunities)
	case at < 0 || at > maxTraceTime:
		return fmt.Sprintf("a time from 0 to %d ms", maxTraceTime)
	case n > 0 && at < t.times[n-1]:
		return fmt.Sprintf("a time that is not before the last, %d", t.times[n-1])
	}
	t.times = append(t.times, at)
	return ""
}

// incomplete says what a trace lacks.
func (t *Trace) incomplete() (want string) {
	if n := len(t.times); n == 0 || t.times[n-1] == 0 {
		return "at least one time above 0, which is the length of the trace"
	}
	return ""
}

// Period returns the length of the trace, after which it repeats.
func (t *Trace) Period() time.Duration {
	return time.Duration(t.times[len(t.times)-1]) * time.Millisecond
}

// Len returns the number of opportunities in a period.
func (t *Trace) Len() int { return len(t.times) }

// MeanRate returns the mean capacity in bits per second.
func (t *Trace) MeanRate() int64 {
	high, low := bits.Mul64(uint64(len(t.times)), opportunityBytes*8*1000)
	rate, _ := bits.Div64(high, low, uint64(t.times[len(t.times)-1]))
	return int64(rate)
}

// WriteTo writes the trace as ParseTrace reads it.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	b := bufio.NewWriter(w)
	written := int64(0)
	var line []byte
	for _, at := range t.times {
		line = append(strconv.AppendInt(line[:0], at, 10), '\n')
		n, err := b.Write(line)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, b.Flush()
}
