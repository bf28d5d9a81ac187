package secondhand

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
)

// sizes of messages: what fits, what just fits, and what does not.
var sizes = []int{8, 80, 1100, 1101, 2200, 9999}

// open connects a client and waits until both ends are open.
func (w *world) open(o options) *client {
	w.t.Helper()
	c := w.connect(o, address(1))
	w.until("connected", func() bool { return c.state == open && w.conn != nil })
	return c
}

// TestChannels plays all five modes in both directions at once (section 5),
// in each mode of the handshake.
func TestChannels(t *testing.T) {
	for name, mode := range map[string]uint8{"IK": modeIK, "XX": modeXX, "plaintext": modePlaintext} {
		t.Run(name, func(t *testing.T) {
			config := serverConfig()
			config.Plaintext = mode == modePlaintext
			w := newWorld(t, config, storm)
			c := w.open(options{mode: mode})
			const n = 400
			for i := range n {
				size := sizes[i%len(sizes)]
				for channel := range 4 {
					for w.conn.Writable(channel) < size {
						w.run(time.Millisecond)
					}
					c.send(channel, text(i, size))
					w.send(channel, text(i, size), netcode.SendOptions{})
				}
				c.channels[4].set(i%7, text(i, 100))
				w.send(4, text(i, 100), netcode.SendOptions{Key: uint16(i % 7)})
				w.run(5 * time.Millisecond)
			}
			w.until("all arrived", func() bool { return c.idle() && w.conn.Stats().ReliableHeld == 0 })
			w.run(time.Second)
			var up []message
			for _, m := range w.taken {
				up = append(up, message{m.Channel, int(m.Key), m.Data})
			}
			checkMessages(t, "up", up, n)
			checkMessages(t, "down", c.got, n)
		})
	}
}

// checkMessages checks that what arrived is what the modes promise.
func checkMessages(t *testing.T, way string, got []message, n int) {
	t.Helper()
	var order [5][]int
	values := map[int]int{}
	for _, m := range got {
		i := 0
		for _, digit := range m.data[:7] {
			i = 10*i + int(digit-'0')
		}
		size := sizes[i%len(sizes)]
		if m.channel == 4 {
			size = 100
			if last, ok := values[m.key]; i%7 != m.key || ok && last >= i {
				t.Errorf("%s: key %d has value %d after %d", way, m.key, i, last)
			}
			values[m.key] = i
		}
		if !bytes.Equal(m.data, text(i, size)) {
			t.Fatalf("%s: channel %d: message %d is damaged", way, m.channel, i)
		}
		order[m.channel] = append(order[m.channel], i)
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if !slices.Equal(order[2], all) {
		t.Errorf("%s: %d ordered messages, of %d, or not in order", way, len(order[2]), n)
	}
	if slices.IsSorted(order[3]) {
		t.Errorf("%s: unordered messages waited for each other", way)
	}
	if !slices.IsSorted(order[1]) {
		t.Errorf("%s: sequenced messages went back", way)
	}
	for channel := range order {
		slices.Sort(order[channel])
		if channel < 4 && len(slices.Compact(slices.Clone(order[channel]))) != len(order[channel]) {
			t.Errorf("%s: channel %d delivered twice", way, channel)
		}
	}
	if !slices.Equal(order[3], all) {
		t.Errorf("%s: %d unordered messages of %d", way, len(order[3]), n)
	}
	if len(order[0]) < n/3 || len(order[1]) < n/5 {
		t.Errorf("%s: %d unreliable and %d sequenced messages of %d", way, len(order[0]), len(order[1]), n)
	}
	for key := range 7 {
		if want := n - 1 - (n-1-key)%7; values[key] != want {
			t.Errorf("%s: the last value of key %d is %d, want %d", way, key, values[key], want)
		}
	}
}

// TestSkips gives messages up, at each end (section 5.5).
func TestSkips(t *testing.T) {
	sky := storm
	sky.loss = 0.4
	w := newWorld(t, serverConfig(), sky)
	c := w.open(options{})
	const n = 200
	for i := range n {
		size := sizes[i%len(sizes)]
		giveUp := c.send(3, text(i, size))
		w.send(3, text(i, size), netcode.SendOptions{Lifetime: 60 * time.Millisecond})
		w.run(60 * time.Millisecond)
		giveUp()
	}
	c.send(3, text(n, 8))
	w.send(3, text(n, 8), netcode.SendOptions{})
	w.until("all decided", func() bool { return c.idle() && w.conn.Stats().ReliableHeld == 0 })
	w.run(time.Second)
	if got := len(c.got); got < n/10 || got > n*9/10 {
		t.Errorf("%d of %d messages came down; the test wants some to expire", got, n)
	}
	if got := len(w.taken); got < n/10 || got > n*9/10 {
		t.Errorf("%d of %d messages went up; the test wants some to be given up", got, n)
	}
	for i, in := range c.incoming {
		if in.bytes != 0 {
			t.Errorf("channel %d still holds %d bytes", i, in.bytes)
		}
	}
}

// TestSoakWraps sends more than 65,536 segments, fragmented messages and
// versions of a value each way, so that all their numbers go round.
func TestSoakWraps(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("several seconds")
	}
	w := newWorld(t, serverConfig(), weather{delay: 5 * time.Millisecond, jitter: 4 * time.Millisecond, loss: 0.02})
	c := w.open(options{})
	const n = 66_000
	var taken, got [5]int
	take := func(counts *[5]int, channel int, data []byte) {
		i := int(binary.LittleEndian.Uint64(data))
		if i < counts[channel] {
			t.Fatalf("channel %d: message %d after %d", channel, i, counts[channel]-1)
		}
		if channel == 2 && i != counts[channel] {
			t.Fatalf("channel %d: message %d, want %d", channel, i, counts[channel])
		}
		counts[channel] = i + 1
	}
	for i := range n {
		data := binary.LittleEndian.AppendUint64(nil, uint64(i))
		c.send(2, data)
		w.send(2, data, netcode.SendOptions{})
		c.channels[4].set(3, data)
		w.send(4, data, netcode.SendOptions{Key: 3})
		data = append(data, make([]byte, 1101-8)...)
		c.send(1, data)
		w.send(1, data, netcode.SendOptions{})
		w.run(time.Millisecond)
		for _, m := range w.taken {
			take(&taken, m.Channel, m.Data)
		}
		for _, m := range c.got {
			take(&got, m.channel, m.data)
		}
		w.taken, c.got = w.taken[:0], c.got[:0]
	}
	for channel := 1; channel <= 4; channel++ {
		if channel != 3 && (taken[channel] < n-200 || got[channel] < n-200) {
			t.Errorf("channel %d: up to message %d went up, and to %d came down; want almost %d", channel, taken[channel], got[channel], n)
		}
	}
	if v := c.channels[4].values[0].version; v >= n-1<<16 {
		t.Errorf("the client is at version %d: not round", v)
	}
}

// TestAcks makes each end use all forms of ack (section 4.2): a fast sender
// over a slow and lossy path.
func TestAcks(t *testing.T) {
	w := newWorld(t, serverConfig(), weather{delay: 100 * time.Millisecond, jitter: 2 * time.Millisecond, loss: 0.02})
	c := w.open(options{})
	for i := range 4000 {
		c.send(0, text(i, 64))
		if i%4 == 0 {
			w.weather.loss = 0.2 * float64(i%2000) / 2000
			w.send(0, text(i, 64), netcode.SendOptions{})
		}
		w.run(time.Millisecond)
	}
	w.weather = clear
	for i := range 50 { // a quiet while: short runs, and runs
		c.long = i%2 == 0
		c.send(0, text(i, 64))
		w.send(0, text(i, 64), netcode.SendOptions{})
		w.run(20 * time.Millisecond)
	}
	if slices.Contains(c.forms[:], 0) || c.runs == 0 {
		t.Errorf("acks from the server by form: %d, %d of them with runs; want some of each", c.forms, c.runs)
	}
	if slices.Contains(c.told[:], 0) || c.toldRuns == 0 {
		t.Errorf("acks from the client by form: %d, %d of them with runs; want some of each", c.told, c.toldRuns)
	}
}
