package udp

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// testRules are like those of the protocol.
var testRules = []Rule{{Mask: 0xf0, Value: 0x50, Offset: 4}, {Mask: 0xe1, Value: 0xc1, Offset: 1}}

func listenShards(t testing.TB, address string, n int, opt Options) []*Socket {
	t.Helper()
	sockets, err := ListenShards(address, n, testRules, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range sockets {
			s.Close()
		}
	})
	return sockets
}

func TestShardOf(t *testing.T) {
	for _, test := range []struct {
		data string
		want int
	}{
		{"", -1},
		{"\x50\x00\x00\x00", -1},
		{"\x50\x00\x00\x00\x07rest", 1},
		{"\x5f\x00\x00\x00\xff", 0},
		{"\xc1", -1},
		{"\xc1\x05", 2},
		{"\xdf\x04\x05", 1},
		{"\xc0\x05", -1},
		{"\xe1\x05", -1},
		{"\xff\xff\xff\xffTSource", -1},
	} {
		if got := shardOf(testRules, 3, []byte(test.data)); got != test.want {
			t.Errorf("shardOf(%q) = %d, want %d", test.data, got, test.want)
		}
	}
}

// TestShards sends to four shards from many ports. Each gets what is its own,
// whoever receives it; what belongs to nobody arrives once, somewhere.
func TestShards(t *testing.T) {
	for _, test := range []struct {
		name string
		opt  Options
	}{
		{"steered", Options{}},
		{"handed over", Options{NoSteering: true}},
		{"one socket", Options{Plain: true}},
	} {
		for _, address := range []string{":0", "127.0.0.1:0", "[::1]:0"} {
			t.Run(test.name+" "+address, func(t *testing.T) { testShards(t, address, test.opt) })
		}
	}
}

// A dealt is what one shard received.
type dealt struct{ shard, owner int }

// own receives for a shard until it is closed.
func own(s *Socket, index, shards int, got chan<- dealt) {
	for {
		if _, err := s.Wait(time.Time{}); err != nil {
			return
		}
		for more := true; more; {
			var batch []Datagram
			if batch, more, _ = s.Receive(); len(batch) == 0 {
				continue
			}
			for _, d := range batch {
				got <- dealt{index, shardOf(testRules, shards, d.Data)}
			}
		}
	}
}

func testShards(t *testing.T, address string, opt Options) {
	const shards, senders, each, foreign = 4, 16, 64, 4
	sockets := listenShards(t, address, shards, opt)
	got := make(chan dealt, senders*(each+foreign))
	var running sync.WaitGroup
	for i, s := range sockets {
		if s.LocalAddr() != sockets[0].LocalAddr() {
			t.Fatalf("bound to %v and %v", s.LocalAddr(), sockets[0].LocalAddr())
		}
		running.Go(func() { own(s, i, shards, got) })
	}
	to := sockets[0].LocalAddr()
	if to.Addr().IsUnspecified() {
		to = at(sockets[0], "127.0.0.1")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range senders {
		// Trains are dealt out whole, and here they mix shards.
		client := listen(t, net.JoinHostPort(to.Addr().String(), "0"), Options{NoSegmentation: true})
		data := make([]byte, 24)
		for i := range each {
			data[0] = [2]byte{0x52, 0xc1}[i%2]
			binary.LittleEndian.PutUint64(data[1:], random.Uint64())
			client.Queue(to, netip.Addr{}, data)
		}
		for range foreign {
			client.Queue(to, netip.Addr{}, []byte("\xff\xff\xff\xffTSource"))
		}
		client.Flush()
	}
	for range cap(got) {
		select {
		case d := <-got:
			if d.owner >= 0 && d.owner != d.shard {
				t.Errorf("shard %d received what belongs to %d", d.shard, d.owner)
			}
		case <-time.After(patience):
			t.Fatal("some never arrived")
		}
	}
	for _, s := range sockets {
		s.Close()
	}
	running.Wait()
	var sum Stats
	for _, s := range sockets {
		stats := s.Stats()
		sum.DatagramsIn += stats.DatagramsIn
		sum.HandedOver += stats.HandedOver
		sum.HandoverFull += stats.HandoverFull
		sum.Overflowed += stats.Overflowed
	}
	if sum.DatagramsIn != senders*(each+foreign) || sum.HandoverFull+sum.Overflowed != 0 {
		t.Errorf("stats %+v, want %d received and nothing dropped", sum, senders*(each+foreign))
	}
	if handed := sum.HandedOver > 0; handed != opt.NoSteering {
		t.Errorf("%d handed over, steered %v", sum.HandedOver, !opt.NoSteering)
	}
}

// TestShardsKeepOthersOut binds the address a second time, alone and shared.
func TestShardsKeepOthersOut(t *testing.T) {
	for _, opt := range []Options{{}, {Plain: true}} {
		address := listenShards(t, "127.0.0.1:0", 2, opt)[0].LocalAddr().String()
		if s, err := Listen(address, opt); err == nil {
			s.Close()
			t.Error("Listen on an address of shards succeeded")
		}
		if sockets, err := ListenShards(address, 2, testRules, opt); err == nil {
			for _, s := range sockets {
				s.Close()
			}
			t.Error("ListenShards on an address of other shards succeeded")
		}
	}
}

func TestOneShardIsASocket(t *testing.T) {
	s := listenShards(t, "127.0.0.1:0", 1, Options{})[0]
	s.Queue(s.LocalAddr(), netip.Addr{}, []byte("\xc1\x07"))
	s.Flush()
	collect(t, s, 1)
}

// TestInbox puts and takes by turns, up to its bounds.
func TestInbox(t *testing.T) {
	var in inbox
	for round := range 5 {
		want := []string{"", "one", "two", strings.Repeat("x", round*300)}
		for i, text := range want {
			d := Datagram{Remote: netip.AddrPortFrom(netip.IPv6Loopback(), uint16(i)), ECN: uint8(i), Data: []byte(text)}
			if taken, first := in.put(&d); !taken || first != (i == 0) {
				t.Fatalf("put %d = %v, %v", i, taken, first)
			}
		}
		got := in.take()
		if len(got) != len(want) {
			t.Fatalf("took %d, want %d", len(got), len(want))
		}
		for i, d := range got {
			if string(d.Data) != want[i] || int(d.Remote.Port()) != i || int(d.ECN) != i {
				t.Errorf("took %d: %d bytes, port %d, ECN %d", i, len(d.Data), d.Remote.Port(), d.ECN)
			}
		}
	}
	if got := in.take(); len(got) != 0 {
		t.Errorf("took %d from an empty inbox", len(got))
	}
	for _, size := range []int{0, 1500} {
		n := 0
		for d := (Datagram{Data: make([]byte, size)}); ; n++ {
			if taken, _ := in.put(&d); !taken {
				break
			}
		}
		if want := min(inboxDatagrams, inboxBytes/max(size, 1)); n != want {
			t.Errorf("holds %d of %d bytes, want %d", n, size, want)
		}
		in.take()
	}
	in.close()
	if taken, _ := in.put(&Datagram{}); taken {
		t.Error("a closed inbox took a datagram")
	}
}

// BenchmarkInbox is the price of a datagram on the wrong shard, without the
// wake-up.
func BenchmarkInbox(b *testing.B) {
	var in inbox
	d := Datagram{Data: make([]byte, 80)}
	b.ReportAllocs()
	for b.Loop() {
		in.put(&d)
		if len(in.held) == 64 {
			in.take()
		}
	}
}
