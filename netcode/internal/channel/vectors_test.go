package channel

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// vectors returns the rows of a table of docs/PROTOCOL.md, appendix A, as the
// fields of the first cell and the bytes of the second.
func vectors(t *testing.T, section string) (fields []map[string]string, results [][]byte) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n### "+section+" ")
	text, _, _ = strings.Cut(text, "\n### ")
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "`")
		if len(cells) != 5 {
			continue
		}
		m := map[string]string{}
		for f := range strings.FieldsSeq(cells[1]) {
			name, value, _ := strings.Cut(f, "=")
			m[name] = value
		}
		fields, results = append(fields, m), append(results, unhex(t, cells[3]))
	}
	if len(fields) < 4 {
		t.Fatalf("docs/PROTOCOL.md, section %s, has %d vectors", section, len(fields))
	}
	return fields, results
}

// unhex reads "0102+00×16"; "-" is nothing.
func unhex(t *testing.T, s string) (b []byte) {
	t.Helper()
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '+' || r == ' ' || r == '-' }) {
		digits, times, repeated := strings.Cut(part, "×")
		data, err := hex.DecodeString(digits)
		n := 1
		if repeated && err == nil {
			n, err = strconv.Atoi(times)
		}
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		b = append(b, bytes.Repeat(data, n)...)
	}
	return b
}

func number(t *testing.T, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestValueVectors(t *testing.T) {
	fields, want := vectors(t, "A.11")
	for i, f := range fields {
		key, version := number(t, f["key"]), number(t, f["version"])
		out := Values{Channel: uint8(number(t, f["channel"])), MaxKeys: LimitKeys}
		out.Push(uint16(key), nil, Terms{})
		out.values[key].flown, out.values[key].version = true, uint16(version-1)
		out.values[key].acked = uint16(version - 1)
		out.Push(uint16(key), unhex(t, f["value"]), Terms{})
		var frame wire.Frame
		if _, ok := out.Next(0, 1200, 0, &frame); !ok {
			t.Fatal("nothing to send")
		}
		if got := wire.AppendFrame(nil, &frame, true); !bytes.Equal(got, want[i]) {
			t.Errorf("%v is %x, want %x", f, got, want[i])
		}
		gotKey, gotVersion, data, ok := consumeKey(frame.Data)
		if !ok || uint64(gotKey) != key || uint64(gotVersion) != version || !bytes.Equal(data, unhex(t, f["value"])) {
			t.Errorf("%v is read as %d, %d, %x", f, gotKey, gotVersion, data)
		}
	}
}

// TestDeliveryVectors plays what arrives, and compares what is delivered.
func TestDeliveryVectors(t *testing.T) {
	for _, section := range []string{"A.12", "A.13"} {
		latest := Latest{MaxKeys: LimitKeys, MaxValue: MaxValue}
		unordered := Incoming{MaxMessage: 5000, WindowBytes: 10_000, Unordered: true}
		var q Queue
		fields, want := vectors(t, section)
		for i, f := range fields {
			var frame wire.Frame
			if _, err := wire.ConsumeFrame(unhex(t, f["frame"]), &frame); err != nil {
				t.Fatal(err)
			}
			packet := number(t, f["packet"])
			if frame.IsReliable() {
				if unordered.Check(packet, &frame) != nil || unordered.Add(packet, &frame, &q) != nil {
					t.Fatalf("%v is a violation", f)
				}
			} else {
				if latest.Check(&frame) != nil {
					t.Fatalf("%v is a violation", f)
				}
				latest.Add(packet, &frame, &q)
			}
			m, _ := q.Pop()
			if !bytes.Equal(m.Data, want[i]) || q.Len() != 0 {
				t.Errorf("%s, %v delivers %x, want %x", section, f, m.Data, want[i])
			}
		}
	}
}
