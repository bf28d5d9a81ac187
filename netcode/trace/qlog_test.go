package trace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
)

// A record is an event of a log.
type record struct {
	Time  float64
	Name  string
	Group string `json:"group_id"`
	Side  string `json:"vantage_point"`
	Data  map[string]any
}

// readLog splits a log into its records (RFC 7464).
func readLog(t *testing.T, b []byte) (header map[string]any, records []record) {
	t.Helper()
	parts := bytes.Split(b, []byte{0x1e})
	if len(parts[0]) > 0 {
		t.Fatalf("the log begins with %q", parts[0])
	}
	for i, part := range parts[1:] {
		if !bytes.HasSuffix(part, []byte("\n")) {
			t.Fatalf("record %d does not end its line", i)
		}
		if i == 0 {
			if err := json.Unmarshal(part, &header); err != nil {
				t.Fatalf("%v: %s", err, part)
			}
			continue
		}
		var r record
		if err := json.Unmarshal(part, &r); err != nil {
			t.Fatalf("%v: %s", err, part)
		}
		records = append(records, r)
	}
	return header, records
}

func TestLog(t *testing.T) {
	var out bytes.Buffer
	l := trace.NewLog(&out, trace.LogOptions{Title: `a "test"`, Vantage: "server", Wait: true})
	var saw counter
	p := newPair(t, func(s, c *netcode.Config) { s.Tracer = trace.Tee(l, &saw) })
	random := rand.New(rand.NewPCG(1, 2))
	p.lose = func() bool { return random.IntN(5) == 0 }
	p.chatter(200)
	p.server.Receive(p.now, netcode.Path{Remote: clientAddress}, []byte{0})
	p.conns[0].Close(p.now, netcode.CloseKicked, "line\nbreak \"and\" \xff")
	p.run(1e9)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	header, records := readLog(t, out.Bytes())
	if header["qlog_version"] != "0.3" || header["qlog_format"] != "JSON-SEQ" || header["title"] != `a "test"` {
		t.Errorf("header is %v", header)
	}
	names := map[string]int{}
	var frames int
	last, group := 0.0, fmt.Sprintf("%016x", reversed(p.conns[1].TraceID()))
	for _, r := range records {
		names[r.Name]++
		if r.Time < last {
			t.Errorf("time goes from %f to %f", last, r.Time)
		}
		last = r.Time
		if r.Group != group && r.Name != "transport:packet_dropped" {
			t.Errorf("%s is of %s, want %s", r.Name, r.Group, group)
		}
		switch r.Name {
		case "transport:packet_sent", "transport:packet_received":
			for _, f := range r.Data["frames"].([]any) {
				switch f := f.(map[string]any); f["frame_type"] {
				case "ack":
				case "padding":
					frames += int(f["length"].(float64))
				default:
					frames++
				}
			}
		case "connectivity:connection_state_updated":
			if r.Data["new"] == "closed" && r.Data["reason"] != "line\nbreak \"and\" \ufffd" {
				t.Errorf("closed with %q", r.Data["reason"])
			}
		}
	}
	want := 0
	for _, n := range saw.frames {
		want += n
	}
	if frames != want {
		t.Errorf("%d frames, want %d", frames, want)
	}
	for name, want := range map[string]int{
		"transport:packet_sent": saw.sent, "transport:packet_received": saw.received,
		"transport:packet_dropped": 1, "recovery:packet_lost": saw.lost,
		"connectivity:connection_state_updated": 3, "security:key_updated": int(saw.phase) + 1,
	} {
		if names[name] != want || want == 0 {
			t.Errorf("%d times %s, want %d", names[name], name, want)
		}
	}
	if names["recovery:metrics_updated"] == 0 || names["reckon:handshake_received"] == 0 {
		t.Errorf("names are %v", names)
	}
}

func reversed(id uint64) (r uint64) {
	for range 8 {
		r, id = r<<8|id&255, id>>8
	}
	return r
}

// FuzzLogText: text from a stranger, whatever it is, makes valid JSON.
func FuzzLogText(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\x1e\"\\\u2028\xff{[")
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		l := trace.NewLog(&out, trace.LogOptions{Title: text, Wait: true})
		e := event(1)
		e.Kind, e.State, e.Err = netcode.TraceState, netcode.StateClosed, &netcode.CloseError{Text: text}
		l.Trace(e)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		_, records := readLog(t, out.Bytes())
		if len(records) != 1 {
			t.Fatalf("%d records", len(records))
		}
		if got, want := records[0].Data["reason"], string([]rune(text)); got != want {
			t.Errorf("reason is %q, want %q", got, want)
		}
	})
}
