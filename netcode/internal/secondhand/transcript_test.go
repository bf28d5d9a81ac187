package secondhand

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/flynn/noise"
)

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
		if phase == 1 {
			var out []byte
			c.out = func(_ netip.AddrPort, b []byte) { out = b }
			c.ping(0)
			c.flush(time.Unix(0, 0))
			if want := phases["packet up, phase 1"]; !bytes.Equal(out, want) {
				t.Errorf("packet up, phase 1: sent %x, want %x", out, want)
			}
			c.receive(time.Unix(0, 0), address(2), phases["packet down, phase 1"])
			if c.acknowledged != 2 || c.violation != nil {
				t.Errorf("packet down, phase 1: packets below %d are acknowledged (%v), want 2", c.acknowledged, c.violation)
			}
		}
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
