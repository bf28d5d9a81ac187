package arena

import (
	"errors"
	"unicode/utf8"
)

// NoticeKind says what a notice is about. A notice is a line of text from the
// server for people, sent as a reliable message: one byte of kind and then
// UTF-8. Nothing of the game depends on it.
type NoticeKind uint8

// Kinds of notice.
const (
	NoticeInfo NoticeKind = iota // who came and went, who won, what the server is called
	NoticeKill                   // a line of the kill feed, which the table of kills shows too
)

// maxNotice is the longest text of a notice, in bytes.
const maxNotice = 200

// ErrNotice is the error of [ReadNotice].
var ErrNotice = errors.New("arena: malformed notice")

// AppendNotice appends a notice to dst. A text that is too long is cut.
func AppendNotice(dst []byte, kind NoticeKind, text string) []byte {
	return append(append(dst, byte(kind)), cutName(text, maxNotice)...)
}

// ReadNotice reads a notice. It refuses what AppendNotice does not write.
func ReadNotice(message []byte) (NoticeKind, string, error) {
	if len(message) < 1 || len(message) > 1+maxNotice || NoticeKind(message[0]) > NoticeKill {
		return 0, "", ErrNotice
	}
	if !utf8.Valid(message[1:]) {
		return 0, "", ErrNotice
	}
	return NoticeKind(message[0]), string(message[1:]), nil
}
