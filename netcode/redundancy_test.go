package netcode

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A talk is a storm with small reliable messages in it.
type talk struct {
	*storm
	sent uint64
	got  [2]uint64 // by the client, by the server
}

func newTalk(t *testing.T, seed uint64, delay time.Duration) *talk {
	s := newStorm(connect(t, nil), seed)
	s.delay = delay
	return &talk{storm: s}
}

// talk sends a small reliable message each way every 17 ms, and returns how
// long those took that arrived, in milliseconds and sorted. They arrive once
// and in order.
func (s *talk) talk(d time.Duration, every func()) (times []int) {
	s.t.Helper()
	conns := []*Conn{s.conn, s.accepted}
	began := time.Unix(0, 0)
	for end := s.now.Add(d); s.now.Before(end); {
		if ms := s.now.Sub(began).Milliseconds(); ms%17 == 0 {
			for _, c := range conns {
				m := binary.LittleEndian.AppendUint64(make([]byte, 0, 100), s.sent)
				m = binary.LittleEndian.AppendUint64(m, uint64(ms))
				if _, err := c.Send(s.now, chChat, m[:100]); err != nil {
					s.t.Fatal(err)
				}
			}
			s.sent++
			s.flush()
		}
		if every != nil {
			every()
		}
		s.step()
		for i, c := range conns {
			for _, m, ok := c.Receive(); ok; _, m, ok = c.Receive() {
				if n := binary.LittleEndian.Uint64(m); n != s.got[i] {
					s.t.Fatalf("message %d, want %d", n, s.got[i])
				}
				s.got[i]++
				times = append(times, int(s.now.Sub(began).Milliseconds()-int64(binary.LittleEndian.Uint64(m[8:]))))
			}
		}
	}
	slices.Sort(times)
	return times
}

func (s *talk) copies() uint64 { return s.conn.Stats().Copies + s.accepted.Stats().Copies }

// TestCleanLinkHasNoCopies: where nothing is lost nothing is said twice, and
// neither jitter nor packets that come twice look like loss.
func TestCleanLinkHasNoCopies(t *testing.T) {
	for _, jitter := range []time.Duration{0, 5 * time.Millisecond, 30 * time.Millisecond} {
		s := newTalk(t, 3, 40*time.Millisecond)
		s.jitter, s.dup = jitter, 0.2
		s.talk(30*time.Second, nil)
		for _, c := range []*Conn{s.conn, s.accepted} {
			if st := c.Stats(); st.Copies > 0 || st.PacketsLost > 0 || st.Resent > 0 {
				t.Errorf("jitter %v: %d copies, %d packets given up, %d segments resent", jitter, st.Copies, st.PacketsLost, st.Resent)
			}
		}
	}
}

// TestCopiesFollowLoss: copies come within two seconds of losses, make the
// slowest messages as fast as the next packet, and end when losses do.
func TestCopiesFollowLoss(t *testing.T) {
	s := newTalk(t, 4, 50*time.Millisecond)
	s.talk(5*time.Second, nil)
	s.loss = 0.03
	s.talk(4*time.Second, nil)
	before := s.copies()
	times := s.talk(30*time.Second, nil)
	sent := uint64(2 * 30_000 / 17)
	if got := s.copies() - before; got < sent*8/10 || got > 2*sent {
		t.Errorf("%d copies of %d messages at 3 %% loss", got, sent)
	}
	// Retransmission alone takes 160 ms.
	if p99 := times[len(times)*99/100]; p99 > 51+2*17 {
		t.Errorf("p99 is %d ms on a path of 50 ms", p99)
	}
	s.loss = 0
	s.talk(40*time.Second, nil)
	before = s.copies()
	s.talk(10*time.Second, nil)
	if got := s.copies() - before; got > 0 {
		t.Errorf("%d copies long after the last loss", got)
	}
}

// TestCopiesInABurst: with losses in bursts a copy rides as much later, and
// what was in a long burst comes with the first packet after it.
func TestCopiesInABurst(t *testing.T) {
	s := newTalk(t, 5, 30*time.Millisecond)
	every := func() {
		// Once a second four packets in a row of each way are lost.
		if ms := s.now.UnixMilli() % 1000; ms < 4*17 {
			s.loss = 1
		} else {
			s.loss = 0
		}
	}
	s.talk(20*time.Second, every)
	if b := s.conn.Stats().LossBurst; b < 2.5 || b > 6 {
		t.Errorf("LossBurst = %.1f, want 4", b)
	}
	times := s.talk(20*time.Second, every)
	if worst := times[len(times)-1]; worst > 31+6*17 {
		t.Errorf("the worst message took %d ms, want 30 and six packets: it came after the next one's copy", worst)
	}
}

// TestCopiesAreBounded: in an outage copies do not go on for ever, and a path
// that is full gets none.
func TestCopiesAreBounded(t *testing.T) {
	s := newTalk(t, 6, 40*time.Millisecond)
	s.loss = 0.05
	s.talk(10*time.Second, nil)
	before, sent := s.copies(), s.conn.Stats().BytesOut
	s.loss = 1
	s.talk(4*time.Second, nil)
	messages := uint64(2 * 4000 / 17)
	if got := s.copies() - before; got > (maxPlanned+1)*messages {
		t.Errorf("%d copies of %d messages in an outage", got, messages)
	}
	if got := s.conn.Stats().BytesOut - sent; got > 4*124*messages/2 {
		t.Errorf("%d bytes sent into an outage", got)
	}
	s.loss = 0
	s.talk(5*time.Second, nil)
	if n := max(len(s.conn.ride.riders), len(s.accepted.ride.riders)); n > 20 {
		t.Errorf("%d riders are left", n)
	}
}

// TestWanted holds the number of copies against the arithmetic of the ADR.
func TestWanted(t *testing.T) {
	for _, test := range []struct {
		name        string
		rate, burst float64
		rtt         time.Duration
		low, high   float64
		spacing     uint64
	}{
		{"clean", 0, 1, 100 * time.Millisecond, 0, 0, 1},
		{"0.1 %", 0.001, 1, 100 * time.Millisecond, 0, 0.1, 1},
		{"1 %", 0.01, 1.01, 100 * time.Millisecond, 0.95, 1, 1},
		{"5 %", 0.05, 1.05, 100 * time.Millisecond, 1.3, 1.7, 1},
		{"10 %", 0.1, 1.1, 125 * time.Millisecond, 1.8, 2, 1},
		{"30 %", 0.3, 1.4, 100 * time.Millisecond, 2, 2, 1},
		{"bursts of four", 0.03, 4, 65 * time.Millisecond, 1, 1, 4},
		{"bursts longer than a round trip", 0.05, 30, 65 * time.Millisecond, 1, 1, 4},
		{"a round trip faster than packets", 0.05, 1.05, 10 * time.Millisecond, 0, 0, 1},
	} {
		o := outlook{test.rate, test.burst, test.rtt, test.rtt + 3*time.Millisecond, time.Second / 60}
		spacing := o.spacing()
		got := o.copies(spacing)
		if spacing != test.spacing || got < test.low || got > test.high {
			t.Errorf("%s: %.2f copies %d packets apart, want %.2f to %.2f, %d apart", test.name, got, spacing, test.low, test.high, test.spacing)
		}
	}
}

// TestCopiesOutlastTheRoundTrip: however often packets leave and acks come, what
// is missed does not use up its copies at once.
func TestCopiesOutlastTheRoundTrip(t *testing.T) {
	s := newTalk(t, 7, 50*time.Millisecond)
	s.loss = 0.05
	s.talk(10*time.Second, nil)
	s.loss = 0
	s.talk(2*time.Second, nil)
	s.run(200 * time.Millisecond)
	for _, _, ok := s.accepted.Receive(); ok; _, _, ok = s.accepted.Receive() {
	}
	began, before := s.now, s.conn.Stats().Copies
	if _, err := s.conn.Send(s.now, chChat, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	first := s.conn.out.Next()
	s.lose = func(toServer bool, _ int) bool { return toServer && s.now.Sub(began) < 130*time.Millisecond }
	for range 250 { // a packet and an ack every millisecond
		s.conn.Send(s.now, chState, make([]byte, 10))
		s.accepted.Send(s.now, chState, make([]byte, 10))
		s.step()
	}
	copies := s.conn.Stats().Copies - before
	if packets := s.conn.out.Next() - first; copies < 5 || copies > maxPlanned+maxMissed+1 || packets < 200 {
		t.Errorf("%d copies in %d packets", copies, packets)
	}
	got := 0
	for ch, _, ok := s.accepted.Receive(); ok; ch, _, ok = s.accepted.Receive() {
		if ch == chChat {
			got++
		}
	}
	if got != 1 {
		t.Errorf("%d messages came within 120 ms of the end of the outage, want 1", got)
	}
}

// TestOptimisticAck: a peer that acknowledges what it cannot have received is
// found out, and an honest one is not.
func TestOptimisticAck(t *testing.T) {
	lab := func() (l *lab, flood func(ms int)) {
		l = connect(t, nil)
		l.delay = 100 * time.Millisecond
		return l, func(ms int) {
			for range ms {
				l.conn.Send(l.now, chState, make([]byte, 20))
				l.step()
				for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
				}
				for _, ok := l.conn.NextNotice(); ok; _, ok = l.conn.NextNotice() {
				}
			}
		}
	}
	l, flood := lab()
	flood(20_000)
	st := l.accepted.Stats()
	if skipped := l.conn.out.Next() - l.conn.Stats().PacketsOut; skipped < 15 || skipped > 60 {
		t.Errorf("%d numbers of %d are skipped", skipped, l.conn.out.Next())
	}
	if l.conn.State() != StateOpen || st.LossIn > 0.02 || l.conn.Stats().PacketsLost > 0 {
		t.Errorf("an honest peer: %v, loss in %.4f, %d lost", l.conn.Err(), st.LossIn, l.conn.Stats().PacketsLost)
	}
	l, flood = lab()
	flood(500)
	for range 3000 { // the liar says that all came that may have been sent
		flood(1)
		number := l.accepted.out.Next()
		next := l.conn.out.Next()
		a := wire.Ack{Newest: next - 1, RunCount: 1, Runs: [wire.AckRuns]uint16{100}}
		l.accepted.out.MakeRoom()
		l.accepted.out.Commit(l.accepted.out.Add(l.now))
		l.client.Receive(l.now, serverPath, sealed(l.accepted, 3|4, number, wire.AppendAck(nil, &a)))
		if l.conn.State() == StateClosed {
			break
		}
	}
	if l.conn.err == nil || l.conn.err.Reason != CloseProtocol {
		t.Errorf("the liar is not found out: %v", l.conn.Err())
	}
}

// TestHostileJump: a peer may jump as far ahead as the wire can say. That
// costs a bounded time, and the connection goes on.
func TestHostileJump(t *testing.T) {
	l := connect(t, nil)
	l.run(100 * time.Millisecond)
	number := l.conn.out.Next() + 1<<23 - 5
	began := time.Now()
	for i := range uint64(20) {
		l.server.Receive(l.now, clientPath, sealed(l.conn, 3|4, number+i, []byte{0, wire.ControlPing}))
	}
	if d := time.Since(began); d > time.Second {
		t.Errorf("a jump takes %v", d)
	}
	l.run(60 * time.Millisecond)
	if st := l.accepted.Stats(); l.accepted.State() != StateOpen || st.LossIn > 1 || st.RTT > 100*time.Millisecond {
		t.Errorf("after a jump: %v, %+v", l.accepted.Err(), st)
	}
	// The client sees its own numbers acknowledged that it never used.
	if l.conn.State() != StateClosed {
		t.Errorf("the client: %v", l.conn.State())
	}
}
