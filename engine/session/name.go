package session

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest name of a player, in bytes of UTF-8.
const MaxName = 24

// CleanName makes a name fit to be shown to others out of whatever a client
// sent: valid UTF-8, printable, single spaces inside and none around,
// at most [MaxName] bytes, cut between characters. It may come out empty.
func CleanName(raw []byte) string {
	if len(raw) > 4*MaxName {
		raw = raw[:4*MaxName] // what comes after cannot matter, nor cost
	}
	var b strings.Builder
	space := false
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		raw = raw[n:]
		switch {
		case r == utf8.RuneError && n <= 1, !unicode.IsPrint(r) && !unicode.IsSpace(r):
			continue
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		}
		need := utf8.RuneLen(r)
		if space {
			need++
		}
		if b.Len()+need > MaxName {
			return b.String()
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
