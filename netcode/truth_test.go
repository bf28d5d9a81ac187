package netcode

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

// TestDeliveredIsTrue: with fragments scattered over far more than can be put
// together at a time, no message is noted as delivered that did not arrive,
// on plain and sequenced channels. Snapshot baselines stand on this.
func TestDeliveredIsTrue(t *testing.T) {
	for seed := range uint64(4) {
		l := connect(t, nil)
		s := newStorm(l, seed)
		s.loss, s.dup, s.jitter = 0.05, 0.05, 400*time.Millisecond
		arrived, delivered := map[MessageID]bool{}, 0
		read := func() {
			for ch, m, ok := l.accepted.Receive(); ok; ch, m, ok = l.accepted.Receive() {
				if id := MessageID(binary.LittleEndian.Uint64(m)); ch == chState {
					if arrived[id] || !bytes.Equal(m, fragmentedMessage(id, len(m))) {
						t.Fatalf("seed %d: message %d came twice or wrong", seed, id)
					}
					arrived[id] = true
				}
			}
			for n, ok := l.conn.NextNotice(); ok; n, ok = l.conn.NextNotice() {
				if !n.Delivered || n.Channel != chState {
					continue
				}
				delivered++
				if !arrived[n.ID] {
					t.Fatalf("seed %d: message %d is noted as delivered and did not arrive", seed, n.ID)
				}
			}
		}
		for i := range 1500 {
			if _, err := l.conn.Send(l.now, chState, fragmentedMessage(l.conn.nextID+1, 1200+i%5*1100)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.conn.Send(l.now, chInput, fragmentedMessage(l.conn.nextID+1, 2500)); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				s.step()
				read()
			}
		}
		s.loss, s.jitter = 0, 0
		for range 3000 {
			s.step()
			read()
		}
		if st := l.accepted.Stats(); st.Abandoned == 0 || delivered == 0 {
			t.Errorf("seed %d: %d abandoned, %d delivered: the test does not reach it", seed, st.Abandoned, delivered)
		}
		if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
			t.Errorf("seed %d: %v", seed, l.conn.Err())
		}
	}
}

func fragmentedMessage(id MessageID, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(uint64(id) + uint64(i)*uint64(id|1)>>3)
	}
	binary.LittleEndian.PutUint64(b, uint64(id))
	return b
}

// TestIdleRoundTrip: the estimate is true on a lossy path with nothing but
// keepalives, where acknowledgements that were lost come again much later.
func TestIdleRoundTrip(t *testing.T) {
	l := connect(t, nil)
	s := newStorm(l, 6)
	s.loss = 0.3
	for i := range 60_000 {
		s.step()
		for _, c := range []*Conn{l.conn, l.accepted} {
			// A round trip, the step, and what a delay of 63 ms rounds off.
			if rtt := c.Stats().RTT; rtt != 0 && rtt < 19*time.Millisecond || rtt > 24*time.Millisecond || rtt == 0 && i > 5000 {
				t.Fatalf("RTT %v on a path of 20ms", rtt)
			}
		}
	}
}
