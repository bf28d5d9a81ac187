package server

import (
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// pipe gives a Core what another sends, at once.
type pipe struct {
	to   *netcode.Core
	from netcode.Path
	now  time.Time
}

func (p pipe) SendDatagram(_ netcode.Path, datagram []byte) { p.to.Receive(p.now, p.from, datagram) }

// A client that comes and goes between two ticks is nobody's player.
func TestGoneBeforeTheTick(t *testing.T) {
	s := newStill(t)
	now := time.Unix(0, 0)
	s.Advance(now)
	core, err := netcode.NewCore(netcode.Config{
		Game: netcode.Identity{
			Name: s.cfg.Schema.Name(), Build: s.cfg.Schema.Version(), Schema: s.cfg.Schema.Fingerprint(),
		},
		Channels: channels(),
	})
	if err != nil {
		t.Fatal(err)
	}
	here := netcode.Path{Remote: netip.MustParseAddrPort("10.0.0.2:5000")}
	there := netcode.Path{Remote: netip.MustParseAddrPort("10.0.0.1:7777")}
	conn, err := core.Dial(now, there, netcode.DialOptions{ServerKey: s.PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	exchange := func() {
		for range 5 {
			core.Flush(now, pipe{s.core, here, now})
			s.core.Flush(now, pipe{core, there, now})
		}
	}
	for range 100 { // the handshake
		now = now.Add(time.Millisecond)
		exchange()
	}
	conn.Close(now, netcode.CloseNormal, "")
	exchange()
	s.Advance(now)
	if s.stats.Joined != 0 || s.stats.Left != 0 {
		t.Errorf("%d joined, %d left, want nobody", s.stats.Joined, s.stats.Left)
	}
	for _, seat := range s.seats {
		if seat != nil {
			t.Errorf("player %d sits", seat.player)
		}
	}
}
