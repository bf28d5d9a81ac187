package netcode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// fiveModes declares a channel of each mode, in the order of the modes, and
// one for bulk of the lowest priority.
var fiveModes = []Channel{
	{Name: "state", Mode: Unreliable},
	{Name: "input", Mode: UnreliableSequenced, Weight: 2},
	{Name: "chat", Mode: ReliableOrdered},
	{Name: "events", Mode: ReliableUnordered, Weight: 3},
	{Name: "scores", Mode: ReliableLatest, MaxKeys: 300},
	{Name: "bulk", Mode: ReliableOrdered, Priority: 15, MaxMessage: 1 << 20},
}

const bulkChannel = 5

func connectFive(t testing.TB) *lab {
	return connect(t, func(s, c *Config) { s.Channels, c.Channels = fiveModes, fiveModes })
}

// TestLossDelaysNoOther: what a packet of one channel lost does not delay the
// messages of another, whatever the modes; and on channels without an order,
// not those of the same.
func TestLossDelaysNoOther(t *testing.T) {
	for lost := range fiveModes {
		for free := range fiveModes {
			if lost == free && fiveModes[lost].Mode == ReliableOrdered {
				continue
			}
			l := connectFive(t)
			l.conn.SendWith(l.now, lost, []byte("lost"), SendOptions{})
			l.lose = func(toServer bool, _ int) bool { return toServer }
			l.step()
			l.lose = nil
			opt := SendOptions{}
			if free == int(ReliableLatest) {
				opt.Key = 7
			}
			at := l.now
			l.conn.SendWith(l.now, free, []byte("free"), opt)
			l.run(l.delay + 2*time.Millisecond)
			m, ok := l.accepted.NextMessage()
			if !ok || m.Channel != free || string(m.Data) != "free" || m.Key != opt.Key || m.At.Sub(at) > l.delay+time.Millisecond {
				t.Errorf("%s lost, %s free: got %v %q after %v", fiveModes[lost].Name, fiveModes[free].Name, ok, m.Data, m.At.Sub(at))
			}
			if !fiveModes[lost].Mode.reliable() {
				continue
			}
			l.until("the lost message comes", func() bool {
				m, ok := l.accepted.NextMessage()
				return ok && m.Channel == lost && string(m.Data) == "lost"
			})
		}
	}
}

// TestUrgent: with a third of all packets lost, urgent messages arrive with
// the next packet that does, on every reliable mode; more than eight are sent
// like others.
func TestUrgent(t *testing.T) {
	for _, channel := range []int{int(ReliableOrdered), int(ReliableUnordered), int(ReliableLatest)} {
		l := connectFive(t)
		l.delay = 50 * time.Millisecond
		l.run(time.Second)
		l.lose = func(toServer bool, n int) bool { return toServer && n%3 != 0 } // two of three
		var worst time.Duration
		for range 50 {
			at := l.now
			if _, err := l.conn.SendWith(l.now, channel, []byte("fire"), SendOptions{Urgent: true}); err != nil {
				t.Fatal(err)
			}
			for i := 0; ; i++ {
				if i%16 == 0 {
					l.conn.Send(l.now, chState, make([]byte, 30)) // the packets it rides in
				}
				l.step()
				if m, ok := l.accepted.NextMessage(); ok && m.Channel == channel {
					worst = max(worst, m.At.Sub(at))
					break
				}
			}
		}
		if worst > l.delay+3*16*time.Millisecond {
			t.Errorf("%s: %v at worst, want two more ticks than the link's %v", fiveModes[channel].Name, worst, l.delay)
		}
		l.lose = nil
		l.run(500 * time.Millisecond)
		for range 10 {
			l.conn.SendWith(l.now, channel, []byte("x"), SendOptions{Urgent: true, Key: uint16(channel&4) * uint16(l.conn.nextID) % 100})
		}
		if n := l.conn.ChannelStats(channel).NotUrgent; n != 2 {
			t.Errorf("%s: %d of 10 were not urgent, want 2", fiveModes[channel].Name, n)
		}
		l.run(500 * time.Millisecond)
		before := l.sent
		l.run(500 * time.Millisecond)
		if n := l.sent[1] - before[1]; n > 2 {
			t.Errorf("%s: %d packets in half a second with nothing to say", fiveModes[channel].Name, n)
		}
	}
}

// TestPriority: a blob on a low priority does not delay the others, and
// weights share what a priority has.
func TestPriority(t *testing.T) {
	l := connectFive(t)
	for range 2 {
		if _, err := l.conn.Send(l.now, bulkChannel, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.conn.Writable(bulkChannel); n != 0 {
		t.Errorf("%d bytes are writable beside a full window", n)
	}
	if _, err := l.conn.Send(l.now, bulkChannel, []byte("x")); err != ErrWindowFull {
		t.Errorf("Send into a full window = %v", err)
	}
	progress, moved := uint64(0), 0
	for range 60 {
		at := l.now
		for _, channel := range []int{0, 1, 4} {
			l.conn.Send(l.now, channel, []byte("now"))
		}
		for range 16 {
			l.step()
			for m, ok := l.accepted.NextMessage(); ok; m, ok = l.accepted.NextMessage() {
				limit := l.delay + time.Millisecond
				if m.Channel == 4 {
					limit += 5 * time.Millisecond // the pacer makes it wait for a packet of the blob
				}
				if late := m.At.Sub(at); m.Channel != bulkChannel && late > limit {
					t.Fatalf("%s is %v late beside a blob", fiveModes[m.Channel].Name, late-l.delay)
				}
			}
		}
		if n := l.conn.Acknowledged(bulkChannel); n > progress {
			progress = n
			moved++
		}
	}
	if moved < 10 {
		t.Errorf("the blob's progress moved %d times", moved)
	}
	l = connectFive(t)
	full := make([]byte, 1000)
	for range 60 {
		l.conn.Send(l.now, int(ReliableOrdered), full)
		l.conn.Send(l.now, int(ReliableUnordered), full)
	}
	l.until("a part arrives", func() bool { return l.accepted.ChannelStats(int(ReliableUnordered)).Received >= 40 })
	one, three := l.accepted.ChannelStats(int(ReliableOrdered)).Received, l.accepted.ChannelStats(int(ReliableUnordered)).Received
	if three < 2*one || three > 4*one {
		t.Errorf("weights 1 and 3 share like %d and %d", one, three)
	}
}

// TestLifetime: what is stale does not leave, and its fate is told.
func TestLifetime(t *testing.T) {
	for channel := range 5 {
		l := connectFive(t)
		id, err := l.conn.SendWith(l.now, channel, make([]byte, 900), SendOptions{Lifetime: 20 * time.Millisecond, Notify: true})
		if channel == int(ReliableOrdered) {
			if !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), "Lifetime on ReliableOrdered") {
				t.Errorf("Lifetime on ReliableOrdered: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if fiveModes[channel].Mode.reliable() {
			l.lose = func(toServer bool, _ int) bool { return toServer }
			l.step()
			l.lose = nil
		} else {
			l.now = l.now.Add(20 * time.Millisecond) // the application is late
		}
		l.run(2 * time.Second)
		if m, ok := l.accepted.NextMessage(); ok {
			t.Errorf("%s: %d bytes arrived too late", fiveModes[channel].Name, len(m.Data))
		}
		if n, ok := l.conn.NextNotice(); !ok || n != (Notice{id, channel, false}) {
			t.Errorf("%s: notice %v, %v", fiveModes[channel].Name, n, ok)
		}
		l.conn.SendWith(l.now, channel, []byte("fresh"), SendOptions{Lifetime: time.Second, Notify: true})
		l.run(100 * time.Millisecond)
		if m, _ := l.accepted.NextMessage(); string(m.Data) != "fresh" {
			t.Errorf("%s: after the stale one came %q", fiveModes[channel].Name, m.Data)
		}
		if n, _ := l.conn.NextNotice(); !n.Delivered || n.Channel != channel {
			t.Errorf("%s: notice %v of the fresh one", fiveModes[channel].Name, n)
		}
		if s := l.conn.ChannelStats(channel); s.Sent != 2 || s.Expired != 1 || s.Delivered != 1 || s.Queued != 0 || s.BytesSent != 905 {
			t.Errorf("%s: %+v", fiveModes[channel].Name, s)
		}
		if s := l.accepted.ChannelStats(channel); s.Received != 1 || s.BytesReceived != 5 {
			t.Errorf("%s: %+v", fiveModes[channel].Name, s)
		}
	}
}

func TestSendOptionErrors(t *testing.T) {
	l := connectFive(t)
	for _, test := range []struct {
		channel, size int
		opt           SendOptions
		want          string
	}{
		{0, 1, SendOptions{Urgent: true}, "Urgent on Unreliable"},
		{2, 65, SendOptions{Urgent: true}, "Urgent message of 65 bytes, want at most 64"},
		{3, 1, SendOptions{Key: 1}, "Key 1 on ReliableUnordered"},
		{4, 1, SendOptions{Key: 300}, "Key 300, MaxKeys is 300"},
		{4, 1097, SendOptions{}, "message of 1097 bytes is larger than channel 4 (scores) takes, 1096"},
	} {
		if _, err := l.conn.SendWith(l.now, test.channel, make([]byte, test.size), test.opt); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("SendWith(%d, %d bytes, %+v) = %v, want %q", test.channel, test.size, test.opt, err, test.want)
		}
	}
	if s := l.conn.ChannelStats(4); s.Sent != 0 || s != (ChannelStats{}) {
		t.Errorf("refused messages count: %+v", s)
	}
}

// TestSoakModes sends on all modes at once, with priorities, lifetimes and
// urgent messages, through a storm, both ways; on one seed fast enough that
// the numbers of segments go round.
func TestSoakModes(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { soakModes(t, seed) })
	}
}

// soaked is what one way of the soak has sent and received.
type soaked struct {
	ordered, orderedGot uint64
	events              uint64
	eventsGot           map[uint64]bool
	lasting             []uint64 // events without a lifetime
	values, valuesGot   [300]uint64
	inputGot            uint64
}

func soakModes(t *testing.T, seed uint64) {
	l := connectFive(t)
	s := newStorm(l, 300+seed)
	s.loss, s.dup, s.corrupted, s.jitter, l.delay = 0.2, 0.1, 0.02, 60*time.Millisecond, 80*time.Millisecond
	seconds, burst := 20, 1
	if seed == 2 {
		s.loss, s.jitter, l.delay, burst = 0.01, 2*time.Millisecond, time.Millisecond, 12
	}
	conns := []*Conn{l.conn, l.accepted}
	var ways [2]soaked
	for i := range ways {
		ways[i].eventsGot = map[uint64]bool{}
	}
	busy := func() bool {
		for _, c := range conns {
			for i := 2; i < 5; i++ {
				if !c.channels[i].reliable.Idle() {
					return true
				}
			}
		}
		return false
	}
	for ms := 0; ms < seconds*1000 || busy(); ms++ {
		if ms > seconds*1000+60_000 {
			t.Fatalf("seed %d: reliable content is left after a minute", seed)
		}
		for i, c := range conns {
			if ms < seconds*1000 {
				ways[i].send(s, c, ms, burst)
			}
			ways[1-i].take(t, c)
			for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
			}
		}
		s.step()
		l.sane()
		for _, c := range conns {
			if c.State() != StateOpen {
				t.Fatalf("seed %d, %d ms: %v", seed, ms, c.Err())
			}
		}
	}
	for i := range ways {
		ways[1-i].take(t, conns[i])
		w, c := &ways[i], conns[i]
		if w.ordered != w.orderedGot || w.values != w.valuesGot {
			t.Errorf("seed %d: %d of %d ordered messages, values alike: %v", seed, w.orderedGot, w.ordered, w.values == w.valuesGot)
		}
		for _, n := range w.lasting {
			if !w.eventsGot[n] {
				t.Fatalf("seed %d: event %d did not arrive", seed, n)
			}
		}
		t.Logf("seed %d: %d ordered; events %+v", seed, w.ordered, c.ChannelStats(3))
		if seed == 2 && w.events < 1<<16 {
			t.Errorf("%d events: the numbers did not go round", w.events)
		}
		if seed != 2 && c.ChannelStats(3).Expired == 0 {
			t.Errorf("seed %d: no event expired", seed)
		}
	}
}

func (w *soaked) send(s *storm, c *Conn, ms, burst int) {
	now := s.now
	if ms%10 == 0 {
		m := append(binary.LittleEndian.AppendUint64(nil, w.ordered), make([]byte, s.random.IntN(50)*s.random.IntN(50))...)
		if _, err := c.SendWith(now, 2, m, SendOptions{Urgent: len(m) <= 64 && ms%100 == 0}); err == nil {
			w.ordered++
		}
	}
	for range burst {
		opt := SendOptions{Urgent: s.random.IntN(50) == 0}
		size := 8
		switch s.random.IntN(20) {
		case 0:
			opt.Lifetime = time.Duration(1+s.random.IntN(300)) * time.Millisecond
		case 1:
			opt, size = SendOptions{}, 8+s.random.IntN(4000)/burst
		}
		m := append(binary.LittleEndian.AppendUint64(nil, w.events), make([]byte, size-8)...)
		if _, err := c.SendWith(now, 3, m, opt); err == nil {
			if opt.Lifetime == 0 {
				w.lasting = append(w.lasting, w.events)
			}
			w.events++
		}
	}
	key := s.random.IntN(300)
	if _, err := c.SendWith(now, 4, binary.LittleEndian.AppendUint64(nil, w.values[key]+1), SendOptions{Key: uint16(key), Urgent: key%16 == 0}); err == nil {
		w.values[key]++
	}
	if ms%16 == 0 {
		c.SendWith(now, 0, make([]byte, s.random.IntN(3000)), SendOptions{Lifetime: time.Millisecond})
		c.Send(now, 1, binary.LittleEndian.AppendUint64(nil, uint64(ms)+1))
		c.Send(now, bulkChannel, make([]byte, 3000))
	}
}

func (w *soaked) take(t *testing.T, c *Conn) {
	t.Helper()
	for m, ok := c.NextMessage(); ok; m, ok = c.NextMessage() {
		if m.Channel == 0 || m.Channel == bulkChannel {
			continue
		}
		n := binary.LittleEndian.Uint64(m.Data)
		switch ChannelMode(m.Channel) {
		case UnreliableSequenced:
			if n <= w.inputGot {
				t.Fatalf("input %d after %d", n, w.inputGot)
			}
			w.inputGot = n
		case ReliableOrdered:
			if n != w.orderedGot {
				t.Fatalf("ordered message %d, want %d", n, w.orderedGot)
			}
			w.orderedGot++
		case ReliableUnordered:
			if w.eventsGot[n] || n >= w.events {
				t.Fatalf("event %d came twice, or from nowhere", n)
			}
			w.eventsGot[n] = true
		case ReliableLatest:
			if n <= w.valuesGot[m.Key] {
				t.Fatalf("value %d of key %d after %d", n, m.Key, w.valuesGot[m.Key])
			}
			w.valuesGot[m.Key] = n
		}
	}
}

// TestNoAllocationsModes: nor do the modes that TestNoAllocations has not.
func TestNoAllocationsModes(t *testing.T) {
	p := newWirePair(t, func(s, c *Config) { s.Channels, c.Channels = fiveModes, fiveModes })
	message := make([]byte, 60)
	for _, channel := range []int{int(ReliableUnordered), int(ReliableLatest)} {
		exchange := func() {
			for side := range p.conns {
				opt := SendOptions{Urgent: true, Notify: true, Lifetime: time.Second}
				if _, err := p.conns[side].SendWith(p.now, channel, message, opt); err != nil {
					t.Fatal(err)
				}
				p.flush(side)
			}
			p.now = p.now.Add(time.Second / 60)
		}
		for range 300 {
			exchange()
		}
		if n := testing.AllocsPerRun(1000, exchange); n != 0 {
			t.Errorf("%s: %v allocations for two packets", fiveModes[channel].Name, n)
		}
	}
}
