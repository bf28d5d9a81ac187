package proxy

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// Clients are hosts in turn, with the hosts' links and chance; the first
// datagram begins their time.
func TestHosts(t *testing.T) {
	var mu sync.Mutex
	fates := map[int][]link.Cause{}
	half := link.Config{Loss: 0.5}
	seeds := [][2]uint64{{1, 2}, {3, 4}, {5, 6}}
	p := begin(t, Config{
		Target: "127.0.0.1:9", FromFirst: true, Hosts: []Host{
			{Up: half, Seeds: &seeds[0], Changes: []Change{{At: 100 * time.Millisecond, Up: &half, Seeds: &seeds[2], Rebind: true}}},
			{Seeds: &seeds[1]},
		},
		Observe: func(d Datagram) {
			if d.Up && d.Event == Entered {
				mu.Lock()
				fates[d.Host] = append(fates[d.Host], d.Fate.Cause)
				mu.Unlock()
			}
		},
	})
	if _, begun := p.Epoch(); begun {
		t.Error("it has begun before there is anybody")
	}
	time.Sleep(150 * time.Millisecond) // real time, which is not the hosts' yet
	first, second := dial(t, p.Addr()), dial(t, p.Addr())
	sent := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(fates[0]) + len(fates[1])
	}
	sendMany := func(conn *net.UDPConn, n int) {
		want := sent() + n
		for range n {
			send(t, conn, []byte("x"))
		}
		waitFor(t, "datagrams", func() bool { return sent() == want })
	}
	sendMany(first, 20)
	sendMany(second, 5)
	waitFor(t, "the new link", func() bool { return p.Stats().Rebinds == 1 })
	sendMany(first, 20)

	mu.Lock()
	defer mu.Unlock()
	for i, seed := range []uint64{1, 5} {
		l, err := link.New(half, seed)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 20 {
			if got, want := fates[0][20*i+j], l.Send(time.Now(), 1).Cause; got != want {
				t.Errorf("datagram %d of link %d: %v, want %v", j, i, got, want)
			}
		}
	}
	for _, cause := range fates[1] {
		if cause != link.Delivered {
			t.Errorf("the second host lost one: %v", cause)
		}
	}
	up, _ := p.HostCounters(0)
	if all := p.Stats().Up; up.Sent != 40 || all.Sent != 45 {
		t.Errorf("the first host sent %d, all %d", up.Sent, all.Sent)
	}
	if list := p.Clients(); len(list) != 2 || list[1].Host != 1 || list[0].Upstream == list[1].Upstream {
		t.Errorf("the clients are %+v", list)
	}
}
