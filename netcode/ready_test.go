package netcode

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/handshake"
)

// readyCores are a server and a client that nobody uses: copies of them cost
// no keys. The first pair is encrypted, the second in plaintext mode.
var readyCores = sync.OnceValue(func() (cores [2][2]Core) {
	for i := range cores {
		for end := range cores[i] {
			cfg := testConfig(1 + uint64(end))
			cfg.Channels, cfg.Plaintext = fiveModes, i == 1
			if end == 0 {
				cfg.MaxConns = 4
			}
			c, err := NewCore(cfg)
			if err != nil {
				panic(err)
			}
			cores[i][end] = *c
		}
	}
	return cores
})

// readyCore returns a server (0) or a client (1) with the given randomness.
func readyCore(end int, plaintext bool, seed uint64) *Core {
	pair := 0
	if plaintext {
		pair = 1
	}
	c := readyCores()[pair][end]
	c.cfg.Random = seeded(seed)
	c.byPeer, c.pending = maps.Clone(c.byPeer), maps.Clone(c.pending)
	c.byID, c.fates = connTable{}, ack.Fates{}
	c.packet, c.plain = make([]byte, 0, maxDatagramIn), make([]byte, 0, maxDatagramIn)
	c.suspicious = true
	return &c
}

// readyLab is newLab with fiveModes, in a hundredth of the time.
func readyLab(t testing.TB, plaintext bool) *lab {
	return &lab{
		t: t, now: time.Unix(0, 0), delay: 10 * time.Millisecond,
		server: readyCore(0, plaintext, 1), client: readyCore(1, plaintext, 2),
	}
}

// joined returns a lab with an open connection that had no handshake.
func joined(t testing.TB, plaintext bool) *lab {
	l := readyLab(t, plaintext)
	conn := newConn(l.client, l.now, serverPath, 7)
	conn.dialled, conn.nat = true, newNATSearch(&l.client.cfg)
	conn.remoteID, conn.idLen = 0x30201, connIDLen
	conn.peerKey = l.server.PublicKey()
	accepted := newConn(l.server, l.now, clientPath, 7)
	accepted.localID, accepted.peerKey = conn.remoteID, l.client.PublicKey()
	l.client.byPeer[keyOf(serverPath)] = conn
	l.server.byID.put(accepted.localID, accepted)
	for i, c := range []*Conn{conn, accepted} {
		if c.suite = handshake.ChaCha20Poly1305; plaintext {
			c.shaking = &shaking{clientID: 7}
			c.setChecksums(9)
			c.shaking = nil
		} else {
			secrets := &handshake.Secrets{Send: handshake.Seed{1}, Receive: handshake.Seed{2}, Resume: handshake.Seed{3}}
			if i == 1 {
				secrets.Send, secrets.Receive = secrets.Receive, secrets.Send
			}
			if err := c.startPhases(secrets); err != nil {
				t.Fatal(err)
			}
		}
		c.core.join(c)
		c.open(Event{})
		c.issueTicket()
		c.touch(l.now)
	}
	l.conn = conn
	l.collect()
	return l
}

// TestJoined: what the fuzzer begins with is a connection like any other.
func TestJoined(t *testing.T) {
	for _, plaintext := range []bool{false, true} {
		l := joined(t, plaintext)
		for i := range fiveModes {
			for _, c := range []*Conn{l.conn, l.accepted} {
				if _, err := c.Send(l.now, i, binary.LittleEndian.AppendUint64(nil, uint64(i))); err != nil {
					t.Fatal(err)
				}
			}
		}
		l.conn.Rekey(l.now)
		l.run(200 * time.Millisecond)
		for _, c := range []*Conn{l.conn, l.accepted} {
			for i := range fiveModes {
				if m, ok := c.NextMessage(); !ok || m.Channel != i || m.Data[0] != byte(i) {
					t.Fatalf("got %v %+v on channel %d", ok, m, i)
				}
			}
			if want := uint64(1); !plaintext && c.Stats().KeyPhase != want {
				t.Errorf("key phase %d, want %d", c.Stats().KeyPhase, want)
			}
		}
		if !plaintext && l.conn.Ticket() == nil {
			t.Error("no ticket")
		}
	}
}

// roads are the ways from a client with two sockets behind NATs of its own to
// the server, by the socket's number.
type roads [2]uint16

// route is lab.route. Ports that were given up lead nowhere.
func (r *roads) route(toServer bool, path Path) (Path, bool) {
	host := func(carrier uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2 + byte(carrier)}), 5000+r[carrier])
	}
	if toServer {
		return Path{Remote: host(path.Carrier)}, true
	}
	for carrier := range uint16(2) {
		if path.Remote == host(carrier) {
			return Path{Remote: serverPath.Remote, Carrier: carrier}, true
		}
	}
	return Path{}, false
}
