package udp

import (
	"net/netip"
	"testing"
	"time"
)

// TestHandoverWakes hands one datagram to a shard that waits, and to one that
// rests: the first wakes, the second rests on and is told at its next wait.
func TestHandoverWakes(t *testing.T) {
	sockets := listenShards(t, "127.0.0.1:0", 2, Options{NoSteering: true})
	put := func() {
		if taken, first := sockets[1].shard.inbox.put(&Datagram{Data: []byte("x")}); !taken || !first {
			t.Error("not put")
		}
		sockets[1].shard.wake()
	}
	receive := func() {
		t.Helper()
		if readable, err := sockets[1].Wait(time.Now().Add(patience)); !readable || err != nil {
			t.Fatalf("Wait() = %v, %v, want a datagram", readable, err)
		}
		if batch, _, _ := sockets[1].Receive(); len(batch) != 1 {
			t.Fatalf("received %d, want 1", len(batch))
		}
	}
	for range 3 {
		put()
		receive()
		if readable, _ := sockets[1].Wait(time.Now().Add(time.Millisecond)); readable {
			t.Error("Wait saw what was received already")
		}
		go put()
		receive()
		deadline := time.Now().Add(3 * time.Millisecond)
		put()
		if err := sockets[1].Rest(deadline); err != nil || time.Now().Before(deadline) {
			t.Errorf("Rest returned %v early, %v", time.Until(deadline), err)
		}
		receive()
	}
	sockets[1].Close()
	sockets[1].shard.wake() // by one who does not know yet
	if taken, _ := sockets[1].shard.inbox.put(&Datagram{}); taken {
		t.Error("a closed shard took a datagram")
	}
}

// TestHandoverHasNoRoom fills the inbox of a shard that does not look.
func TestHandoverHasNoRoom(t *testing.T) {
	sockets := listenShards(t, "127.0.0.1:0", 2, Options{NoSteering: true})
	mine, other := []byte("\xc1\x00"), []byte("\xc1\x01")
	batch := []Datagram{{Data: other}, {Data: mine}, {Data: other}, {Data: nil}}
	for range inboxDatagrams/2 + 3 {
		b := append([]Datagram(nil), batch...)
		if kept := sockets[0].shard.handOver(b); len(kept) != 2 || &kept[0].Data[0] != &mine[0] || kept[1].Data != nil {
			t.Fatalf("kept %v", kept)
		}
	}
	if s := sockets[0].Stats(); s.HandedOver != inboxDatagrams || s.HandoverFull != 6 {
		t.Errorf("handed over %d, no room for %d; want %d, 6", s.HandedOver, s.HandoverFull, inboxDatagrams)
	}
}

// TestSteeringAgrees asks the kernel and shardOf about first bytes of all
// kinds: where a rule speaks, they agree.
func TestSteeringAgrees(t *testing.T) {
	const shards = 3
	sockets := listenShards(t, "127.0.0.1:0", shards, Options{})
	client := listen(t, "127.0.0.1:0", Options{})
	for first := range 256 {
		for _, rest := range []string{"", "\x00", "\x07\x01\x02\xfe", "\xff\xff\xff\xff\xff\xff"} {
			data := append([]byte{byte(first)}, rest...)
			client.Queue(sockets[0].LocalAddr(), netip.Addr{}, data)
			client.Flush()
			for i, s := range sockets {
				batch, _, err := s.carrier.receive()
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range batch {
					if want := shardOf(testRules, shards, d.Data); want >= 0 && want != i {
						t.Errorf("the kernel gave %x to %d, it belongs to %d", d.Data, i, want)
					}
				}
			}
		}
	}
	var in uint64
	for _, s := range sockets {
		in += s.Stats().DatagramsIn
	}
	if in != 256*4 {
		t.Errorf("%d arrived, want %d", in, 256*4)
	}
}
