package netcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// A storm loses, repeats and delays datagrams by chance.
type storm struct {
	*lab
	random               *rand.Rand
	loss, dup, corrupted float64
	jitter               time.Duration
}

func newStorm(l *lab, seed uint64) *storm {
	s := &storm{lab: l, random: rand.New(rand.NewPCG(seed, 1))}
	l.lose = func(bool, int) bool { return s.random.Float64() < s.loss }
	l.mangle = func(_ bool, d []byte) []byte {
		if s.random.Float64() < s.corrupted {
			d[s.random.IntN(len(d))] ^= 1 << s.random.IntN(8)
		}
		return d
	}
	return s
}

// step also repeats and delays what is flying.
func (s *storm) step() {
	s.lab.step()
	for i, n := s.fresh, len(s.flying); i < n; i++ {
		f := &s.flying[i]
		if s.jitter > 0 {
			f.at = f.at.Add(time.Duration(s.random.Int64N(int64(s.jitter))))
		}
		if s.random.Float64() < s.dup {
			s.flying = append(s.flying, flight{f.at.Add(s.delay), f.toServer, f.carrier, f.datagram, f.path})
		}
	}
}

// TestReliableOrdered sends numbered messages of many sizes both ways through
// a storm: each arrives once, whole and in order.
func TestReliableOrdered(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := connect(t, nil)
			s := newStorm(l, seed)
			s.loss, s.dup, s.corrupted, s.jitter, s.delay = 0.15, 0.05, 0.02, 60*time.Millisecond, 50*time.Millisecond
			const total = 300
			conns := []*Conn{l.conn, l.accepted}
			var sent, got [2]int
			for ms := 0; got[0] < total || got[1] < total; ms++ {
				if ms > 120_000 {
					t.Fatalf("after two minutes %d and %d of %d messages arrived", got[0], got[1], total)
				}
				for i, c := range conns {
					if sent[i] < total && ms%7 == 0 {
						if _, err := c.Send(l.now, chBulk, numbered(seed, sent[i])); err == nil {
							sent[i]++
						} else if err != ErrWindowFull {
							t.Fatal(err)
						}
					}
					for _, message, ok := c.Receive(); ok; _, message, ok = c.Receive() {
						if !bytes.Equal(message, numbered(seed, got[i])) {
							t.Fatalf("message %d of side %d is wrong: %d bytes", got[i], i, len(message))
						}
						got[i]++
					}
				}
				s.step()
			}
			if resent := l.conn.Stats().Resent; resent == 0 {
				t.Error("nothing was sent again: the storm did not blow")
			}
		})
	}
}

// numbered returns message n: mostly small, sometimes of many segments.
func numbered(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	size := r.IntN(200)
	if r.IntN(30) == 0 {
		size = r.IntN(20_000)
	}
	b := make([]byte, 8+size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	binary.LittleEndian.PutUint64(b, uint64(n))
	return b
}

// TestNotices proves that every unreliable message ends in exactly one
// notice, and that Delivered is the truth.
func TestNotices(t *testing.T) {
	l := connect(t, nil)
	s := newStorm(l, 3)
	s.loss, s.dup, s.jitter, s.delay = 0.1, 0.05, 30*time.Millisecond, 40*time.Millisecond
	fate := map[MessageID]int{} // 1 delivered, 2 lost
	arrived := map[MessageID]bool{}
	var ids []MessageID
	read := func() {
		for n, ok := l.conn.NextNotice(); ok; n, ok = l.conn.NextNotice() {
			if fate[n.ID] != 0 {
				t.Fatalf("message %d has two notices", n.ID)
			}
			fate[n.ID] = 2
			if n.Delivered {
				fate[n.ID] = 1
			}
		}
		for _, message, ok := l.accepted.Receive(); ok; _, message, ok = l.accepted.Receive() {
			arrived[MessageID(binary.LittleEndian.Uint64(message))] = true
		}
	}
	for i := range 3000 {
		size := 100
		if i%10 == 0 {
			size = 3000 // three packets
		}
		message := make([]byte, size)
		binary.LittleEndian.PutUint64(message, uint64(l.conn.nextID+1))
		id, err := l.conn.Send(l.now, chState, message)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		for range 16 {
			s.step()
			read()
		}
	}
	s.loss = 0
	for range 1000 { // keepalives settle the rest
		s.step()
		read()
	}
	late, lost := 0, 0
	for _, id := range ids {
		switch {
		case fate[id] == 0:
			t.Fatalf("message %d has no notice", id)
		case fate[id] == 1 && !arrived[id]:
			t.Fatalf("message %d is noted as delivered and did not arrive", id)
		case fate[id] == 2:
			lost++
			if arrived[id] {
				late++
			}
		}
	}
	if lost < 200 || late > len(ids)/50 {
		t.Errorf("%d lost, of which %d arrived; want about 10 %% and less than 2 %%", lost, late)
	}
}

// TestSequenced proves that a sequenced channel never goes back.
func TestSequenced(t *testing.T) {
	l := connect(t, nil)
	s := newStorm(l, 4)
	s.jitter = 50 * time.Millisecond
	newest, got := -1, 0
	for i := range 1000 {
		message := binary.LittleEndian.AppendUint64(nil, uint64(i))
		if i%5 == 0 {
			message = append(message, make([]byte, 2500)...)
		}
		if _, err := l.conn.Send(l.now, chInput, message); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			s.step()
		}
		for _, m, ok := l.accepted.Receive(); ok; _, m, ok = l.accepted.Receive() {
			n := int(binary.LittleEndian.Uint64(m))
			if n <= newest {
				t.Fatalf("message %d came after %d", n, newest)
			}
			newest = n
			got++
		}
	}
	if stale := l.accepted.Stats().Stale; got < 300 || stale == 0 {
		t.Errorf("%d arrived, %d were stale", got, stale)
	}
}

// TestLossDoesNotDelayOthers: while a segment of one channel is missing, the
// others' messages arrive at once.
func TestLossDoesNotDelayOthers(t *testing.T) {
	l := connect(t, nil)
	l.conn.Send(l.now, chBulk, []byte("lost"))
	l.lose = func(toServer bool, _ int) bool { return toServer }
	l.step()
	l.lose = nil
	l.conn.Send(l.now, chBulk, []byte("behind"))
	l.conn.Send(l.now, chChat, []byte("free"))
	l.run(12 * time.Millisecond)
	if ch, m, _ := l.accepted.Receive(); ch != chChat || string(m) != "free" {
		t.Fatalf("got %q on channel %d, want the chat", m, ch)
	}
	l.run(200 * time.Millisecond)
	for _, want := range []string{"lost", "behind"} {
		if _, m, _ := l.accepted.Receive(); string(m) != want {
			t.Fatalf("got %q, want %q", m, want)
		}
	}
}

// TestSteadyOverhead measures what a packet adds to its one message: the
// bytes in docs/PROTOCOL.md, section 3.
func TestSteadyOverhead(t *testing.T) {
	l := connect(t, nil)
	up, down := make([]byte, 64), make([]byte, 256)
	for range 100 {
		l.conn.Send(l.now, chState, up)
		l.accepted.Send(l.now, chState, down)
		l.largest = [2]int{}
		l.flush()
		l.run(16 * time.Millisecond)
	}
	if got, want := l.largest[1]-len(up), 24; got != want {
		t.Errorf("%d bytes of overhead up, want %d", got, want)
	}
	if got, want := l.largest[0]-len(down), 21; got != want {
		t.Errorf("%d bytes of overhead down, want %d", got, want)
	}
}

// TestEstimates compares what is measured with what the pipe does.
func TestEstimates(t *testing.T) {
	l := connect(t, nil)
	s := newStorm(l, 5)
	s.delay, s.loss = 40*time.Millisecond, 0.08
	for range 6000 {
		l.conn.Send(l.now, chState, []byte("up"))
		l.accepted.Send(l.now, chState, []byte("down"))
		for range 8 {
			s.step()
		}
	}
	for name, c := range map[string]*Conn{"client": l.conn, "server": l.accepted} {
		st := c.Stats()
		if st.RTT < 79*time.Millisecond || st.RTT > 85*time.Millisecond {
			t.Errorf("%s: RTT %v, want 80ms and the step of 1ms", name, st.RTT)
		}
		// Three standard deviations of an average over 256 packets.
		for way, loss := range map[string]float64{"in": st.LossIn, "out": st.LossOut} {
			if loss < 0.03 || loss > 0.14 {
				t.Errorf("%s: loss %s %.3f, want 0.08", name, way, loss)
			}
		}
	}
}

// TestQuietAcks: a peer that has nothing to say acknowledges within
// MaxAckDelay, and nobody acknowledges acknowledgements.
func TestQuietAcks(t *testing.T) {
	l := connect(t, nil)
	l.exchange() // the client learns its address
	l.run(2400 * time.Millisecond)
	before := l.sent
	l.conn.Send(l.now, chState, []byte("hello"))
	l.run(20*time.Millisecond + defaultMaxAckDelay + 5*time.Millisecond)
	if n, ok := l.conn.NextNotice(); !ok || !n.Delivered {
		t.Fatalf("notice %v, %v: want delivered within a round trip and the ack delay", n, ok)
	}
	l.run(400 * time.Millisecond)
	if up, down := l.sent[1]-before[1], l.sent[0]-before[0]; up != 1 || down != 1 {
		t.Errorf("%d datagrams up and %d down, want one each", up, down)
	}
}

func TestSendErrors(t *testing.T) {
	l := connect(t, nil)
	for _, test := range []struct {
		channel, size int
		want          error
	}{
		{-1, 1, ErrUnknownChannel},
		{len(testChannels), 1, ErrUnknownChannel},
		{chState, defaultMaxUnreliable + 1, ErrTooLarge},
		{chBulk, 1<<20 + 1, ErrTooLarge},
	} {
		if _, err := l.conn.Send(l.now, test.channel, make([]byte, test.size)); !errors.Is(err, test.want) {
			t.Errorf("Send(%d, %d bytes) = %v, want %v", test.channel, test.size, err, test.want)
		}
	}
	full := 0
	for range 10 {
		if _, err := l.conn.Send(l.now, chBulk, make([]byte, 1<<20)); err == ErrWindowFull {
			full++
		}
	}
	if full != 8 {
		t.Errorf("%d of 10 messages of 1 MiB found the window full, want 8", full)
	}
	l.until("both arrive", func() bool {
		_, m, ok := l.accepted.Receive()
		return ok && len(m) == 1<<20
	})
	l.until("both arrive", func() bool {
		_, m, ok := l.accepted.Receive()
		return ok && len(m) == 1<<20
	})
	if err := l.conn.Err(); err != nil {
		t.Errorf("a full window ended the connection: %v", err)
	}
}

// TestSlowReader: an application that does not read loses nothing that was
// acknowledged, costs bounded memory, and catches up.
func TestSlowReader(t *testing.T) {
	l := connect(t, func(s, c *Config) { s.MaxQueued = 1 << 20 })
	sent, got := 0, 0
	for range 4000 {
		if _, err := l.conn.Send(l.now, chChat, make([]byte, 1000)); err == nil {
			sent++
		}
		l.step()
	}
	if st := l.accepted.Stats(); st.QueueFull == 0 || st.QueuedBytes > 1<<20+1<<19 {
		t.Errorf("%d bytes queued, %d packets refused", st.QueuedBytes, st.QueueFull)
	}
	l.until("catch up", func() bool {
		for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
			got++
		}
		return got == sent
	})
}

// TestWindowGrows: what arrives makes the window larger, and loss that has
// nothing to do with what we send does not make it small.
func TestWindowGrows(t *testing.T) {
	l := connect(t, nil)
	got := 0
	bulk := func(d time.Duration) int {
		for end := l.now.Add(d); l.now.Before(end); l.step() {
			l.conn.Send(l.now, chBulk, make([]byte, 1000))
			for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
				got++
			}
		}
		return l.conn.Stats().SendWindow
	}
	first := l.conn.Stats().SendWindow
	grown := bulk(300 * time.Millisecond)
	l.lose = func(toServer bool, n int) bool { return toServer && n%5 == 0 }
	got = 0
	after := bulk(2 * time.Second)
	if grown <= first || after < first || got < 1500 {
		t.Errorf("window %d at first, %d after a clean transfer, %d after one that loses a fifth, in which %d of 2000 messages arrived", first, grown, after, got)
	}
}
