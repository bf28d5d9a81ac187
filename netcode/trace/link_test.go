package trace_test

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

const (
	chState = iota
	chInput
	chChat
	chEvent
	chDoor
)

var testChannels = []netcode.Channel{
	{Name: "state", Mode: netcode.Unreliable},
	{Name: "input", Mode: netcode.UnreliableSequenced},
	{Name: "chat", Mode: netcode.ReliableOrdered},
	{Name: "event", Mode: netcode.ReliableUnordered, Lifetime: 40 * time.Millisecond},
	{Name: "door", Mode: netcode.ReliableLatest, MaxKeys: 300},
}

// A pair is a server, a client and no link between them: what one flushes
// the other has received, unless it is lost.
type pair struct {
	t              *testing.T
	now            time.Time
	server, client *netcode.Core
	conns          [2]*netcode.Conn // server's, client's
	lose           func() bool
	toServer       bool
	clientAt       netip.AddrPort
}

var (
	serverAddress = netip.MustParseAddrPort("192.0.2.1:7777")
	clientAddress = netip.MustParseAddrPort("198.51.100.7:5000")
)

func seeded(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// newPair returns a connected pair; change is asked about both configurations.
func newPair(t *testing.T, change func(server, client *netcode.Config)) *pair {
	t.Helper()
	base := netcode.Config{Game: netcode.Identity{Name: "test", Build: 1, Schema: 7}, Channels: testChannels}
	s, c := base, base
	s.MaxConns, s.Random, c.Random = 4, seeded(1), seeded(2)
	change(&s, &c)
	p := &pair{t: t, now: time.Unix(1_700_000_000, 0), lose: func() bool { return false }, clientAt: clientAddress}
	var err error
	if p.server, err = netcode.NewCore(s); err != nil {
		t.Fatal(err)
	}
	if p.client, err = netcode.NewCore(c); err != nil {
		t.Fatal(err)
	}
	if p.conns[1], err = p.client.Dial(p.now, netcode.Path{Remote: serverAddress}, netcode.DialOptions{}); err != nil {
		t.Fatal(err)
	}
	p.run(time.Second)
	for e, ok := p.server.NextEvent(); ok; e, ok = p.server.NextEvent() {
		p.conns[0] = e.Conn
	}
	if p.conns[0] == nil {
		t.Fatal("not connected")
	}
	return p
}

// SendDatagram is the link.
func (p *pair) SendDatagram(_ netcode.Path, datagram []byte) {
	switch {
	case p.lose():
	case p.toServer:
		p.server.Receive(p.now, netcode.Path{Remote: p.clientAt, Local: serverAddress.Addr()}, datagram)
	default:
		p.client.Receive(p.now, netcode.Path{Remote: serverAddress}, datagram)
	}
}

// run lets time pass, in steps of 5 ms, and takes what arrives.
func (p *pair) run(d time.Duration) {
	for end := p.now.Add(d); p.now.Before(end); p.now = p.now.Add(5 * time.Millisecond) {
		p.toServer = false
		p.server.Flush(p.now, p)
		p.toServer = true
		p.client.Flush(p.now, p)
		for _, c := range p.conns {
			if c == nil {
				continue
			}
			for _, _, ok := c.Receive(); ok; _, _, ok = c.Receive() {
			}
			for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
			}
		}
	}
}

// chatter says something of every kind on all channels for a while.
func (p *pair) chatter(n int) {
	p.t.Helper()
	for i := range n {
		if i%20 == 5 {
			p.conns[i/20%2].Rekey(p.now)
		}
		for side, c := range p.conns {
			p.send(c, chState, 40+20*side)
			p.send(c, chInput, 8)
			switch i % 20 {
			case 3:
				p.send(c, chState, 3000)
			case 7:
				p.send(c, chChat, 5000)
			case 9:
				p.send(c, chEvent, 3000)
				for _, key := range []uint16{0, 127, 128, 299} {
					if _, err := c.SendWith(p.now, chDoor, []byte("open"), netcode.SendOptions{Key: key}); err != nil {
						p.t.Fatal(err)
					}
				}
			case 11:
				p.send(c, chEvent, 30)
				p.send(c, chChat, 0)
				p.send(c, chChat, 200)
			case 13:
				p.send(c, chInput, 0)
			}
		}
		p.run(15 * time.Millisecond)
	}
}

func (p *pair) send(c *netcode.Conn, channel, size int) {
	p.t.Helper()
	message := make([]byte, size)
	for i := range message {
		message[i] = byte(i)
	}
	if _, err := c.Send(p.now, channel, message); err != nil {
		p.t.Fatal(err)
	}
}

// A counter counts what a Core sees, for comparison.
type counter struct {
	frames   [8]int
	sent     int
	received int
	repeated int
	lost     int
	moved    int
	phase    uint64
}

func (c *counter) Trace(e *netcode.TraceEvent) {
	switch e.Kind {
	case netcode.TracePacketSent:
		c.sent++
		c.count(e)
	case netcode.TracePacketReceived:
		c.received++
		c.count(e)
	case netcode.TracePacketLost:
		c.lost++
	case netcode.TraceKeysChanged:
		c.phase = e.Phase
	case netcode.TracePath:
		c.moved++
	case netcode.TraceDropped:
		if e.Drop == netcode.DropReplay {
			c.repeated++
		}
	}
}

func (c *counter) count(e *netcode.TraceEvent) {
	for f := range e.Frames() {
		c.frames[f.Kind]++
	}
}

var protections = []struct {
	name   string
	change func(server, client *netcode.Config)
}{
	{"chacha20poly1305", func(s, c *netcode.Config) {
		s.Suite, c.Suite = netcode.SuiteChaCha20Poly1305, netcode.SuiteChaCha20Poly1305
	}},
	{"aes256gcm", func(s, c *netcode.Config) { s.Suite, c.Suite = netcode.SuiteAES256GCM, netcode.SuiteAES256GCM }},
	{"plaintext", func(s, c *netcode.Config) { s.Plaintext, c.Plaintext = true, true }},
}
