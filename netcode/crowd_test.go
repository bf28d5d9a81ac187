package netcode

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/udp"
)

// A mail is a datagram on its way in BenchmarkCrowdTick.
type mail struct {
	path Path
	data []byte
}

// A postbox keeps what a core sends, in memory that is used again.
type postbox struct {
	mails []mail
	n     int
}

func (p *postbox) SendDatagram(path Path, datagram []byte) {
	if p.n == len(p.mails) {
		p.mails = append(p.mails, mail{data: make([]byte, 0, 1200)})
	}
	m := &p.mails[p.n]
	m.path, m.data = path, append(m.data[:0], datagram...)
	p.n++
}

// BenchmarkCrowdTick is what a tick costs a server in the core alone: from
// each of many clients a packet of 64 bytes is received, and to each one of
// 256 is sent. Unlike BenchmarkCorePacket it finds each connection as a server
// does, out of the processor's caches. What is reported is the lower quartile
// of the ticks: what others on the machine take away is not in it.
func BenchmarkCrowdTick(b *testing.B) {
	for _, n := range []int{50, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCrowd(b, n, SuiteAES256GCM)
			accepted := make([]*Conn, n)
			for i, a := range c.server.conns {
				accepted[i] = a.conn
			}
			var up, down postbox
			message := make([]byte, 256)
			var times []time.Duration
			var batch []udp.Datagram
			tick := func() {
				up.n, down.n = 0, 0
				for _, conn := range c.conns {
					if _, err := conn.Send(c.now, chState, message[:64]); err != nil {
						b.Fatal(err)
					}
				}
				c.client.Flush(c.now, &up)
				c.now = c.now.Add(time.Second / 120)
				start := time.Now()
				for i := range up.mails[:up.n] {
					if i%warmGroup == 0 { // as Endpoint.Poll does
						batch = batch[:0]
						for _, m := range up.mails[i:min(up.n, i+warmGroup)] {
							batch = append(batch, udp.Datagram{Data: m.data})
						}
						c.server.warmReceive(batch)
					}
					m := &up.mails[i]
					path := Path{Remote: netip.AddrPortFrom(clientPath.Remote.Addr(), 1024+m.path.Carrier)}
					c.server.Receive(c.now, path, m.data)
				}
				for _, conn := range accepted {
					for _, _, ok := conn.Receive(); ok; _, _, ok = conn.Receive() {
					}
					for _, ok := conn.NextNotice(); ok; _, ok = conn.NextNotice() {
					}
					if _, err := conn.Send(c.now, chState, message); err != nil {
						b.Fatal(err)
					}
				}
				c.server.Flush(c.now, &down)
				times = append(times, time.Since(start))
				for i := range down.mails[:down.n] {
					m := &down.mails[i]
					c.client.Receive(c.now, Path{Remote: serverPath.Remote, Carrier: m.path.Remote.Port() - 1024}, m.data)
				}
				for _, conn := range c.conns {
					for _, _, ok := conn.Receive(); ok; _, _, ok = conn.Receive() {
					}
					for _, ok := conn.NextNotice(); ok; _, ok = conn.NextNotice() {
					}
				}
				c.now = c.now.Add(time.Second / 120)
			}
			for range 100 {
				tick()
			}
			times = times[:0]
			for b.Loop() {
				tick()
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/4].Nanoseconds())/float64(n), "ns/client")
		})
	}
}
