package secondhand

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// TestMove goes on from another address, as after a change of network, and
// through a NAT that gives another port; messages flow meanwhile (section 11).
func TestMove(t *testing.T) {
	for name, sky := range map[string]weather{"clear": clear, "storm": storm} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, serverConfig(), sky)
			c := w.open(options{})
			at := address(1)
			for i := range 12 {
				w.until("the server sees it", func() bool { return w.conn.Path().Remote == at && c.observed == at })
				c.send(2, text(i, 3000))
				w.send(2, text(i, 3000), netcode.SendOptions{})
				at = address(byte(i%3 + 2))
				if i%2 == 0 {
					at = netip.AddrPortFrom(c.local.Addr(), c.local.Port()+1)
				}
				c.move(at)
				w.run(50 * time.Millisecond)
			}
			w.until("the server sees the last move", func() bool { return w.conn.Path().Remote == at })
			w.until("all arrived", func() bool { return c.idle() && len(w.taken) == 12 && len(c.got) == 12 })
			if got := w.conn.Stats().PathChanges; got < 12 {
				t.Errorf("%d moves, want 12", got)
			}
		})
	}
}

// TestTry asks over a second socket, and moves there when there is an answer.
func TestTry(t *testing.T) {
	w := newWorld(t, serverConfig(), clear)
	c := w.open(options{})
	w.run(time.Second)
	c.try(w.now, address(2))
	w.run(30 * time.Millisecond)
	if w.conn.Path().Remote != address(1) {
		t.Error("a packet that probes moved the connection")
	}
	w.until("moved", func() bool { return c.local == address(2) && w.conn.Path().Remote == address(2) })
}

// TestPlaintextStays has a plaintext client move: nobody can prove that it is
// still itself.
func TestPlaintextStays(t *testing.T) {
	config := serverConfig()
	config.Plaintext = true
	w := newWorld(t, config, clear)
	c := w.open(options{mode: modePlaintext})
	w.run(time.Second)
	c.move(address(2))
	w.run(5 * time.Second)
	if got := w.conn.Path().Remote; got != address(1) {
		t.Errorf("a plaintext connection moved to %v", got)
	}
}

// TestDatagramSize lets the server find out what the path carries, by probes
// that are acknowledged like all packets (section 11.3).
func TestDatagramSize(t *testing.T) {
	for _, test := range []struct{ mtu, want int }{{1300, 1232}, {1400, 1392}, {0, 1472}} {
		w := newWorld(t, serverConfig(), weather{delay: 20 * time.Millisecond, loss: 0.05, mtu: test.mtu})
		c := w.open(options{})
		w.until("found", func() bool { return w.conn.MaxDatagram() == test.want })
		w.send(2, text(1, 20_000), netcode.SendOptions{})
		w.until("arrived", func() bool { return len(c.got) == 1 })
		if c.largest > test.want && test.mtu > 0 {
			t.Errorf("a datagram of %d bytes on a path of %d", c.largest, test.mtu)
		}
	}
}

// TestMarks counts packets that routers marked, both ways (section 11.5).
func TestMarks(t *testing.T) {
	w := newWorld(t, serverConfig(), weather{delay: 20 * time.Millisecond, loss: 0.1})
	c := w.open(options{})
	w.weather.mark = 0.2
	for i := range 200 {
		c.send(0, text(i, 100))
		w.send(0, text(i, 100), netcode.SendOptions{})
		w.run(10 * time.Millisecond)
	}
	w.weather.mark = 0
	w.until("told", func() bool { return uint64(c.marked) == w.marked })
	if got := w.conn.Stats().MarkedIn; w.marked == 0 || got != w.marked {
		t.Errorf("the server counted %d marks, want %d", got, w.marked)
	}
	c.repeat(frame{channel: codeECN, data: binary.LittleEndian.AppendUint32(nil, 5)})
	w.until("told of 5", func() bool { return w.conn.Stats().MarkedOut == 5 })
}

// TestFuture sends frames of a later build (section 10).
func TestFuture(t *testing.T) {
	w := newWorld(t, serverConfig(), storm)
	c := w.open(options{})
	for kind := range uint8(16) {
		c.repeat(frame{kind: kindExtension, channel: kind, data: text(1, int(kind)*16)})
		c.send(2, text(int(kind), 8))
	}
	w.until("acknowledged", c.idle)
	if got := w.conn.Stats().Extensions; got < 16 {
		t.Errorf("the server skipped %d extensions, want 16", got)
	}
	if len(w.taken) != 16 {
		t.Errorf("%d messages beside extensions, want 16", len(w.taken))
	}
}
