package proxy

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// Client 0 has the seeds it is given, the next one those of the seed.
func TestFirstSeeds(t *testing.T) {
	const seed, n = 5, 200
	up := link.Config{Loss: 0.3}
	first := [2]uint64{1234, 5678}
	var got, want []uint64
	p := begin(t, Config{Target: "127.0.0.1:9", Up: up, Seed: seed, FirstSeeds: &first, Observe: func(d Datagram) {
		if d.Up && d.Event == Entered && d.Fate.Cause == link.Delivered {
			got = append(got, binary.BigEndian.Uint64(d.Data))
		}
	}})
	for client, linkSeed := range []uint64{first[0], link.SubSeed(link.SubSeed(seed, 1), 0)} {
		model, err := link.New(up, linkSeed)
		if err != nil {
			t.Fatal(err)
		}
		conn := dial(t, p.Addr())
		for i := range uint64(n) {
			mark := uint64(client)*n + i
			if model.Send(time.Unix(0, 0), 8).Cause == link.Delivered {
				want = append(want, mark)
			}
			send(t, conn, binary.BigEndian.AppendUint64(nil, mark))
			waitFor(t, "a datagram", func() bool { return p.Stats().Up.Sent == mark+1 })
		}
	}
	_ = p.Close() // so that nothing is observed any more
	if !slices.Equal(got, want) {
		t.Errorf("delivered %v, want %v", got, want)
	}
}

// Changes happen at their time after the epoch, to clients there are and to
// those to come.
func TestChanges(t *testing.T) {
	lossy := link.Config{Loss: 1}
	target := echo(t, "127.0.0.1:0")
	p := begin(t, Config{Target: target.String(), Changes: []Change{{At: time.Hour, Up: &lossy}}})
	conn := dial(t, p.Addr())
	send(t, conn, []byte("before"))
	receive(t, conn)
	p.SetEpoch(time.Now().Add(-time.Hour))
	send(t, conn, []byte("after"))
	send(t, dial(t, p.Addr()), []byte("new"))
	waitFor(t, "two losses", func() bool { return p.Stats().Up.LostRandom == 2 })
}

func TestSetClientLinks(t *testing.T) {
	target := echo(t, "127.0.0.1:0")
	p := begin(t, Config{Target: target.String()})
	good, bad := dial(t, p.Addr()), dial(t, p.Addr())
	for _, conn := range []*net.UDPConn{good, bad} {
		send(t, conn, []byte("hello"))
		receive(t, conn)
	}
	address := bad.LocalAddr().(*net.UDPAddr).AddrPort()
	if list := p.Clients(); len(list) != 2 || list[1].Address != address {
		t.Errorf("Clients() = %v, want %v second", list, address)
	}
	if err := p.SetClientLinks(address, link.Config{}, link.Config{Loss: 1}); err != nil {
		t.Fatal(err)
	}
	send(t, bad, []byte("lost on the way back"))
	waitFor(t, "a loss", func() bool { return p.Stats().Down.LostRandom == 1 })
	send(t, good, []byte("hello"))
	receive(t, good)
	if err := p.SetClientLinks(netip.MustParseAddrPort("127.0.0.1:1"), link.Config{}, link.Config{}); !errors.Is(err, ErrNoClient) {
		t.Errorf("a stranger: %v", err)
	}
	var field *link.FieldError
	if err := p.SetClientLinks(address, link.Config{Loss: 2}, link.Config{}); !errors.As(err, &field) {
		t.Errorf("a loss of 2: %v", err)
	}
}

// An observer sees what comes and what leaves, both ways.
func TestObserve(t *testing.T) {
	seen := make(chan Datagram, 4)
	target := echo(t, "127.0.0.1:0")
	p := begin(t, Config{Target: target.String(), Up: link.Config{Delay: 5 * time.Millisecond}, Observe: func(d Datagram) { seen <- d }})
	conn := dial(t, p.Addr())
	send(t, conn, []byte("hello"))
	receive(t, conn)
	client := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	var times []time.Time
	for _, want := range []struct {
		up    bool
		event Event
	}{{true, Entered}, {true, Left}, {false, Entered}, {false, Left}} {
		d := <-seen
		if d.Up != want.up || d.Event != want.event || d.Client != client || len(d.Data) != 5 {
			t.Errorf("observed %+v, want %+v of %v", d, want, client)
		}
		times = append(times, d.Time)
	}
	if passed := times[1].Sub(times[0]); passed < 5*time.Millisecond {
		t.Errorf("it left %v after it came", passed)
	}
}
