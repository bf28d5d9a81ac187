package netcode

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode/internal/udp"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// shardedServer returns n cores and their endpoints, each of which echoes in
// a goroutine of its own, and a function that ends them and returns their
// counters.
func shardedServer(t *testing.T, n int, change func(*udp.Options)) (cores []*Core, address string, end func() []EndpointStats) {
	t.Helper()
	cfg := serverConfig()
	cfg.MaxConns = 1000
	cfg.Random = nil // safe for several goroutines
	cores, err := NewShards(cfg, n)
	if err != nil {
		t.Fatal(err)
	}
	var opt EndpointOptions
	socket := opt.socket()
	change(&socket)
	endpoints, err := listenShards("127.0.0.1:0", cores, opt, socket)
	if err != nil {
		t.Fatal(err)
	}
	var ended []<-chan error
	for _, e := range endpoints {
		t.Cleanup(func() { e.Close() })
		ended = append(ended, echo(t, e))
	}
	return cores, endpoints[0].LocalAddr().String(), func() (stats []EndpointStats) {
		for _, e := range endpoints {
			e.Close()
		}
		for i, e := range endpoints {
			<-ended[i]
			stats = append(stats, e.Stats())
		}
		return stats
	}
}

// TestShardedServer connects hundreds of clients to four shards and sends a
// message to each and back on every channel.
func TestShardedServer(t *testing.T) {
	clients := 200
	if race.Enabled || testing.Short() {
		clients = 60
	}
	for _, test := range []struct {
		name       string
		change     func(*udp.Options)
		handedOver bool
	}{
		{"steered", func(*udp.Options) {}, false},
		{"handed over", func(o *udp.Options) { o.NoSteering = true }, true},
		{"one socket", func(o *udp.Options) { o.Plain = true }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cores, address, end := shardedServer(t, 4, test.change)
			dialled := dialMany(t, address, clients)
			for i, c := range dialled {
				if got, want := int(c.conn.remoteID&0xff)%4, i%4; i < 8 && got != want {
					t.Errorf("client %d asked for shard %d and reached %d", i, want, got)
				}
				for channel := range testChannels {
					want := fmt.Appendf(nil, "client %d, channel %d", i, channel)
					if _, err := c.conn.Send(time.Now(), channel, want); err != nil {
						t.Fatal(err)
					}
					c.e.Flush(time.Now())
					if ch, got := waitMessage(t, c.e, c.conn); ch != channel || !bytes.Equal(got, want) {
						t.Errorf("%q came back on channel %d, want %q on %d", got, ch, want, channel)
					}
				}
			}
			stats := end()
			conns, handed := 0, uint64(0)
			for i, core := range cores {
				s := core.Stats()
				s.Dropped[DropHandshake] = 0 // clients that wait their turn here repeat themselves
				if s.Conns == 0 || s.Dropped != (CoreStats{}).Dropped {
					t.Errorf("shard %d: %+v", i, s)
				}
				for _, s := range core.byID.slots {
					if s.conn != nil && int(s.id&0xff)%4 != i {
						t.Errorf("shard %d handed out connection ID %06x", i, s.id)
					}
				}
				conns += s.Conns
				handed += stats[i].HandedOver
				if stats[i].HandoverFull+stats[i].Overflowed > 0 {
					t.Errorf("shard %d dropped: %+v", i, stats[i])
				}
			}
			if conns != clients || (handed > 0) != test.handedOver {
				t.Errorf("%d connections, %d datagrams handed over; want %d, %v", conns, handed, clients, test.handedOver)
			}
		})
	}
}

type dialledClient struct {
	e    *Endpoint
	conn *Conn
}

// dialMany connects n clients with a socket each; the first eight ask for
// shards.
func dialMany(t testing.TB, address string, n int) (clients []dialledClient) {
	t.Helper()
	for i := range n {
		e := listen(t, "127.0.0.1:0", testConfig(uint64(i)+10), EndpointOptions{Batch: 4})
		path, err := e.Resolve(address)
		if err != nil {
			t.Fatal(err)
		}
		var opt DialOptions
		if i < 8 {
			opt.Route = uint8(4 + i)
		}
		conn, err := e.core.Dial(time.Now(), path, opt)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, dialledClient{e, conn})
	}
	for i, c := range clients {
		if event := waitEvent(t, c.e); event.Kind != EventConnected {
			t.Fatalf("client %d: %v", i, event.Err)
		}
	}
	return clients
}

// TestSteeringMatchesTheWire holds the rules against real datagrams.
func TestSteeringMatchesTheWire(t *testing.T) {
	shard := func(datagram []byte) int {
		for _, rule := range steering() {
			if datagram[0]&rule.Mask == rule.Value {
				return int(datagram[rule.Offset])
			}
		}
		return -1
	}
	for first := range 256 {
		id := 0xabcd00 + uint64(first)
		packet := wire.AppendHeader(nil, wire.Header{HasConnID: true, ConnID: id, NumberLen: 1}, connIDLen)
		if got := shard(packet); got != first {
			t.Errorf("a packet for %06x goes by %d", id, got)
		}
		hello := wire.AppendHandshake(nil, &wire.Handshake{Type: wire.Hello, Version: wire.Version, ClientID: id})
		if got := shard(hello); got != first {
			t.Errorf("a Hello of client %x goes by %d", id, got)
		}
		for _, shards := range []int{1, 3, 63, 64} {
			for i := range shards {
				if id, ok := shardID(id, i, shards); ok && (int(id&0xff)%shards != i || id>>8 != 0xabcd) {
					t.Errorf("shard %d of %d: connection ID %x", i, shards, id)
				}
			}
		}
	}
	if got := shard(wire.AppendHeader(nil, wire.Header{NumberLen: 1}, connIDLen)); got != -1 {
		t.Errorf("a packet to a client goes by %d", got)
	}
}

func TestShardErrors(t *testing.T) {
	cfg := serverConfig()
	cores, err := NewShards(cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := NewShards(testConfig(9), 2)
	if err != nil {
		t.Fatal(err)
	}
	listens := func(cores ...*Core) func() error {
		return func() error { _, err := ListenShards("127.0.0.1:0", cores, EndpointOptions{}); return err }
	}
	for want, try := range map[string]func() error{
		"NewShards: 0 shards, want 1 to 64":   func() error { _, err := NewShards(cfg, 0); return err },
		"NewShards: 65 shards, want 1 to 64":  func() error { _, err := NewShards(cfg, 65); return err },
		"Shard is 2, want 0 to Shards-1, 1":   func() error { c := cfg; c.Shard, c.Shards = 2, 2; _, err := NewCore(c); return err },
		"Shards is 65, want 0 to 64":          func() error { c := cfg; c.Shards = 65; _, err := NewCore(c); return err },
		"0 Cores":                             listens(),
		"Core 1 is nil":                       listens(cores[0], nil),
		"Core 0 is shard 1 of 2, want 0 of 2": listens(cores[1], cores[0]),
		"Cores 0 and 1 have different keys":   listens(cores[0], strangers[1]),
		"shares its address":                  func() error { _, err := cores[0].Dial(time.Unix(0, 0), serverPath, DialOptions{}); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// BenchmarkShards is a server's tick with 256 clients, an operation: each
// shard receives 64 bytes of each of its clients and sends each 256. The
// clients' own work does not count. The tenth-best operation in a hundred is
// reported: both cores must be free for it, which on a busy machine they are
// not for most.
func BenchmarkShards(b *testing.B) {
	const clients = 256
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprintf("shards=%d", n), func(b *testing.B) {
			cfg := serverConfig()
			cfg.MaxConns, cfg.Random = clients, nil
			cores, err := NewShards(cfg, n)
			if err != nil {
				b.Fatal(err)
			}
			endpoints, err := ListenShards("127.0.0.1:0", cores, EndpointOptions{})
			if err != nil {
				b.Fatal(err)
			}
			stop := make(chan struct{})
			var shaking sync.WaitGroup
			for _, e := range endpoints {
				defer e.Close()
				shaking.Go(func() {
					for !closed(stop) {
						_ = e.WaitUntil(time.Now().Add(time.Millisecond))
					}
				})
			}
			dialled := dialMany(b, endpoints[0].LocalAddr().String(), clients)
			for _, c := range dialled {
				_ = c.e.WaitUntil(time.Now().Add(time.Millisecond))
			}
			close(stop)
			shaking.Wait()
			benchmarkShards(b, endpoints, dialled)
		})
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func benchmarkShards(b *testing.B, endpoints []*Endpoint, clients []dialledClient) {
	var spent []time.Duration
	up, down := make([]byte, 64), make([]byte, 256)
	in := uint64(0)
	for _, e := range endpoints {
		in -= e.Stats().DatagramsIn
	}
	for b.Loop() {
		for _, c := range clients {
			_, _ = c.conn.Send(time.Now(), chState, up)
			c.e.Flush(time.Now())
		}
		start := time.Now()
		var busy sync.WaitGroup
		for _, e := range endpoints {
			busy.Go(func() {
				now := time.Now()
				e.Poll(now)
				for _, a := range e.core.conns {
					conn := a.conn
					for _, _, ok := conn.Receive(); ok; _, _, ok = conn.Receive() {
					}
					_, _ = conn.Send(now, chState, down)
				}
				e.Flush(now)
			})
		}
		busy.Wait()
		spent = append(spent, time.Since(start))
		for _, c := range clients {
			c.e.Poll(time.Now())
			for _, _, ok := c.conn.Receive(); ok; _, _, ok = c.conn.Receive() {
			}
		}
	}
	for _, e := range endpoints {
		in += e.Stats().DatagramsIn
	}
	if in < uint64(b.N*len(clients)) {
		b.Errorf("%d datagrams received, want %d", in, b.N*len(clients))
	}
	slices.Sort(spent)
	perClient := spent[len(spent)/10] / time.Duration(len(clients))
	b.ReportMetric(2/perClient.Seconds(), "datagrams/s")
	b.ReportMetric(float64(perClient.Nanoseconds()), "ns/client-tick")
}
