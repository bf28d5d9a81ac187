package netcode

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/channel"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// transcript reads the table of docs/PROTOCOL.md, section A.n, in order.
func transcript(t *testing.T, section string) (names []string, values map[string][]byte) {
	t.Helper()
	page, err := os.ReadFile("../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n### "+section+" ")
	text, _, _ = strings.Cut(text, "\n### ")
	values = map[string][]byte{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || !strings.Contains(cells[2], "`") {
			continue
		}
		name := strings.TrimSpace(cells[1])
		names = append(names, name)
		values[name] = unhex(t, strings.Trim(cells[2], " `"))
	}
	if len(names) < 6 {
		t.Fatalf("docs/PROTOCOL.md, section %s, has %d vectors", section, len(names))
	}
	return names, values
}

// unhex reads "0102 00×16".
func unhex(t testing.TB, s string) (b []byte) {
	t.Helper()
	for part := range strings.FieldsSeq(s) {
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

// counting returns n bytes: from, from+1 …
func counting(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// A recorder keeps what was sent.
type recorder struct{ datagrams [][]byte }

func (r *recorder) SendDatagram(_ Path, datagram []byte) {
	r.datagrams = append(r.datagrams, bytes.Clone(datagram))
}

// pageConfigs are the two ends of sections A.8 to A.10.
func pageConfigs(t *testing.T, suite Suite, plaintext bool) (server, client Config) {
	t.Helper()
	key := func(from byte) KeyPair {
		k, err := GenerateKeyPair(bytes.NewReader(counting(from, 32)))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	client = Config{
		Game: Identity{Name: "test", Build: 1, Schema: 7}, Channels: []Channel{{Mode: Unreliable}, {Mode: ReliableOrdered}},
		Suite: suite, Plaintext: plaintext, Key: key(1), TicketLifetime: -1,
	}
	server = client
	server.Key, server.MaxConns = key(0x40), 1
	client.Random = bytes.NewReader(append(counting(0x11, 8), counting(0x80, 32)...))
	random := append(counting(0x21, 4), counting(0x60, 32)...)
	random = append(random, counting(0x31, 3)...)
	if plaintext {
		random = append(random, counting(0xe0, 8)...)
	}
	server.Random = bytes.NewReader(append(random, counting(0xc0, 32)...))
	return server, client
}

// TestConnectionVectors runs the connections of the specification's appendix
// and compares every datagram.
func TestConnectionVectors(t *testing.T) {
	for _, test := range []struct {
		section   string
		suite     Suite
		pinned    bool
		plaintext bool
	}{
		{"A.8", SuiteChaCha20Poly1305, true, false},
		{"A.9", SuiteAES256GCM, false, false},
		{"A.10", SuiteChaCha20Poly1305, false, true},
	} {
		t.Run(test.section, func(t *testing.T) {
			names, want := transcript(t, test.section)
			serverConfig, clientConfig := pageConfigs(t, test.suite, test.plaintext)
			server, err := NewCore(serverConfig)
			if err != nil {
				t.Fatal(err)
			}
			client, err := NewCore(clientConfig)
			if err != nil {
				t.Fatal(err)
			}
			opt := DialOptions{Hello: []byte("ada")}
			if test.pinned {
				opt.ServerKey = server.PublicKey()
			}
			now := time.Unix(0, 0)
			conn, err := client.Dial(now, serverPath, opt)
			if err != nil {
				t.Fatal(err)
			}
			var sent []namedDatagram
			for range 6 {
				sent = append(sent, deliver(now, client, server, clientPath)...)
				for e, ok := server.NextEvent(); ok; e, ok = server.NextEvent() {
					if e.Kind == EventConnected {
						e.Conn.Send(now, 0, []byte("hi"))
					}
				}
				sent = append(sent, deliver(now, server, client, serverPath)...)
			}
			for i, s := range sent {
				if i >= len(names) || s.name != names[i] {
					t.Fatalf("datagram %d is %s, the page has %v", i, s.name, names)
				}
				if !bytes.Equal(s.datagram, want[s.name]) {
					t.Errorf("%s = %x, want %x", s.name, s.datagram, want[s.name])
				}
			}
			if _, message, ok := conn.Receive(); !ok || string(message) != "hi" {
				t.Errorf("received %q", message)
			}
			if salt, ok := want["protocol ID"]; ok {
				if got := fmt.Sprintf("%016x", protocolID(client.identity)); got != hex.EncodeToString(salt) {
					t.Errorf("protocol ID %s, want %x", got, salt)
				}
			}
		})
	}
}

type namedDatagram struct {
	name     string
	datagram []byte
}

// deliver flushes one core into another and names what went over.
func deliver(now time.Time, from, to *Core, path Path) (sent []namedDatagram) {
	var r recorder
	from.Flush(now, &r)
	for _, d := range r.datagrams {
		name := "packet down"
		switch {
		case wire.Classify(d) == wire.KindHandshake:
			name = []string{"Hello", "Retry", "Initiate", "Respond", "Finish", "Refuse", "Rejoin", "Resume"}[d[0]-0x50]
		case d[0]&1 == 1:
			name = "packet up"
		}
		sent = append(sent, namedDatagram{name, d})
		to.Receive(now, path, d)
	}
	return sent
}

// TestPageNumbers holds what the specification says of limits, reasons and
// overhead against the constants.
func TestPageNumbers(t *testing.T) {
	page, err := os.ReadFile("../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	// The page groups digits by commas.
	text := strings.ReplaceAll(string(page), ",", "")
	for _, want := range []string{
		"| **bytes** | **24** | **21** |", // TestSteadyOverhead
		fmt.Sprintf("of at most **%d bytes** of payload", wire.MaxDatagram),
		fmt.Sprintf("nor a packet above %d.", limitDatagram),
		fmt.Sprintf("Never more than %d bytes are sent or %d over IPv6", limitDatagram, limitDatagram6),
		fmt.Sprintf("challenged up to %d times", challengeTries),
		fmt.Sprintf("at least %d ms that double", minChallengeInterval/time.Millisecond),
		fmt.Sprintf("lie %d ms", minChallengeSpace/time.Millisecond),
		fmt.Sprintf("keeps it in mind for %d s", formerTime/time.Second),
		fmt.Sprintf("is padded by %d bytes", keepalivePadding),
		fmt.Sprintf("when %d of its probes are lost %d ms", mtuLosses, mtuSpace/time.Millisecond),
		fmt.Sprintf("made again after %d s", mtuRaise/time.Second),
		fmt.Sprintf("in %d large packets lost in a row", mtuHole),
		fmt.Sprintf("out for %d probe delays at least %d s", mtuSilence, mtuSilenceMin/time.Second),
		fmt.Sprintf("comes after %d s or after %d s", mtuHoleWait/time.Second, mtuSilenceWait/time.Second),
		fmt.Sprintf("%d s at first doubled", natStart/time.Second),
		fmt.Sprintf("stays at %d/%d of what held; between %d s and %d minutes", natMargin-1, natMargin, natMin/time.Second, natMax/time.Minute),
		fmt.Sprintf("repeated %d times after %d s", natRepeats, natRepeat/time.Second),
		fmt.Sprintf("a packet above %d.", maxDatagramIn),
		fmt.Sprintf("Servers here hand out %d bytes", connIDLen),
		fmt.Sprintf("**each piece but the last has exactly %d bytes**", channel.MaxSegment),
		fmt.Sprintf("whose number is %d or more above", channel.Window),
		fmt.Sprintf("| MaxMessage unreliable | %d | 1–%d |", defaultMaxUnreliable, limitMaxUnreliable),
		fmt.Sprintf("| MaxMessage reliable | %d | 1–%d |", defaultMaxReliable, limitMaxReliable),
		fmt.Sprintf("| WindowBytes | 2 · MaxMessage | MaxMessage – %d |", limitWindowBytes),
		fmt.Sprintf("| channels | – | 1–%d |", maxChannels),
		fmt.Sprintf("| incoming connections | 0 | 0–%d |", limitMaxConns),
		fmt.Sprintf("| hello | – | 0–%d bytes |", wire.MaxHello),
		fmt.Sprintf("Up to %d answers of %d bytes", maxReplies, wire.HandshakeHeaderLen+wire.CookieLen),
		fmt.Sprintf("Up to %d handshakes under way", maxPending),
		fmt.Sprintf("each for at most %d s", pendingTimeout/time.Second),
		fmt.Sprintf("again every %d ms", resendInterval/time.Millisecond),
		fmt.Sprintf("It gives up after %d s", defaultHandshakeTimeout/time.Second),
		fmt.Sprintf("MaxAckDelay (%d ms by default at most %d ms)", defaultMaxAckDelay/time.Millisecond, limitMaxAckDelay/time.Millisecond),
		fmt.Sprintf("the longest header (%d) the longest ack (%d)", wire.MaxHeaderLen, wire.MaxAckLen),
		fmt.Sprintf("When *number − a* would reach %d", wire.MaxDoubt),
		fmt.Sprintf("this one remembers %d", wire.AckReach),
		fmt.Sprintf("three times %d ms apart", closeInterval/time.Millisecond),
		fmt.Sprintf("at most %d bytes when sent", maxCloseText),
		fmt.Sprintf("After %d s without a packet that opens", defaultTimeout/time.Second),
		fmt.Sprintf("after %d s without sending a ping", defaultKeepalive/time.Second),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/PROTOCOL.md does not say %q", want)
		}
	}
	for _, name := range dropNames {
		if !strings.Contains(text, "*"+name+"*") {
			t.Errorf("docs/PROTOCOL.md section 9 lacks %q", name)
		}
	}
	for reason := range closeReasonNames {
		if !strings.Contains(text, fmt.Sprintf("\n| %d | ", reason)) {
			t.Errorf("docs/PROTOCOL.md section 7 lacks reason %d", reason)
		}
	}
}
