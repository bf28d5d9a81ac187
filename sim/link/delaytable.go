package link

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a DelayTable.
const (
	maxTablePoints   = 1 << 14   // the kernel's limit, MAX_DIST in iproute2's tc/q_netem.c
	netemScale       = 1 << 13   // NETEM_DIST_SCALE in linux/pkt_sched.h: the unit of a table's entries
	maxTableLine     = 64 * 1024 // bytes
	shareUnits       = 1 << 53   // of a point's share: exact, see chanceOf
	maxTableMultiple = 1 << 18   // of the jitter that an entry may be, in 1/netemScale: 32
)

// A Quantile says that a share of all delays is at most so long.
type Quantile struct {
	Share float64 // from 0 to 1
	Delay time.Duration
}

// A DelayTable is a distribution of delays, given by quantiles, with straight
// lines between them. It never changes and may be shared.
type DelayTable struct {
	// shares of the points in units of 2^-53, rising from 0 to 1; nil if
	// they are evenly spread.
	shares []uint64
	values []int64 // nanoseconds if absolute, else in units of Jitter/netemScale

	absolute bool
}

// NewDelayTable returns the distribution that has these quantiles. Delays are
// added to Config.Delay, and Config.Jitter must be zero. The first share is 0
// and the last is 1 (the shortest and the longest delay); shares rise, delays
// do not fall and are from 0 to MaxDelay. There are 2 to 16384. The error is
// a *FieldError.
func NewDelayTable(quantiles ...Quantile) (*DelayTable, error) {
	n := len(quantiles)
	if n < 2 || n > maxTablePoints {
		return nil, &FieldError{"Table", fmt.Sprintf("%d quantiles", n), fmt.Sprintf("2 to %d", maxTablePoints)}
	}
	t := &DelayTable{absolute: true, shares: make([]uint64, n), values: make([]int64, n)}
	for i, q := range quantiles {
		name := fmt.Sprintf("Table[%d]", i)
		if err := firstError(checkProbability(name+".Share", q.Share), checkDelay(name+".Delay", q.Delay)); err != nil {
			return nil, err
		}
		t.shares[i], t.values[i] = uint64(chanceOf(q.Share)), int64(q.Delay)
		switch {
		case i == 0 && q.Share != 0:
			return nil, &FieldError{name + ".Share", fmt.Sprint(q.Share), "0: the first quantile is the shortest delay"}
		case i == n-1 && q.Share != 1:
			return nil, &FieldError{name + ".Share", fmt.Sprint(q.Share), "1: the last quantile is the longest delay"}
		case i > 0 && t.shares[i] <= t.shares[i-1]:
			return nil, &FieldError{name + ".Share", fmt.Sprint(q.Share), fmt.Sprintf("more than %g, the one before", quantiles[i-1].Share)}
		case i > 0 && q.Delay < quantiles[i-1].Delay:
			return nil, &FieldError{name + ".Delay", q.Delay.String(), fmt.Sprintf("at least %v, the one before", quantiles[i-1].Delay)}
		}
	}
	return t, nil
}

// ParseDelayTable reads a distribution in the format of netem's tables: whole
// numbers in units of 1/8192 of Config.Jitter, to be added to Config.Delay,
// of which each is as likely as any other; lines that begin with # are
// comments. (The kernel picks an entry; this draws a line between neighbours.
// Entries need not be in order.) There are 2 to 16384 entries, each at most
// 32 jitters from zero. The error is a *FormatError, or the reader's.
func ParseDelayTable(file string, r io.Reader) (*DelayTable, error) {
	t := &DelayTable{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTableLine)
	line := 0
	for lines.Scan() {
		line++
		text := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(text, "#") {
			continue
		}
		for word := range strings.FieldsSeq(text) {
			v, err := strconv.ParseInt(word, 10, 64)
			if err != nil || v < -maxTableMultiple || v > maxTableMultiple {
				return nil, &FormatError{file, line, fmt.Sprintf("want a whole number from %d to %d, got %.40q", -maxTableMultiple, maxTableMultiple, word)}
			}
			if len(t.values) == maxTablePoints {
				return nil, &FormatError{file, line, fmt.Sprintf("want at most %d entries", maxTablePoints)}
			}
			t.values = append(t.values, v)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &FormatError{file, line + 1, fmt.Sprintf("want lines of at most %d bytes", maxTableLine)}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case len(t.values) < 2:
		return nil, &FormatError{file, max(line, 1), fmt.Sprintf("want at least 2 entries, got %d", len(t.values))}
	}
	slices.Sort(t.values)
	return t, nil
}

// at returns the quantile of a share given by 64 random bits: nanoseconds if
// the table is absolute, else the deviation for a jitter.
func (t *DelayTable) at(random uint64, jitter int64) int64 {
	var i int
	var part uint64 // of the way from point i to the next, in units of 2^-32
	if t.shares == nil {
		high, low := bits.Mul64(random, uint64(len(t.values)-1))
		i, part = int(high), low>>32
	} else {
		share := random >> 11
		next, _ := slices.BinarySearch(t.shares, share+1) // the first above share
		i = next - 1
		part, _ = bits.Div64((share-t.shares[i])>>32, (share-t.shares[i])<<32, t.shares[next]-t.shares[i])
	}
	low, high := t.values[i], t.values[i+1]
	// Differences are below 2^40 (MaxDelay in nanoseconds), parts below 2^32.
	upper, lower := bits.Mul64(uint64(high-low), part)
	if t.absolute {
		return low + int64(upper<<32|lower>>32)
	}
	// In units of 2^-32 of a jitter/netemScale.
	return scaleDeviation(low<<32+int64(lower), jitter, 32+13)
}

// scaleDeviation returns jitter·deviation/2^shift, rounded towards zero.
func scaleDeviation(deviation, jitter int64, shift uint) int64 {
	negative := deviation < 0
	if negative {
		deviation = -deviation
	}
	upper, lower := bits.Mul64(uint64(deviation), uint64(jitter))
	n := int64(upper<<(64-shift) | lower>>shift)
	if negative {
		return -n
	}
	return n
}
