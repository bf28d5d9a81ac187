package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A row is a line of a table of docs/PROTOCOL.md, appendix A.
type row struct {
	t     *testing.T
	cells []string
}

// rows returns the rows of the tables in the section of appendix A with the
// given number, such as "A.3": those whose cells are vectors.
func rows(t *testing.T, section string) []row {
	t.Helper()
	page, err := os.ReadFile("../../../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n### "+section+" ")
	text, _, _ = strings.Cut(text, "\n### ")
	var found []row
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") || !strings.Contains(line, "`") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|\n"), "|") {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		found = append(found, row{t, cells})
	}
	if len(found) == 0 {
		t.Fatalf("docs/PROTOCOL.md has no vectors in section %s", section)
	}
	return found
}

// bytes returns cell i, written in the page's way.
func (r row) bytes(i int) []byte { return unhex(r.t, r.cells[i]) }

// field returns the value of a field in the first cell; empty if there is none.
func (r row) field(name string) string {
	for f := range strings.FieldsSeq(r.cells[0]) {
		if value, ok := strings.CutPrefix(f, name+"="); ok {
			return value
		}
	}
	return ""
}

func (r row) uint(name string) uint64 { return r.parse(r.field(name)) }

func (r row) parse(s string) uint64 {
	r.t.Helper()
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		r.t.Fatalf("%v: %v", r.cells, err)
	}
	return n
}

func (r row) data(name string) []byte { return unhex(r.t, r.field(name)) }

// unhex reads "0102 00×16 -".
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b := []byte{}
	for part := range strings.FieldsSeq(s) {
		if part == "-" {
			continue
		}
		digits, times, repeated := strings.Cut(part, "×")
		data, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if repeated {
			n, err := strconv.Atoi(times)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			data = bytes.Repeat(data, n)
		}
		b = append(b, data...)
	}
	return b
}

// little reads an integer as it travels.
func little(b []byte) (n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}

func check(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s = %x, want %x", what, got, want)
	}
}
