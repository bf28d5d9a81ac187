package secondhand

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

var clear = weather{delay: 20 * time.Millisecond}

var storm = weather{delay: 40 * time.Millisecond, jitter: 30 * time.Millisecond, loss: 0.15, double: 0.15, damage: 0.05}

// TestConnect goes through the handshake in each mode, with each suite, on a
// good day and a bad one (section 6).
func TestConnect(t *testing.T) {
	for _, test := range []struct {
		name      string
		mode      uint8
		offer     byte
		wantSuite uint8
	}{
		{"IK, ChaCha20-Poly1305", modeIK, 1 << suiteChaCha, suiteChaCha},
		{"IK, AES-256-GCM", modeIK, 1 << suiteAES, suiteAES},
		{"XX", modeXX, 1<<suiteChaCha | 0x81, suiteChaCha},
		{"plaintext", modePlaintext, 0, 0},
	} {
		for name, sky := range map[string]weather{"clear": clear, "storm": storm} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				config := serverConfig()
				config.Plaintext = test.mode == modePlaintext
				if test.wantSuite == suiteAES {
					config.Suite = netcode.SuiteAES256GCM
				}
				w := newWorld(t, config, sky)
				c := w.connect(options{mode: test.mode, offer: test.offer, hello: []byte("ada"), seed: 7, future: []byte("?")}, address(1))
				w.until("connected", func() bool { return c.state == open && w.conn != nil })
				if test.wantSuite != 0 && c.suite != test.wantSuite {
					t.Errorf("suite = %d, want %d", c.suite, test.wantSuite)
				}
				if got, want := string(w.hello), "ada"; got != want {
					t.Errorf("hello = %q, want %q", got, want)
				}
				if got, want := w.conn.PeerKey(), c.static.Public; test.mode != modePlaintext && !bytes.Equal(got[:], want) {
					t.Errorf("the server knows key %x, want %x", got, want)
				}
				if key := w.server.PublicKey(); test.mode == modeXX && !bytes.Equal(key[:], c.serverKey) {
					t.Errorf("the client learnt key %x, want %x", c.serverKey, key)
				}
				c.send(2, []byte("up"))
				w.send(2, []byte("down"), netcode.SendOptions{})
				w.until("a message each way", func() bool { return len(c.got) == 1 && len(w.taken) == 1 })
				if got := string(c.got[0].data) + string(w.taken[0].Data); got != "downup" {
					t.Errorf("messages = %q", got)
				}
			})
		}
	}
}

// TestToken has a server that lets in who has a token (section 6.10).
func TestToken(t *testing.T) {
	for _, test := range []struct {
		mode  uint8
		token string
		want  byte // reason
	}{
		{modeIK, "sesame", 0}, {modeXX, "sesame", 0}, {modeIK, "barley", 13}, {modeXX, "", 13},
	} {
		config := serverConfig()
		config.Admit = func(_ time.Time, a netcode.Applicant) (any, error) {
			if string(a.Token) != "sesame" {
				return nil, errors.New("wrong word")
			}
			return nil, nil
		}
		w := newWorld(t, config, storm)
		c := w.connect(options{mode: test.mode, token: []byte(test.token)}, address(1))
		if test.want == 0 {
			w.until("let in", func() bool { return w.conn != nil && c.state == open })
			continue
		}
		w.until("turned away", func() bool { return c.state == closed })
		if c.closeReason != test.want || c.closeText != "wrong word" {
			t.Errorf("token %q: closed for %d %q, want %d", test.token, c.closeReason, c.closeText, test.want)
		}
	}
}

// TestRefused asks for what a server refuses without state (section 6.2).
func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		options options
		want    byte
	}{
		"version": {options{version: 9}, 1},
		"mode":    {options{mode: modePlaintext}, 2},
		"key":     {options{serverKey: bytes.Repeat([]byte{9}, 32)}, 3},
	} {
		w := newWorld(t, serverConfig(), storm)
		c := w.connect(test.options, address(1))
		w.until("refused: "+name, func() bool { return c.state == closed })
		if c.refused != test.want {
			t.Errorf("%s: refused for %d, want %d", name, c.refused, test.want)
		}
	}
}

// TestOtherGame has a client of another build (section 6.5).
func TestOtherGame(t *testing.T) {
	for _, mode := range []uint8{modeIK, modeXX, modePlaintext} {
		config := serverConfig()
		config.Plaintext = mode == modePlaintext
		w := newWorld(t, config, clear)
		other := theGame
		other.build++
		c := w.connect(options{mode: mode, game: other}, address(1))
		w.until("wrong version", func() bool { return c.state == closed })
		if w.conn != nil {
			t.Errorf("mode %d: the server announced a client of another build", mode)
		}
	}
}

// TestGoodbye closes from each end (section 7).
func TestGoodbye(t *testing.T) {
	w := newWorld(t, serverConfig(), clear)
	c := w.connect(options{}, address(1))
	w.until("connected", func() bool { return c.state == open && w.conn != nil })
	c.close(w.now, 200, "tea")
	w.until("closed", func() bool { return w.err != nil })
	want := netcode.CloseError{Reason: 200, Text: "tea", Remote: true}
	if got := new(netcode.CloseError); !errors.As(w.err, &got) || *got != want {
		t.Errorf("the server was told %v, want %v", w.err, want)
	}

	w = newWorld(t, serverConfig(), storm)
	c = w.connect(options{}, address(1))
	w.until("connected", func() bool { return c.state == open && w.conn != nil })
	w.conn.Close(w.now, netcode.CloseKicked, "be nice")
	w.until("kicked", func() bool { return c.state == closed })
	if c.closeReason != 3 || c.closeText != "be nice" {
		t.Errorf("kicked for %d %q", c.closeReason, c.closeText)
	}
}
