package netcode

import (
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// TestConfigErrors: a mistake is told at construction, by the field's name.
func TestConfigErrors(t *testing.T) {
	for want, change := range map[string]func(c *Config){
		"Config.Game.Name has 0 bytes":     func(c *Config) { c.Game.Name = "" },
		"Config.Game.Name has 33 bytes":    func(c *Config) { c.Game.Name = strings.Repeat("x", 33) },
		"Config.MaxConns is -1":            func(c *Config) { c.MaxConns = -1 },
		"Config.MaxConns is 65536":         func(c *Config) { c.MaxConns = 65536 },
		"Config.Suite is 3":                func(c *Config) { c.Suite = 3 },
		"Config.HandshakeTimeout is -1ns":  func(c *Config) { c.HandshakeTimeout = -1 },
		"Config.Keepalive is 10s":          func(c *Config) { c.Keepalive = 10 * time.Second },
		"Config.Keepalive is -2ns":         func(c *Config) { c.Keepalive = -2 },
		"Config.Timeout is 10s, want 1m":   func(c *Config) { c.Keepalive = KeepaliveNAT },
		"Config.Keepalive is KeepaliveNAT": func(c *Config) { c.Keepalive, c.Timeout, c.Plaintext = KeepaliveNAT, -1, true },
		"Config.MaxDatagram is 1199":       func(c *Config) { c.MaxDatagram = 1199 },
		"Config.MaxDatagram is 1473":       func(c *Config) { c.MaxDatagram = 1473 },
		"Config.MaxAckDelay is 61ms":       func(c *Config) { c.MaxAckDelay = 61 * time.Millisecond },
		"Config.MaxQueued is 1":            func(c *Config) { c.MaxQueued = 1 },
		"Config.Channels has 0 channels":   func(c *Config) { c.Channels = nil },
		"Config.Channels has 17 channels":  func(c *Config) { c.Channels = make([]Channel, 17) },
		"Config.Channels[0].Mode is 5":     func(c *Config) { c.Channels = []Channel{{Mode: 5}} },
		"[0].MaxMessage is -1":             func(c *Config) { c.Channels = []Channel{{MaxMessage: -1}} },
		"[0].MaxMessage is 32769":          func(c *Config) { c.Channels = []Channel{{MaxMessage: 32769}} },
		"[0].MaxMessage is 1048577":        func(c *Config) { c.Channels = []Channel{{Mode: ReliableOrdered, MaxMessage: 1<<20 + 1}} },
		"[0].MaxMessage is 1097":           func(c *Config) { c.Channels = []Channel{{Mode: ReliableLatest, MaxMessage: 1097}} },
		"[0].MaxKeys is 16385":             func(c *Config) { c.Channels = []Channel{{Mode: ReliableLatest, MaxKeys: 16385}} },
		"[0].MaxKeys is for":               func(c *Config) { c.Channels = []Channel{{MaxKeys: 1}} },
		"[0].Priority is 16":               func(c *Config) { c.Channels = []Channel{{Priority: 16}} },
		"[0].Weight is 101":                func(c *Config) { c.Channels = []Channel{{Weight: 101}} },
		"[0].Lifetime is -1":               func(c *Config) { c.Channels = []Channel{{Lifetime: -1}} },
		"[0].Lifetime is not for":          func(c *Config) { c.Channels = []Channel{{Mode: ReliableOrdered, Lifetime: 1}} },
		"[0].WindowBytes is for Reliable":  func(c *Config) { c.Channels = []Channel{{WindowBytes: 1}} },
		"[0].WindowBytes is 5":             func(c *Config) { c.Channels = []Channel{{Mode: ReliableOrdered, WindowBytes: 5}} },
		"[0].Name has 40 bytes":            func(c *Config) { c.Channels = []Channel{{Name: strings.Repeat("x", 40)}} },
		"netcode: key: ":                   func(c *Config) { c.Random = iotest.ErrReader(io.ErrUnexpectedEOF) },
	} {
		c := testConfig(1)
		change(&c)
		if _, err := NewCore(c); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "netcode: ") {
			t.Errorf("NewCore = %v, want %q", err, want)
		}
	}
	c := testConfig(1)
	c.Timeout = -1
	c.Keepalive = time.Hour
	if _, err := NewCore(c); err != nil {
		t.Errorf("no timeout, long keepalive: %v", err)
	}
}

func TestDialErrors(t *testing.T) {
	l := newLab(t, nil)
	if _, err := l.client.Dial(l.now, Path{}, DialOptions{}); err == nil {
		t.Error("Dial takes no address")
	}
	if _, err := l.client.Dial(l.now, serverPath, DialOptions{Hello: make([]byte, 513)}); err == nil {
		t.Error("Dial takes a hello of 513 bytes")
	}
	lowOrder := [32]byte{1}
	if _, err := l.client.Dial(l.now, serverPath, DialOptions{ServerKey: lowOrder}); err == nil {
		t.Error("Dial takes a key of low order")
	}
	l.dial(DialOptions{})
	if _, err := l.client.Dial(l.now, serverPath, DialOptions{}); err != ErrPathInUse {
		t.Errorf("Dial on a path in use = %v, want %v", err, ErrPathInUse)
	}
	if _, err := l.conn.Send(l.now, chState, nil); err != ErrNotConnected {
		t.Errorf("Send while connecting = %v, want %v", err, ErrNotConnected)
	}
	if n := len(l.client.conns); n != 1 {
		t.Errorf("%d connections after four mistakes, want the one dialled", n)
	}
}

// TestNoRandomness: a server whose random source fails serves nobody, and
// says nothing wrong.
func TestNoRandomness(t *testing.T) {
	for i, bytes := range []int64{0, 0, 36, 36, 38, 38, 39, 39, 50, 50} { // cookie, connection ID, ephemeral key
		l := newLab(t, nil)
		l.server.cfg.Random = io.LimitReader(seeded(5), bytes)
		opt := DialOptions{}
		if i%2 == 0 {
			opt.ServerKey = l.server.PublicKey()
		}
		l.dial(opt)
		l.pass(11 * time.Second)
		if l.conn.State() != StateClosed || l.accepted != nil || len(l.server.conns) != 0 {
			t.Errorf("with %d random bytes: %v, %d connections", bytes, l.conn.State(), len(l.server.conns))
		}
		if !errors.Is(l.conn.Err(), &CloseError{Reason: CloseTimeout}) {
			t.Errorf("with %d random bytes: %v", bytes, l.conn.Err())
		}
	}
}

// TestNoCommonSuite: it looks like silence, and not like a wrong key.
func TestNoCommonSuite(t *testing.T) {
	for _, pinned := range []bool{true, false} {
		l := newLab(t, func(s, c *Config) { s.Suite, c.Suite = SuiteAES256GCM, SuiteChaCha20Poly1305 })
		opt := DialOptions{}
		if pinned {
			opt.ServerKey = l.server.PublicKey()
		}
		l.dial(opt)
		l.pass(11 * time.Second)
		if err := l.conn.Err(); !errors.Is(err, &CloseError{Reason: CloseTimeout}) {
			t.Errorf("pinned %v: Err() = %v, want %v", pinned, err, CloseTimeout)
		}
		l.empty()
	}
}

func TestAccessors(t *testing.T) {
	l := connect(t, nil)
	l.accepted.SetUser(7)
	if l.accepted.User() != 7 || l.accepted.Path() != clientPath || l.conn.Path().Remote != serverPath.Remote {
		t.Error("User or Path is not what was set")
	}
	// A server with several addresses answers from the one it was asked on.
	asked := clientPath
	asked.Local = netip.MustParseAddr("192.0.2.7")
	var r recorder
	l.conn.Send(l.now, chState, []byte("x"))
	l.client.Flush(l.now, &r)
	l.server.Receive(l.now, asked, r.datagrams[0])
	if got := l.accepted.Path(); got != asked {
		t.Errorf("Path() = %v, want %v", got, asked)
	}
	for reason := range DropReason(DropReasons + 1) {
		if reason.String() == "" {
			t.Errorf("DropReason %d has no name", reason)
		}
	}
}

// TestKeyIsChecked: a key pair whose halves do not belong together is refused
// when the Core is made, not at the first handshake.
func TestKeyIsChecked(t *testing.T) {
	cfg, other := testConfig(1), testConfig(2)
	one, err := NewCore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewCore(other)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Key = KeyPair{Private: one.cfg.Key.Private, Public: two.PublicKey()}
	if _, err := NewCore(cfg); err == nil || !strings.Contains(err.Error(), "netcode: Config.Key: ") {
		t.Errorf("NewCore with halves of two keys: %v", err)
	}
}
