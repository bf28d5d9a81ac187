package netcode

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
)

// pagePair returns the two cores of section A.8, with tickets, connected.
func pagePair(t *testing.T, now time.Time) (server, client *Core, conn, accepted *Conn) {
	t.Helper()
	serverConfig, clientConfig := pageConfigs(t, SuiteChaCha20Poly1305, false)
	serverConfig.TicketLifetime, clientConfig.TicketLifetime = 0, 0
	serverConfig.Random = bytes.NewReader(bytes.Join([][]byte{
		counting(0x21, 4), counting(0x60, 32), counting(0x31, 3), counting(0xc0, 32),
		counting(0xf0, 16), counting(0x41, 3), counting(0x20, 32),
	}, nil))
	clientConfig.Random = bytes.NewReader(bytes.Join([][]byte{
		counting(0x11, 8), counting(0x80, 32), counting(0x51, 8), counting(0xa0, 32),
	}, nil))
	var err error
	if server, err = NewCore(serverConfig); err != nil {
		t.Fatal(err)
	}
	if client, err = NewCore(clientConfig); err != nil {
		t.Fatal(err)
	}
	if conn, err = client.Dial(now, serverPath, DialOptions{ServerKey: server.PublicKey(), Hello: []byte("ada")}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		deliver(now, client, server, clientPath)
		for e, ok := server.NextEvent(); ok; e, ok = server.NextEvent() {
			accepted = e.Conn
			accepted.Send(now, 0, []byte("hi"))
		}
		deliver(now, server, client, serverPath)
	}
	if conn.Ticket() == nil {
		t.Fatal("no ticket")
	}
	return server, client, conn, accepted
}

func checkSecret(t *testing.T, want map[string][]byte, who, phase string, p handshake.Protector) {
	t.Helper()
	key, iv, _ := handshake.Secret(p)
	if !bytes.Equal(key[:], want[who+" key"+phase]) || !bytes.Equal(iv[:], want[who+" IV"+phase]) {
		t.Errorf("%s%s: key %x, IV %x, want %x, %x", who, phase, key, iv, want[who+" key"+phase], want[who+" IV"+phase])
	}
}

func TestPhaseVectors(t *testing.T) {
	_, want := transcript(t, "A.14")
	now := time.Unix(0, 0)
	_, _, conn, accepted := pagePair(t, now)
	for _, phase := range []string{", phase 1", ", phase 2"} {
		for _, c := range []*Conn{conn, accepted} {
			if err := c.nextPhase(now); err != nil {
				t.Fatal(err)
			}
		}
		checkSecret(t, want, "client", phase, conn.send)
		checkSecret(t, want, "client", phase, accepted.receive)
		checkSecret(t, want, "server", phase, accepted.send)
		for what, p := range map[string]struct {
			by          handshake.Protector
			head, plain string
		}{
			"packet up, phase 1":   {conn.send, "d131323301", "000001"},
			"packet down, phase 1": {accepted.send, "d001", "0100"},
		} {
			head := unhex(t, p.head)
			got := p.by.Seal(head, head, unhex(t, p.plain), 1)
			if strings.HasSuffix(what, phase) && !bytes.Equal(got, want[what]) {
				t.Errorf("%s = %x, want %x", what, got, want[what])
			}
		}
	}
}

func TestRejoinVectors(t *testing.T) {
	names, want := transcript(t, "A.15")
	now := time.Unix(0, 0)
	server, client, conn, _ := pagePair(t, now)
	ticket := conn.Ticket()
	if !bytes.Equal(ticket.id[:], want["ticket ID"]) || !bytes.Equal(ticket.key[:], want["ticket key"]) {
		t.Errorf("ticket %x, %x", ticket.id, ticket.key)
	}
	if resume := conn.phases.seeds.Resume; !bytes.Equal(resume[:], want["resume secret"]) {
		t.Errorf("resume secret %x", resume)
	}
	conn, err := client.Dial(now, serverPath, DialOptions{Ticket: ticket, Hello: []byte("ada"), Early: []byte("go")})
	if err != nil {
		t.Fatal(err)
	}
	sent := deliver(now, client, server, clientPath)
	var back *Conn
	for e, ok := server.NextEvent(); ok; e, ok = server.NextEvent() {
		if e.Kind == EventConnected {
			back = e.Conn
			back.Send(now, 0, []byte("hi"))
		}
	}
	sent = append(sent, deliver(now, server, client, serverPath)...)
	sent = append(sent, deliver(now, client, server, clientPath)...)
	for i, s := range sent {
		if s.name != names[i] || !bytes.Equal(s.datagram, want[s.name]) {
			t.Errorf("%s = %x, want %s, %x", s.name, s.datagram, names[i], want[names[i]])
		}
	}
	if len(sent) != 4 || back == nil {
		t.Fatalf("%d datagrams", len(sent))
	}
	checkSecret(t, want, "client", "", conn.send)
	checkSecret(t, want, "server", "", back.send)
}
