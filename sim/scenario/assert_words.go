package scenario

import (
	"fmt"
	"strings"
)

// A word is a piece of an assertion: a name, a number with or without its
// unit, or a sign.
type word struct {
	text   string
	column int // from 1
}

// An assertError says what an assertion should have had at a column.
type assertError struct {
	column int
	want   string
}

func (e *assertError) Error() string { return fmt.Sprintf("column %d: want %s", e.column, e.want) }

// words cuts an assertion into pieces. A number and its unit are one piece,
// whether or not there is a space between: "2 mbit/s" is "2mbit/s".
func words(text string) []word {
	var all []word
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '<' || c == '>' || c == '=':
			if end < len(text) && text[end] == '=' {
				end++
			}
		case isWordByte(c):
			for end < len(text) && isWordByte(text[end]) {
				end++
			}
		}
		all = append(all, word{text[i:end], i + 1})
		i = end
	}
	return joinUnits(all)
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '-' || c == '.' || c >= 0x80
}

// unitWords are what may follow a number as its unit.
var unitWords = []string{
	"%", "ns", "us", "µs", "ms", "s", "m", "h", "bit", "kbit", "mbit", "gbit",
	"b", "kb", "mb", "gb", "kib", "mib", "gib", "/",
}

// joinUnits joins numbers with the units that follow them.
func joinUnits(all []word) []word {
	var joined []word
	for _, w := range all {
		n := len(joined)
		if n > 0 && isNumber(joined[n-1].text) && isUnit(w.text) {
			joined[n-1].text += w.text
			continue
		}
		if n > 0 && isNumber(joined[n-1].text) && (w.text == "/" || strings.HasSuffix(joined[n-1].text, "/") && w.text == "s") {
			joined[n-1].text += w.text
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

func isNumber(s string) bool {
	return s[0] >= '0' && s[0] <= '9' || s[0] == '-' && len(s) > 1 || s[0] == '.'
}

func isUnit(s string) bool {
	for _, u := range unitWords {
		if strings.EqualFold(s, u) {
			return true
		}
	}
	return false
}

// A reader goes through the words of an assertion.
type reader struct {
	words []word
	next  int
	end   int // column after the last word
}

// peek returns the next word in lower case, "" at the end.
func (r *reader) peek() string { return r.peekAt(0) }

func (r *reader) peekAt(n int) string {
	if r.next+n >= len(r.words) {
		return ""
	}
	return strings.ToLower(r.words[r.next+n].text)
}

// take returns the next word as it is written.
func (r *reader) take() word {
	if r.next >= len(r.words) {
		return word{"", r.end}
	}
	r.next++
	return r.words[r.next-1]
}

// accept takes the next words if they are these.
func (r *reader) accept(texts ...string) bool {
	for i, text := range texts {
		if r.peekAt(i) != text {
			return false
		}
	}
	r.next += len(texts)
	return true
}

// fail returns the error of the next word.
func (r *reader) fail(format string, args ...any) error {
	column := r.end
	if r.next < len(r.words) {
		column = r.words[r.next].column
	}
	return &assertError{column, fmt.Sprintf(format, args...)}
}
