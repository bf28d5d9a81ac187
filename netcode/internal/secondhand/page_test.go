package secondhand

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flynn/noise"
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

// count returns n bytes that count up.
func count(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// A transcript is a connection of A.8, A.9, A.10 or A.15, by its rows.
type transcript map[string][]byte

func readTranscript(t *testing.T, section string) transcript {
	all := transcript{}
	for _, row := range rows(t, section) {
		all[row[0]] = decode(t, strings.Split(row[1], "|")[2])
	}
	return all
}

// play has a client with the page's randomness answer the server's rows, and
// compares its own.
func (tr transcript) play(t *testing.T, o options, random []byte, steps ...string) *client {
	t.Helper()
	key, err := noise.DH25519.GenerateKeypair(bytes.NewReader(count(1, 32)))
	if err != nil {
		t.Fatal(err)
	}
	server, err := noise.DH25519.GenerateKeypair(bytes.NewReader(count(0x40, 32)))
	if err != nil {
		t.Fatal(err)
	}
	o.static, o.serverKey, o.hello = key, server.Public, []byte("ada")
	o.random = bytes.NewReader(random)
	o.game = game{name: "test", build: 1, schema: 7, channels: []channel{
		{mode: unreliable, maxMessage: 16384},
		{mode: ordered, maxMessage: 262144, window: 524288},
	}}
	now := time.Unix(0, 0)
	c := newClient(o, address(2), now)
	var out [][]byte
	c.out = func(_ netip.AddrPort, b []byte) { out = append(out, b) }
	for _, step := range steps {
		if what, ours := strings.CutPrefix(step, ">"); ours {
			c.flush(now)
			if len(out) == 0 || !bytes.Equal(out[0], tr[what]) {
				t.Fatalf("%s: sent %x, want %x", what, out, tr[what])
			}
			out = out[1:]
			continue
		}
		c.receive(now, address(2), tr[step[1:]])
	}
	if len(c.got) != 1 || string(c.got[0].data) != "hi" || c.violation != nil {
		t.Errorf("received %v (%v), want hi", c.got, c.violation)
	}
	return c
}

// TestPageConnections plays the connections of appendix A, the client's half.
func TestPageConnections(t *testing.T) {
	random := append(count(0x11, 8), count(0x80, 32)...)
	ik := readTranscript(t, "A.8")
	c := ik.play(t, options{offer: 1 << suiteChaCha}, random,
		">Hello", "<Retry", ">Initiate", "<Respond", ">packet up", "<packet down")
	readTranscript(t, "A.9").play(t, options{mode: modeXX, offer: 1 << suiteAES}, random,
		">Hello", "<Retry", ">Initiate", "<Respond", ">Finish", ">packet up", "<packet down")
	readTranscript(t, "A.10").play(t, options{mode: modePlaintext, offer: 1 << suiteChaCha}, random,
		">Hello", "<Retry", ">Initiate", "<Respond", ">packet up", "<packet down")

	back := readTranscript(t, "A.15")
	c.serverKey = nil
	o := options{offer: 1 << suiteChaCha, early: []byte("go"), ticket: &ticket{key: back["ticket key"]}}
	copy(o.ticket.id[:], back["ticket ID"])
	back.play(t, o, append(count(0x51, 8), count(0xa0, 32)...),
		">Rejoin", "<Resume", "<packet down", ">packet up")
	if got, want := c.resumeSecret, back["resume secret"]; !bytes.Equal(got, want) {
		t.Errorf("resume secret %x, want %x", got, want)
	}

	phases := readTranscript(t, "A.14")
	for phase := 1; phase <= 2; phase++ {
		c.keys.advance()
		for side, prk := range map[string][]byte{"client": c.keys.upPRK, "server": c.keys.downPRK} {
			got := expand(prk, "reckon v1 chacha20poly1305 key", 32)
			if want := phases[fmt.Sprintf("%s key, phase %d", side, phase)]; !bytes.Equal(got, want) {
				t.Errorf("%s key of phase %d is %x, want %x", side, phase, got, want)
			}
			got = expand(prk, "reckon v1 chacha20poly1305 iv", 12)
			if want := phases[fmt.Sprintf("%s IV, phase %d", side, phase)]; !bytes.Equal(got, want) {
				t.Errorf("%s IV of phase %d is %x, want %x", side, phase, got, want)
			}
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
