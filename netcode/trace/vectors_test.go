package trace_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/tshark"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
)

// vectors returns the cells of the rows with vectors in a section of
// docs/PROTOCOL.md, appendix A.
func vectors(t *testing.T, section string) (rows [][]string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n### "+section+" ")
	text, _, _ = strings.Cut(text, "\n### ")
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") || !strings.Contains(line, "`") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|\n"), "|") {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		t.Fatalf("docs/PROTOCOL.md has no vectors in section %s", section)
	}
	return rows
}

// unhex reads "0102 00×16 -".
func unhex(t *testing.T, s string) (b []byte) {
	t.Helper()
	for part := range strings.FieldsSeq(s) {
		digits, times, repeated := strings.Cut(part, "×")
		data, err := hex.DecodeString(strings.Trim(digits, "-"))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		n := 1
		if repeated {
			if n, err = strconv.Atoi(times); err != nil {
				t.Fatalf("%q: %v", s, err)
			}
		}
		b = append(b, bytes.Repeat(data, n)...)
	}
	return b
}

// A sheet gathers datagrams that the dissector is to judge.
type sheet struct {
	t       *testing.T
	file    bytes.Buffer
	capture *trace.Capture
	now     time.Time
	names   []string // of the datagrams
	number  int      // of packets
}

const sheetClient = 0x1817161514131211 // 11 12 … 18, as they travel

func newSheet(t *testing.T) *sheet {
	s := &sheet{t: t, now: time.Unix(1_700_000_000, 0)}
	s.capture = trace.NewCapture(&s.file, trace.CaptureOptions{Local: serverAddress, Keys: true, Wait: true})
	return s
}

// keys announces a connection; suite 0 is plaintext.
func (s *sheet) keys(keys *netcode.TraceKeys) {
	keys.ConnID, keys.ConnIDLen = 0x333231, 3
	s.capture.TraceKeys(&netcode.TraceEvent{Time: s.now, ID: sheetClient}, keys)
	s.names = append(s.names, "keys")
}

func (s *sheet) datagram(name string, up bool, datagram []byte) {
	kind := netcode.TraceDatagramSent
	if up {
		kind = netcode.TraceDatagramReceived
	}
	s.now = s.now.Add(time.Millisecond)
	s.capture.Trace(&netcode.TraceEvent{
		Kind: kind, Time: s.now, Path: netcode.Path{Remote: clientAddress}, Datagram: datagram,
	})
	s.names = append(s.names, name)
}

// packet is one to the server with an ack of the form and plain in it, in
// plaintext mode.
func (s *sheet) packet(name string, form byte, plain []byte) {
	b := append([]byte{0xc1 | form<<1, 0x31, 0x32, 0x33, byte(s.number)}, plain...)
	s.number++
	s.datagram(name, true, append(b, 0, 0, 0, 0))
}

// initiate and respond are handshakes in plaintext mode with a payload.
func (s *sheet) initiate(name string, info []byte) {
	message := append(append([]byte{2}, info...), 0, 0, 0, 0)
	b := append([]byte{0x52, 1, 0, 2, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}, make([]byte, 20)...)
	b = append(append(b, byte(len(message)), byte(len(message)>>8)), message...)
	s.datagram(name, true, append(b, make([]byte, 1200-len(b))...))
}

func (s *sheet) respond(name string, info []byte) {
	b := append([]byte{0x53, 1, 0, 2, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x19}, make([]byte, 8)...)
	s.datagram(name, false, append(append(b, info...), 0, 0, 0, 0))
}

// judge returns the rows of fields, one for each datagram.
func (s *sheet) judge(fields []string, more ...string) [][]string {
	s.t.Helper()
	if err := s.capture.Close(); err != nil {
		s.t.Fatal(err)
	}
	name := filepath.Join(s.t.TempDir(), "vectors.pcapng")
	if err := os.WriteFile(name, s.file.Bytes(), 0o600); err != nil {
		s.t.Fatal(err)
	}
	rows := tshark.Rows(s.t, script, name, fields, append(more, "-d", "udp.port==7777,reckon")...)
	if len(rows) != len(s.names) {
		s.t.Fatalf("%d rows, want %d", len(rows), len(s.names))
	}
	return rows
}

// TestDissectorMalformed: the dissector refuses what the page says must be.
func TestDissectorMalformed(t *testing.T) {
	s := newSheet(t)
	s.keys(&netcode.TraceKeys{})
	for _, row := range vectors(t, "A.5") {
		name, b := strings.Join(row, " "), unhex(t, row[1])
		decoder, form, _ := strings.Cut(row[0], " ")
		switch {
		case decoder == "header" && strings.HasPrefix(row[2], "short"), decoder == "handshake":
			s.datagram(name, true, b)
		case decoder == "ack":
			s.packet(name, form[0]-'0', b)
		case decoder == "frame" && len(b) > 0:
			s.packet(name, 0, append([]byte{0, 0}, b...))
		case row[0] == "client info":
			s.initiate(name, b)
		case row[0] == "server info":
			s.respond(name, b)
		}
	}
	for i, row := range s.judge([]string{"_ws.col.Info", "reckon.malformed", "_ws.lua.error"})[1:] {
		if row[1] == "" || row[2] != "" {
			t.Errorf("accepted %q: %q", s.names[i+1], row)
		}
	}
}

// TestDissectorSound: it takes what the page says is right, and finds in it
// what the page says is there.
func TestDissectorSound(t *testing.T) {
	s := newSheet(t)
	s.keys(&netcode.TraceKeys{})
	var want []string
	add := func(values string) { want = append(want, values) }
	for _, row := range vectors(t, "A.3") {
		f := fieldsOf(row[0])
		s.packet(row[0], byte(f["form"][0]-'0'), unhex(t, row[1]))
		add(f["newest"])
	}
	for _, row := range vectors(t, "A.4") {
		b := append([]byte{0, 0}, unhex(t, row[1])...)
		if f := fieldsOf(row[0]); f["end"] == "0" && f["kind"] != "0" {
			b = append(b, 1) // a ping
			add(f["kind"] + ",0")
		} else {
			add(f["kind"])
		}
		s.packet(row[0], 0, b)
	}
	for _, row := range vectors(t, "A.6") {
		if fieldsOf(row[0])["mode"] != "2" || !strings.Contains(row[0], "message") {
			s.datagram(row[0], true, unhex(t, row[1]))
			add("")
		}
	}
	for _, row := range vectors(t, "A.7") {
		if fieldsOf(row[0])["payload"] == "client" {
			s.initiate(row[0], unhex(t, row[1]))
		} else {
			s.respond(row[0], unhex(t, row[1]))
		}
		add("")
	}
	rows := s.judge([]string{"_ws.col.Info", "reckon.malformed", "_ws.lua.error", "reckon.ack.newest.wire", "reckon.frame.kind"})
	for i, row := range rows[1:] {
		got := row[4]
		if got == "" {
			got = row[3]
		}
		if row[1] != "" || row[2] != "" || got != want[i] {
			t.Errorf("%q: %q, want %s", s.names[i+1], row, want[i])
		}
	}
}

func fieldsOf(cell string) map[string]string {
	m := map[string]string{}
	for f := range strings.FieldsSeq(cell) {
		name, value, _ := strings.Cut(f, "=")
		m[name] = value
	}
	return m
}

// TestDissectorConnections: the transcripts of the page, whose packets it
// decrypts, and whose tags it finds right.
func TestDissectorConnections(t *testing.T) {
	for suite, section := range []string{"A.10", "A.8", "A.9"} {
		t.Run(section, func(t *testing.T) {
			s := newSheet(t)
			keys := netcode.TraceKeys{Suite: uint8(suite)}
			var packets []string
			for _, row := range vectors(t, section) {
				b := unhex(t, row[1])
				switch row[0] {
				case "client key":
					keys.Client.Key = [32]byte(b)
				case "client IV":
					keys.Client.IV = [12]byte(b)
				case "server key":
					keys.Server.Key = [32]byte(b)
				case "server IV":
					keys.Server.IV = [12]byte(b)
				case "Hello", "Initiate", "Finish", "Retry", "Respond":
					s.datagram(row[0], row[0] != "Retry" && row[0] != "Respond", b)
				case "packet up", "packet down":
					packets = append(packets, row[0], row[1])
				}
			}
			s.keys(&keys)
			for i := 0; i < len(packets); i += 2 {
				s.datagram(packets[i], packets[i] == "packet up", unhex(t, packets[i+1]))
			}
			fields := []string{"_ws.col.Info", "reckon.malformed", "_ws.lua.error", "reckon.decrypted", "reckon.tag.good", "reckon.frame.kind"}
			for i, row := range s.judge(fields, "-o", "reckon.verify:TRUE") {
				if row[1] != "" || row[2] != "" {
					t.Errorf("%s: %q", s.names[i], row)
				}
				if !strings.HasPrefix(s.names[i], "packet") {
					continue
				}
				if row[3] != "1" || row[4] != "1" || row[5] == "" {
					t.Errorf("%s: %q, want it decrypted and its tag verified", s.names[i], row)
				}
			}
		})
	}
}
