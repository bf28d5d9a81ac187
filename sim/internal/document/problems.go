package document

import (
	"fmt"
	"slices"
	"strings"
)

// maxKept bounds the work for a file in which everything is wrong.
const maxKept = 1000

// maxShown is how many problems an error lists: more are seldom read, and
// often follow from the first.
const maxShown = 10

// A Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int    // from 1; 0 for the whole file
	Key  string // "link.down.loss"; "" if no key is to blame
	Text string // what was expected
}

// Error returns "FILE:LINE: key: text".
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	return b.String() + ": " + p.Text
}

// Problems collects what is wrong with a file.
type Problems struct {
	file string
	list []*Problem
}

// In returns an empty collection for a file.
func In(file string) *Problems { return &Problems{file: file} }

// Add adds a problem. A key that already has one on that line gets no second:
// it would follow from the first.
func (p *Problems) Add(line int, key, format string, args ...any) {
	if len(p.list) >= maxKept {
		return
	}
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(fmt.Sprintf(format, args...))
	for _, q := range p.list {
		if q.Line == line && q.Key == key {
			return
		}
	}
	p.list = append(p.list, &Problem{p.file, line, key, text})
}

// Any reports whether there are problems.
func (p *Problems) Any() bool { return len(p.list) > 0 }

// Err returns nil if there are none, or an error that lists them by line, one
// on each line of its text.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Problem) int { return a.Line - b.Line })
	return &problemsError{p.list}
}

type problemsError struct{ list []*Problem }

func (e *problemsError) Error() string {
	var b strings.Builder
	for i, p := range e.list {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == maxShown {
			fmt.Fprintf(&b, "and %d more", len(e.list)-i)
			break
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Unwrap returns each Problem.
func (e *problemsError) Unwrap() []error {
	errs := make([]error, len(e.list))
	for i, p := range e.list {
		errs[i] = p
	}
	return errs
}

// Count returns how many problems there are.
func (p *Problems) Count() int { return len(p.list) }
