package trace_test

import (
	"bytes"
	"math/rand/v2"
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

const script = "reckon.lua"

// captured runs a connection with losses and everything a channel can carry,
// and returns the capture, the key log, and what the server saw.
func captured(t *testing.T, change func(s, c *netcode.Config), opt trace.CaptureOptions) (capture, keys string, saw *counter) {
	t.Helper()
	var file, keyFile bytes.Buffer
	opt.Local, opt.Wait = serverAddress, true
	writer, keyLog := trace.NewCapture(&file, opt), trace.NewKeyLog(&keyFile)
	saw = &counter{}
	p := newPair(t, func(s, c *netcode.Config) {
		change(s, c)
		s.Tracer = trace.Tee(writer, saw, keyLog)
	})
	random := rand.New(rand.NewPCG(1, 2))
	p.lose = func() bool { // and what nobody is there to receive any more
		return random.IntN(10) == 0 || p.toServer && p.conns[0].State() == netcode.StateClosed
	}
	p.chatter(200)
	p.conns[1].Close(p.now, netcode.CloseApplication, "see you")
	p.run(2 * time.Second)
	for _, err := range []error{writer.Close(), keyLog.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := writer.Dropped(); n > 0 {
		t.Fatalf("%d records dropped", n)
	}
	dir := t.TempDir()
	capture, keys = filepath.Join(dir, "test.pcapng"), filepath.Join(dir, "keys.txt")
	for name, data := range map[string][]byte{capture: file.Bytes(), keys: keyFile.Bytes()} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return capture, keys, saw
}

// dissected compares what the dissector makes of a capture with what the
// tracer saw.
func dissected(t *testing.T, capture string, saw *counter, more ...string) {
	t.Helper()
	fields := []string{
		"frame.number", "_ws.col.Info", "frame.protocols", "reckon.number", "reckon.decrypted",
		"reckon.duplicate", "reckon.frame.kind",
		"reckon.malformed", "_ws.malformed", "_ws.lua.error", "reckon.bad_tag", "reckon.no_keys",
	}
	checked := []string{"ip.checksum.status", "udp.checksum.status"} // 1 is good
	more = append(more, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
	packets, frames := 0, [8]int{}
	for _, row := range tshark.Rows(t, script, capture, append(fields, checked...), more...) {
		problems := strings.Join(row[7:len(fields)], "")
		if problems != "" || !strings.Contains(row[2], ":udp:reckon") || strings.Join(row[len(fields):], "") != "11" {
			t.Fatalf("packet %s: %q", row[0], row)
		}
		if row[3] == "" || row[5] != "" {
			continue // a handshake, keys, or a packet that came before
		}
		packets++
		if row[4] != "1" && row[4] != "True" {
			t.Fatalf("packet %s is not decrypted: %q", row[0], row)
		}
		for kind := range strings.SplitSeq(row[6], ",") {
			if n, err := strconv.Atoi(kind); err == nil {
				frames[n]++
			}
		}
	}
	if want := saw.sent + saw.received; packets != want {
		t.Errorf("%d packets, want %d", packets, want)
	}
	if frames != saw.frames {
		t.Errorf("frames by kind are %v, want %v", frames, saw.frames)
	}
}

func TestDissector(t *testing.T) {
	for _, test := range protections {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			capture, _, saw := captured(t, test.change, trace.CaptureOptions{Keys: true})
			dissected(t, capture, saw, "-o", "reckon.verify:TRUE")
			for kind := 1; kind <= 6; kind++ {
				if saw.frames[kind] == 0 {
					t.Errorf("no frames of kind %d", kind)
				}
			}
		})
	}
}

// TestDissectorKeyLog: keys from a file beside a capture that has none.
func TestDissectorKeyLog(t *testing.T) {
	capture, keys, saw := captured(t, protections[0].change, trace.CaptureOptions{})
	none := tshark.Rows(t, script, capture, []string{"frame.number"}, "-Y", "reckon.decrypted == 1")
	if len(none) > 0 {
		t.Errorf("%d packets are decrypted without keys", len(none))
	}
	dissected(t, capture, saw, "-o", "reckon.keylog:"+keys)
}
