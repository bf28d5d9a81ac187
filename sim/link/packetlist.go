package link

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxPacketRanges is how many ranges a PacketList may have.
const maxPacketRanges = 1 << 20

// A PacketRange is the datagrams of indices First to Last, both included.
// Indices count the datagrams sent over a link, from 0.
type PacketRange struct {
	First, Last uint64
}

// A PacketList is a set of datagram indices. It never changes and may be
// shared. A nil *PacketList is empty.
type PacketList struct {
	ranges []PacketRange // in order, apart from each other
}

// NewPacketList returns the list of all datagrams in ranges, which may be in
// any order and overlap. The error is a *FieldError.
func NewPacketList(ranges ...PacketRange) (*PacketList, error) {
	if len(ranges) > maxPacketRanges {
		return nil, &FieldError{"Drop", fmt.Sprintf("%d ranges", len(ranges)), fmt.Sprintf("at most %d", maxPacketRanges)}
	}
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(a, b PacketRange) int {
		if a.First < b.First {
			return -1
		}
		return 1
	})
	list := &PacketList{}
	for _, r := range sorted {
		if r.Last < r.First {
			return nil, &FieldError{"Drop", fmt.Sprintf("%d-%d", r.First, r.Last), "ranges that end where they begin or later"}
		}
		n := len(list.ranges)
		if n > 0 && (r.First <= list.ranges[n-1].Last || r.First == list.ranges[n-1].Last+1) {
			list.ranges[n-1].Last = max(list.ranges[n-1].Last, r.Last)
			continue
		}
		list.ranges = append(list.ranges, r)
	}
	return list, nil
}

// ParsePacketList reads a list such as "3, 10-20, 100". The error is a
// *FieldError.
func ParsePacketList(text string) (*PacketList, error) {
	var ranges []PacketRange
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.ParseUint(strings.TrimSpace(first), 10, 64)
		b, errB := strconv.ParseUint(strings.TrimSpace(last), 10, 64)
		if errA != nil || errB != nil {
			return nil, &FieldError{"Drop", strconv.Quote(part), "indices and ranges such as 3, 10-20, 100"}
		}
		ranges = append(ranges, PacketRange{a, b})
	}
	return NewPacketList(ranges...)
}

// Contains reports whether the list has a datagram.
func (l *PacketList) Contains(index uint64) bool {
	if l == nil {
		return false
	}
	low, high := 0, len(l.ranges) // the first range that ends at index or later
	for low < high {
		if middle := (low + high) / 2; l.ranges[middle].Last < index {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(l.ranges) && l.ranges[low].First <= index
}

// String returns the list as ParsePacketList reads it.
func (l *PacketList) String() string {
	if l == nil {
		return ""
	}
	var b strings.Builder
	for i, r := range l.ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatUint(r.First, 10))
		if r.Last != r.First {
			b.WriteString("-" + strconv.FormatUint(r.Last, 10))
		}
	}
	return b.String()
}
