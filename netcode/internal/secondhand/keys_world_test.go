package secondhand

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// TestKeys changes keys, by the client, by the server, and by both at once,
// while messages flow (section 6.11).
func TestKeys(t *testing.T) {
	for name, sky := range map[string]weather{"clear": clear, "storm": storm} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, serverConfig(), sky)
			c := w.open(options{})
			const n = 400
			for i := range n {
				c.send(2, text(i, 500))
				w.send(2, text(i, 500), netcode.SendOptions{})
				switch i % 100 {
				case 25:
					w.until("we may", c.rekey)
				case 50:
					w.conn.Rekey(w.now)
				case 75:
					w.until("we may", c.rekey)
					w.conn.Rekey(w.now)
				}
				w.run(20 * time.Millisecond)
			}
			w.until("all arrived", func() bool { return c.idle() && len(w.taken) == n && len(c.got) == n })
			if got := w.conn.Stats().KeyPhase; got != c.keys.phase || got < 8 || c.keys.begun < 4 || c.keys.followed < 4 {
				t.Errorf("phase %d there and %d here, of which we began %d and followed %d", got, c.keys.phase, c.keys.begun, c.keys.followed)
			}
		})
	}
}

// TestHandover has the server's end go on in another Core, which to us is
// nothing but a change of keys (section 6.11).
func TestHandover(t *testing.T) {
	w := newWorld(t, serverConfig(), storm)
	c := w.open(options{})
	for i := range 20 {
		c.send(2, text(i, 5000))
		w.send(2, text(i, 5000), netcode.SendOptions{})
		w.run(20 * time.Millisecond)
	}
	w.run(3 * time.Second)
	state, err := w.conn.Export(w.now)
	if err != nil {
		t.Fatal(err)
	}
	config := serverConfig()
	config.Random = newEntropy(201)
	if w.server, err = netcode.NewCore(config); err != nil {
		t.Fatal(err)
	}
	if w.conn, err = w.server.Import(w.now, state); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		c.send(2, text(20+i, 5000))
		w.send(2, text(20+i, 5000), netcode.SendOptions{})
		w.run(20 * time.Millisecond)
	}
	w.until("all arrived", func() bool { return c.idle() && len(w.taken) == 40 && len(c.got) == 40 })
	if c.keys.followed == 0 {
		t.Error("the keys did not change")
	}
}

// TestTicket comes back after an outage, with early data (section 6.12), and
// a second time with the ticket of the second connection.
func TestTicket(t *testing.T) {
	for name, sky := range map[string]weather{"clear": clear, "storm": storm} {
		for _, mode := range []uint8{modeIK, modeXX} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, serverConfig(), sky)
				c := w.open(options{mode: mode, hello: []byte("ada")})
				for i := range byte(3) {
					w.until("a ticket", func() bool { return c.ticketGiven != nil })
					c.state = closed // it falls silent, and comes back from elsewhere
					before := w.conn
					c = w.connect(options{
						mode: mode, ticket: c.ticketGiven, early: []byte("go"), static: c.static,
						serverKey: c.serverKey, hello: []byte("ada"), seed: 50 + i,
					}, address(2+i))
					w.until("back", func() bool { return w.conn != before && c.state == open })
					if w.prior != before || string(w.early) != "go" || string(w.hello) != "ada" || !w.conn.Resumed() {
						t.Errorf("back with early data %q, hello %q, and another connection before", w.early, w.hello)
					}
					c.send(2, text(1, 5000))
					w.send(2, text(1, 5000), netcode.SendOptions{})
					w.taken = nil
					w.until("messages", func() bool { return len(c.got) == 1 && len(w.taken) == 1 })
				}
			})
		}
	}
}

// TestTicketTwice uses one a second time: the server answers with a Retry,
// and the full handshake follows.
func TestTicketTwice(t *testing.T) {
	w := newWorld(t, serverConfig(), storm)
	first := w.open(options{})
	w.until("a ticket", func() bool { return first.ticketGiven != nil })
	first.state = closed
	o := options{ticket: first.ticketGiven, early: []byte("go"), static: first.static, serverKey: first.serverKey, seed: 60}
	for i := range byte(2) {
		before := w.conn
		o.seed = 60 + i
		c := w.connect(o, address(2+i))
		w.until("connected", func() bool { return w.conn != before && c.state == open })
		if got, want := w.conn.Resumed(), i == 0; got != want {
			t.Errorf("use %d: resumed is %v", i, got)
		}
		if got, want := w.server.Stats().TicketsRefused > 0, i == 1; got != want {
			t.Errorf("use %d: refused is %v", i, got)
		}
	}
}
