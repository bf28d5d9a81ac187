package arena_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/tshark"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
	"github.com/reckon-engine/reckon/sim/link"
)

// frameCounter counts what the server's Core sees in its packets.
type frameCounter struct {
	packets  int
	frames   [8]int
	controls [16]int
}

func (c *frameCounter) Trace(e *netcode.TraceEvent) {
	if e.Kind != netcode.TracePacketSent && e.Kind != netcode.TracePacketReceived {
		return
	}
	c.packets++
	for f := range e.Frames() {
		c.frames[f.Kind]++
		if f.Kind == 0 {
			c.controls[f.Channel]++
		}
	}
}

// TestCapturedMatch: the second implementation of the protocol, the dissector
// for Wireshark, understands every byte of a real match.
func TestCapturedMatch(t *testing.T) {
	for _, test := range []struct {
		name string
		over transport
	}{
		{"chacha20poly1305", transport{suite: netcode.SuiteChaCha20Poly1305}},
		{"aes256gcm", transport{suite: netcode.SuiteAES256GCM}},
		{"plaintext", transport{plaintext: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			capture, saw := capturedMatch(t, test.over)
			compareCapture(t, capture, saw)
		})
	}
}

// capturedMatch is seven seconds of a match of three players on a bad link.
func capturedMatch(t *testing.T, over transport) (name string, saw *frameCounter) {
	t.Helper()
	var file bytes.Buffer
	capture := trace.NewCapture(&file, trace.CaptureOptions{
		Local: netip.MustParseAddrPort("10.0.0.1:7777"), Keys: true, Wait: true,
	})
	saw = &frameCounter{}
	over.tracer = trace.Tee(capture, saw)
	tr := newTrialOn(t, 7, 3, link.Config{
		Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond,
		Loss: 0.05, Duplicate: 0.02, Reorder: 0.02, ReorderDelay: 20 * time.Millisecond,
	}, over)
	tr.play(2 * time.Second)
	if err := capture.Close(); err != nil {
		t.Fatal(err)
	}
	if n := capture.Dropped(); n > 0 {
		t.Fatalf("%d records dropped", n)
	}
	name = filepath.Join(t.TempDir(), "match.pcapng")
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name, saw
}

func compareCapture(t *testing.T, capture string, saw *frameCounter) {
	t.Helper()
	fields := []string{
		"frame.number", "_ws.col.Info", "reckon.number", "reckon.decrypted", "reckon.duplicate",
		"reckon.frame.kind", "reckon.control", "reckon.padding",
		"reckon.malformed", "_ws.malformed", "_ws.lua.error", "reckon.no_keys",
	}
	var got frameCounter
	for _, row := range tshark.Rows(t, "../../../netcode/trace/reckon.lua", capture, fields) {
		switch {
		case strings.Join(row[8:], "") != "":
			t.Fatalf("packet %s: %q", row[0], row)
		case row[2] == "" || row[4] != "": // a handshake, keys, or the second of a packet
			continue
		case row[3] != "1" && row[3] != "True":
			t.Fatalf("packet %s is not decrypted: %q", row[0], row)
		}
		got.packets++
		tally(got.frames[:], row[5])
		tally(got.controls[:], row[6])
		for run := range strings.SplitSeq(row[7], ",") {
			n, _ := strconv.Atoi(run)
			got.frames[0] += n
			got.controls[0] += n
		}
	}
	if got != *saw {
		t.Errorf("the dissector found %+v, the server %+v", got, *saw)
	}
	if got.packets < 500 || got.frames[1] == 0 || got.frames[3] == 0 {
		t.Errorf("this was no match: %+v", got)
	}
}

// tally counts numbers joined by commas.
func tally(counts []int, list string) {
	for text := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(text); err == nil {
			counts[n]++
		}
	}
}
