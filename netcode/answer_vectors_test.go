package netcode

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAnswerVectors asks servers what strangers ask, and compares every
// answer with docs/PROTOCOL.md, section A.18.
func TestAnswerVectors(t *testing.T) {
	page, err := os.ReadFile("../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, initiate := transcript(t, "A.8")
	_, text, _ := strings.Cut(string(page), "\n### A.18 ")
	text, _, _ = strings.Cut(text, "\n### ")
	same, other, _ := strings.Cut(text, "another static key")
	asked := 0
	for i, table := range []string{same, other} {
		for line := range strings.Lines(table) {
			cells := strings.Split(line, "|")
			if len(cells) != 6 || !strings.Contains(line, "`") {
				continue
			}
			for i := range cells {
				cells[i] = strings.Trim(cells[i], " `")
			}
			config, _ := pageConfigs(t, SuiteChaCha20Poly1305, false)
			if i == 1 {
				config.Key = KeyPair{}
				config.Random = bytes.NewReader(append(counting(0xa0, 32), append(counting(0x21, 4), counting(0x60, 67)...)...))
			}
			server, err := NewCore(config)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Unix(0, 0)
			server.cookieJar(began)
			ms, err := strconv.Atoi(cells[1])
			if err != nil {
				t.Fatal(err)
			}
			question := initiate["Initiate"]
			if cells[2] != "initiate" {
				question = unhex(t, cells[2])
			}
			now := began.Add(time.Duration(ms) * time.Millisecond)
			server.Receive(now, clientPath, question)
			var out recorder
			server.Flush(now, &out)
			want := ""
			if cells[3] != "-" {
				want = string(unhex(t, cells[3]))
			}
			if got := string(bytes.Join(out.datagrams, nil)); got != want {
				t.Errorf("%s: %s: answered %x, want %x", cells[2], cells[4], got, want)
			}
			asked++
		}
	}
	if asked < 10 {
		t.Errorf("docs/PROTOCOL.md, section A.18, has %d vectors", asked)
	}
}
