package handshake

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pageRows returns the rows of a table of docs/PROTOCOL.md, appendix A, as
// their cells.
func pageRows(t *testing.T, section string) (rows [][]string) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n### "+section+" ")
	text, _, _ = strings.Cut(text, "\n### ")
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|\n"), "|") {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		rows = append(rows, cells)
	}
	if len(rows) < 8 {
		t.Fatalf("docs/PROTOCOL.md, section %s, has %d vectors", section, len(rows))
	}
	return rows
}

// TestCookieVectors asks a jar of its own for each row.
func TestCookieVectors(t *testing.T) {
	for _, row := range pageRows(t, "A.16") {
		fields := map[string]string{"port": "5000", "socket": "0", "client": "1112131415161718"}
		for f := range strings.FieldsSeq(row[0]) {
			name, value, _ := strings.Cut(f, "=")
			fields[name] = value
		}
		number := func(name string) int64 {
			n, err := strconv.ParseInt(fields[name], 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", row[0], err)
			}
			return n
		}
		path := func(port, socket int64) []byte {
			b := append(make([]byte, 10), 0xff, 0xff, 10, 0, 0, 2)
			b = binary.LittleEndian.AppendUint16(b, uint16(port))
			return binary.LittleEndian.AppendUint16(b, uint16(socket))
		}
		start := time.Unix(0, 0)
		at := func(name string) time.Time { return start.Add(time.Duration(number(name)) * time.Millisecond) }
		random := append(counting(0x21, 4), append(counting(0x60, 32), counting(0x80, 32)...)...)
		jar, err := NewCookieJar(bytes.NewReader(random), start)
		if err != nil {
			t.Fatal(err)
		}
		cookie := jar.Append(nil, at("made"), path(5000, 0), binary.LittleEndian.Uint64(counting(0x11, 8)))
		if got := hex.EncodeToString(cookie); got != row[1] {
			t.Errorf("%s: cookie is %s, want %s", row[0], got, row[1])
		}
		client, err := hex.DecodeString(fields["client"])
		if err != nil {
			t.Fatal(err)
		}
		got := jar.Check(at("asked"), path(number("port"), number("socket")), binary.LittleEndian.Uint64(client), cookie)
		if want := strings.HasPrefix(row[2], "accepted"); got != want {
			t.Errorf("%s: accepted is %v, want %v (%s)", row[0], got, want, row[2])
		}
	}
}

func TestReplayVectors(t *testing.T) {
	var w ReplayWindow
	for _, row := range pageRows(t, "A.17") {
		n, err := strconv.ParseUint(row[0], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		got := w.Check(n)
		if want := strings.HasPrefix(row[1], "accepted"); got != want {
			t.Errorf("%s: accepted is %v, want %v (%s)", row[0], got, want, row[1])
		}
		w.Mark(n)
	}
}
