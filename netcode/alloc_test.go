package netcode

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// A wirePair is two cores with an open connection and no pipe: what one
// flushes the other receives at once.
type wirePair struct {
	now      time.Time
	cores    [2]*Core // server, client
	conns    [2]*Conn
	to       int
	messages int
}

func (p *wirePair) SendDatagram(_ Path, datagram []byte) {
	path := clientPath
	if p.to == 1 {
		path = serverPath
	}
	p.cores[p.to].Receive(p.now, path, datagram)
}

// flush moves datagrams from one end to the other and takes what arrived.
func (p *wirePair) flush(from int) {
	p.to = 1 - from
	p.cores[from].Flush(p.now, p)
	for _, _, ok := p.conns[p.to].Receive(); ok; _, _, ok = p.conns[p.to].Receive() {
		p.messages++
	}
	for _, ok := p.conns[from].NextNotice(); ok; _, ok = p.conns[from].NextNotice() {
	}
}

// exchange is a tick: a message on channel each way, in one packet each.
func (p *wirePair) exchange(channel int, message []byte) {
	for side := range p.conns {
		if _, err := p.conns[side].Send(p.now, channel, message); err != nil {
			panic(err)
		}
		p.flush(side)
	}
	p.now = p.now.Add(time.Second / 60)
}

var protections = []struct {
	name   string
	change func(server, client *Config)
}{
	{"chacha20poly1305", nil},
	{"aes256gcm", func(s, c *Config) { s.Suite, c.Suite = SuiteAES256GCM, SuiteAES256GCM }},
	{"plaintext", func(s, c *Config) { s.Plaintext, c.Plaintext = true, true }},
}

func newWirePair(t testing.TB, change func(server, client *Config)) *wirePair {
	l := connect(t, change)
	l.run(time.Second)
	p := &wirePair{now: l.now, cores: [2]*Core{l.server, l.client}, conns: [2]*Conn{l.accepted, l.conn}}
	message := make([]byte, 200)
	for range 300 { // warm the rings and the buffers
		p.exchange(chState, message)
		p.exchange(chChat, message)
	}
	return p
}

// TestNoAllocations: a packet costs none, sent or received, whatever protects
// it and whatever it carries.
func TestNoAllocations(t *testing.T) {
	for _, test := range protections {
		for _, channel := range []int{chState, chInput, chChat} {
			t.Run(fmt.Sprintf("%s/%s", test.name, testChannels[channel].Name), func(t *testing.T) {
				p := newWirePair(t, test.change)
				message := make([]byte, 200)
				p.exchange(channel, message)
				before := p.messages
				if n := testing.AllocsPerRun(1000, func() { p.exchange(channel, message) }); n != 0 {
					t.Errorf("%v allocations for two packets", n)
				}
				if got := p.messages - before; got != 2*1001 {
					t.Errorf("%d messages arrived, want %d", got, 2*1001)
				}
			})
		}
	}
}

// BenchmarkCorePacket is one packet with one message, from Send to Receive,
// through two cores, acknowledgements included.
func BenchmarkCorePacket(b *testing.B) {
	for _, test := range protections {
		for _, size := range []int{64, 1000} {
			b.Run(fmt.Sprintf("%s/%d", test.name, size), func(b *testing.B) {
				p := newWirePair(b, test.change)
				message := make([]byte, size)
				p.exchange(chState, message)
				b.ReportAllocs()
				side := 0
				for b.Loop() {
					if _, err := p.conns[side].Send(p.now, chState, message); err != nil {
						b.Fatal(err)
					}
					p.flush(side)
					side = 1 - side
					p.now = p.now.Add(time.Second / 120)
				}
			})
		}
	}
}

// A crowd is a server and a client core with n open connections.
type crowd struct {
	now            time.Time
	server, client *Core
	conns          []*Conn
}

// crowdSender delivers at once: connection n is socket n of the client.
type crowdSender struct {
	c        *crowd
	toServer bool
}

func (s crowdSender) SendDatagram(path Path, datagram []byte) {
	if s.toServer {
		port := 1024 + path.Carrier
		s.c.server.Receive(s.c.now, Path{Remote: netip.AddrPortFrom(clientPath.Remote.Addr(), port)}, datagram)
	} else {
		s.c.client.Receive(s.c.now, Path{Remote: serverPath.Remote, Carrier: path.Remote.Port() - 1024}, datagram)
	}
}

func newCrowd(t testing.TB, n int, suite Suite) *crowd {
	t.Helper()
	server, client := testConfig(1), testConfig(2)
	server.MaxConns, server.HandshakeRate = n, -1
	server.Suite, client.Suite = suite, suite
	c := &crowd{now: time.Unix(0, 0)}
	if _, measured := t.(*testing.B); measured {
		c.now = time.Now() // with a monotonic reading, as servers have
	}
	var err error
	if c.server, err = NewCore(server); err != nil {
		t.Fatal(err)
	}
	if c.client, err = NewCore(client); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		conn, err := c.client.Dial(c.now, Path{Remote: serverPath.Remote, Carrier: uint16(i)}, DialOptions{ServerKey: c.server.PublicKey()})
		if err != nil {
			t.Fatal(err)
		}
		c.conns = append(c.conns, conn)
		if i%100 == 99 || i == n-1 {
			c.run(10)
		}
	}
	if got := c.server.Stats().Conns; got != n {
		t.Fatalf("%d of %d connected", got, n)
	}
	return c
}

// run lets n steps of 10 ms pass.
func (c *crowd) run(n int) {
	for range n {
		c.client.Flush(c.now, crowdSender{c, true})
		c.server.Flush(c.now, crowdSender{c, false})
		for _, core := range []*Core{c.server, c.client} {
			for _, ok := core.NextEvent(); ok; _, ok = core.NextEvent() {
			}
		}
		c.now = c.now.Add(10 * time.Millisecond)
	}
}

// TestIdleMemory: what an open connection with nothing to say keeps, with
// four channels. DESIGN.md aims at 16 KiB, so that 10,000 fit in 160 MB.
func TestIdleMemory(t *testing.T) {
	const n, aim = 1000, 16 << 10
	if race.Enabled {
		t.Skip("two thousand handshakes take a minute under the race detector")
	}
	for _, suite := range []Suite{SuiteChaCha20Poly1305, SuiteAES256GCM} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := newCrowd(t, n, suite)
		c.run(110)
		runtime.GC()
		runtime.ReadMemStats(&after)
		// Both ends are in this process.
		bytes := (int(after.HeapAlloc) - int(before.HeapAlloc)) / (2 * n)
		t.Logf("suite %d: %d bytes for each idle connection", suite, bytes)
		if bytes > aim {
			t.Errorf("suite %d: %d bytes for each idle connection, want at most %d", suite, bytes, aim)
		}
		runtime.KeepAlive(c)
	}
}

// BenchmarkIdleFlush is a Flush of many connections of which none has
// anything to say: what a server pays each time it wakes.
func BenchmarkIdleFlush(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		b.Run(fmt.Sprintf("conns=%d", n), func(b *testing.B) {
			c := newCrowd(b, n, SuiteChaCha20Poly1305)
			c.run(100)
			var r recorder
			b.ReportAllocs()
			for b.Loop() {
				c.server.Flush(c.now, &r)
			}
			if len(r.datagrams) > 2*n {
				b.Errorf("%d datagrams: the connections are not idle", len(r.datagrams))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/conn")
		})
	}
}
