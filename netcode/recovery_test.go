package netcode

import (
	"testing"
	"time"
)

// TestTailLoss: when the last packets are lost, and nothing follows that
// could show it, a probe brings what was in them in little more than a round
// trip and a half: a lone message, small or not, and a burst of several.
func TestTailLoss(t *testing.T) {
	for _, test := range []struct {
		name     string
		size     int
		messages int
		within   time.Duration // of the loss
	}{
		// A round trip, four mean deviations or 1 ms, MaxAckDelay, and half a
		// round trip more; then what the probe's ack shows to be lost too.
		{"small", 50, 1, 165 * time.Millisecond},
		{"full", 1000, 1, 165 * time.Millisecond},
		{"several", 1000, 6, 300 * time.Millisecond},
	} {
		l := connect(t, nil)
		l.delay = 40 * time.Millisecond
		for range 60 { // the round trip is known
			l.conn.Send(l.now, chChat, make([]byte, 100))
			l.run(16 * time.Millisecond)
		}
		l.run(200 * time.Millisecond)
		for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
		}
		for range test.messages {
			if _, err := l.conn.Send(l.now, chChat, make([]byte, test.size)); err != nil {
				t.Fatal(err)
			}
		}
		l.lose = func(toServer bool, _ int) bool { return toServer }
		began := l.now
		l.flush()
		l.lose = nil
		got := 0
		l.until(test.name, func() bool {
			for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
				got++
			}
			return got == test.messages
		})
		if took := l.now.Sub(began); took > test.within {
			t.Errorf("%s: came after %v, want %v", test.name, took, test.within)
		}
	}
}

// TestSlowClient: what a server sends 128 times a second to a client whose
// loop turns 10 times a second comes, where lost, one round trip and one turn
// later. The messages are too large to ride again.
func TestSlowClient(t *testing.T) {
	l := connect(t, nil)
	s := newStorm(l, 8)
	s.delay, s.loss = 40*time.Millisecond, 0
	sentAt := map[int]time.Time{}
	sent, got, worst := 0, 0, time.Duration(0)
	lossless := s.now.Add(3 * time.Second)
	for ms := range 20_000 {
		l.now = l.now.Add(time.Millisecond)
		l.deliverDue()
		if ms%8 == 0 {
			if _, err := l.accepted.Send(l.now, chChat, make([]byte, 300)); err != nil {
				t.Fatal(err)
			}
			sentAt[sent] = l.now
			sent++
		}
		if s.loss = 0; l.now.After(lossless) && ms%168 == 0 && ms%100/10 != 4 {
			s.loss = 1 // every twentieth packet, but none with what was lost before
		}
		l.server.Flush(l.now, labSender{l, false})
		if s.loss = 0; ms%100 == 0 {
			l.client.Flush(l.now, labSender{l, true})
		}
		for _, _, ok := l.conn.Receive(); ok; _, _, ok = l.conn.Receive() {
			worst = max(worst, l.now.Sub(sentAt[got]))
			got++
		}
		l.collect()
	}
	// One way; the turn in which the gap is told; a round trip back and forth.
	if want := 40*time.Millisecond + 100*time.Millisecond + 90*time.Millisecond; worst > want {
		t.Errorf("the slowest of %d messages took %v, want %v", got, worst, want)
	}
	if st := l.accepted.Stats(); st.Resent == 0 || st.LateAcks > 0 || got < sent-20 {
		t.Errorf("%d of %d came, %+v", got, sent, st)
	}
}
