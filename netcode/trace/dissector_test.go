package trace_test

import (
	"bytes"
	"math/rand/v2"
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
		"reckon.duplicate", "reckon.frame.kind", "reckon.padding",
		"reckon.malformed", "_ws.malformed", "_ws.lua.error", "reckon.bad_tag", "reckon.no_keys",
	}
	checked := []string{"ip.checksum.status", "udp.checksum.status"} // 1 is good
	more = append(more, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
	packets, frames := 0, [8]int{}
	for _, row := range tshark.Rows(t, script, capture, append(fields, checked...), more...) {
		problems := strings.Join(row[8:len(fields)], "")
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
		for run := range strings.SplitSeq(row[7], ",") {
			n, _ := strconv.Atoi(run)
			frames[0] += n
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
			dissected(t, capture, saw, "-o", "reckon.verify:TRUE", "-o", "reckon.latest:4")
			if saw.phase < 4 && test.name != "plaintext" {
				t.Errorf("the keys changed %d times, want 4", saw.phase)
			}
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

// TestDissectorFollows: a connection whose address changes on the way, of both
// ends' packets, in the middle of everything.
func TestDissectorFollows(t *testing.T) {
	var file bytes.Buffer
	writer := trace.NewCapture(&file, trace.CaptureOptions{Local: serverAddress, Keys: true, Wait: true})
	saw := &counter{}
	p := newPair(t, func(s, c *netcode.Config) { s.Tracer = trace.Tee(writer, saw) })
	for i := range 5 {
		p.chatter(20)
		p.clientAt = netip.AddrPortFrom(p.clientAt.Addr(), uint16(6000+i))
	}
	p.chatter(20)
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if saw.moved != 5 {
		t.Errorf("%d changes of path, want 5", saw.moved)
	}
	name := filepath.Join(t.TempDir(), "test.pcapng")
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	dissected(t, name, saw, "-o", "reckon.verify:TRUE")
}

// TestDissectorSurvives: whatever arrives, no error of Lua.
func TestDissectorSurvives(t *testing.T) {
	s := newSheet(t)
	s.keys(&netcode.TraceKeys{})
	random := rand.New(rand.NewPCG(5, 6))
	for _, section := range []string{"A.3", "A.4", "A.5", "A.6", "A.7"} {
		for _, row := range vectors(t, section) {
			for range 20 {
				b := unhex(t, row[1])
				for range 1 + random.IntN(3) {
					if len(b) > 0 {
						b[random.IntN(min(len(b), 40))] ^= 1 << random.IntN(8)
					}
				}
				if cut := random.IntN(4); cut == 0 {
					b = b[:random.IntN(len(b)+1)]
				}
				switch section {
				case "A.6":
					s.datagram(row[0], true, b)
				case "A.7":
					s.initiate(row[0], b[:min(len(b), 1100)])
					s.respond(row[0], b[:min(len(b), 1100)])
				default:
					s.packet(row[0], byte(random.IntN(4)), b)
				}
			}
		}
	}
	for i, row := range s.judge([]string{"_ws.col.Info", "_ws.lua.error"}) {
		if row[1] != "" {
			t.Errorf("%s: %q", s.names[i], row)
		}
	}
}
