package secondhand

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rows returns the rows of the table in a section of appendix A, by what is in
// their first column; bytes are decoded.
func rows(t *testing.T, section string) [][2]string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "### "+section+" ")
	if !ok {
		t.Fatalf("no section %s", section)
	}
	text, _, _ = strings.Cut(text, "\n### ")
	var all [][2]string
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.Contains(line, "`") {
			all = append(all, [2]string{strings.Trim(cells[1], " `"), strings.TrimSpace(line)})
		}
	}
	if len(all) == 0 {
		t.Fatalf("no table in section %s", section)
	}
	return all
}

var repeated = regexp.MustCompile(`([0-9a-f]{2})×(\d+)`)

// decode returns the bytes that a cell of the page stands for.
func decode(t *testing.T, cell string) []byte {
	t.Helper()
	cell = repeated.ReplaceAllStringFunc(strings.Trim(cell, " `"), func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], n)
	})
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "-", "").Replace(cell))
	if err != nil {
		t.Fatalf("%s: %v", cell, err)
	}
	return b
}

// TestPageFrames decodes and encodes the frames of A.4.
func TestPageFrames(t *testing.T) {
	for _, row := range rows(t, "A.4") {
		want := decode(t, strings.Split(row[1], "|")[2])
		end := strings.Contains(row[0], "end=1")
		b := bytes.Clone(want)
		if !end {
			b = append(b, 0) // another frame follows
		}
		f, rest, err := consumeFrame(b)
		if err != nil || end && len(rest) != 0 || !end && !bytes.Equal(rest, []byte{0}) {
			t.Errorf("%s: %v, %d bytes left", row[0], err, len(rest))
			continue
		}
		if got := appendFrame(nil, f, end); !bytes.Equal(got, want) {
			t.Errorf("%s: encoded as %x, want %x", row[0], got, want)
		}
	}
}

// TestPageMalformed refuses the acks and frames of A.5.
func TestPageMalformed(t *testing.T) {
	for _, row := range rows(t, "A.5") {
		cells := strings.Split(row[1], "|")
		b := decode(t, cells[2])
		what, form, _ := strings.Cut(strings.TrimSpace(cells[1]), " ")
		var err error
		switch {
		case what == "ack":
			_, _, err = consumeAck(form[0]-'0', b)
		case what == "frame" && len(b) > 0:
			_, _, err = consumeFrame(b)
		default:
			continue
		}
		if err == nil {
			t.Errorf("%s was accepted", row[1])
		}
	}
}

// TestPageAcks decodes the acks of A.3.
func TestPageAcks(t *testing.T) {
	for _, row := range rows(t, "A.3") {
		a, rest, err := consumeAck(row[0][len("form=")]-'0', decode(t, strings.Split(row[1], "|")[2]))
		if err != nil || len(rest) != 0 {
			t.Errorf("%s: %v, %d bytes left", row[0], err, len(rest))
			continue
		}
		var words, runs []string
		for _, w := range a.words {
			words = append(words, fmt.Sprintf("0x%08x", w))
		}
		for _, n := range a.runs {
			runs = append(runs, strconv.Itoa(n))
		}
		got := row[0][:len("form=0")]
		if !a.none {
			got += fmt.Sprintf(" newest=%d delay=%d", a.newest, a.delay/time.Microsecond)
		}
		if words != nil {
			got += " words=" + strings.Join(words, ",")
		}
		if runs != nil {
			got += " runs=" + strings.Join(runs, ",")
		}
		if got != row[0] {
			t.Errorf("got %s, want %s", got, row[0])
		}
	}
}

// fields splits what is in the first column of a row.
func fields(t *testing.T, row string) map[string]uint64 {
	t.Helper()
	all := map[string]uint64{}
	for f := range strings.FieldsSeq(row) {
		name, value, _ := strings.Cut(f, "=")
		n, err := strconv.ParseUint(value, 0, 64)
		if err != nil {
			continue
		}
		all[name] = n
	}
	return all
}

// TestPageNumbers restores the numbers of A.2 and asks the window of A.17.
func TestPageNumbers(t *testing.T) {
	for _, row := range rows(t, "A.2") {
		f := fields(t, row[0])
		want, err := strconv.ParseUint(strings.Trim(strings.Split(row[1], "|")[2], " `"), 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		var got uint64
		switch {
		case strings.HasPrefix(row[0], "number"):
			s := sender{next: f["number"], acknowledged: f["acknowledged"]}
			if got = 3; s.short() {
				got = 1
			}
		case strings.HasPrefix(row[0], "newest"):
			a := ack{newest: uint32(f["newest"]), width: 1 << (8 * f["len"])}
			got = a.full(f["acknowledged"])
		default:
			got = nearest(f["low"], int(f["len"]), f["expected"])
		}
		if got != want {
			t.Errorf("%s: %#x, want %#x", row[0], got, want)
		}
	}
	var w replayWindow
	for _, row := range rows(t, "A.17") {
		n, err := strconv.ParseUint(row[0], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		got := w.fresh(n)
		if want := strings.Contains(row[1], "accepted"); got != want {
			t.Errorf("%s: accepted is %v", row[1], got)
		}
		w.mark(n)
	}
}

// TestPageDeliveries has channels receive the frames of A.12 and A.13.
func TestPageDeliveries(t *testing.T) {
	for section, mode := range map[string]int{"A.12": latest, "A.13": unordered} {
		var got []byte
		in := incoming{channel: channel{mode, 262144, 524288, 256}, deliver: func(_ int, data []byte) { got = data }}
		for _, row := range rows(t, section) {
			_, text, _ := strings.Cut(row[0], "frame=")
			f, rest, err := consumeFrame(decode(t, strings.ReplaceAll(text, "+", "")))
			if err != nil || len(rest) != 0 {
				t.Fatalf("%s: %v", row[0], err)
			}
			got = nil
			if err := in.receive(f, fields(t, row[0])["packet"], 0); err != nil {
				t.Fatalf("%s: %v", row[0], err)
			}
			if want := decode(t, strings.Split(row[1], "|")[2]); !bytes.Equal(got, want) {
				t.Errorf("%s delivers %x, want %x", row[0], got, want)
			}
		}
	}
}
