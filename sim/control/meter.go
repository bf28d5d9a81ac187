package control

import (
	"sync"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/tun"
)

// History is how many samples of a second a Meter keeps.
const History = 60

// A Sample is what happened in a second.
type Sample struct{ Up, Down Flow }

// A Flow is one direction in a second.
type Flow struct {
	Sent, Lost uint64
	Bytes      uint64        // delivered
	Arrived    uint64        // datagrams
	Delay      time.Duration // mean of those that arrived
	DelayMost  time.Duration
	QueueBytes int // most that waited
	delays     time.Duration
}

// LossShare returns how much of what was sent was lost, from 0 to 1.
func (f *Flow) LossShare() float64 {
	if f.Sent == 0 {
		return 0
	}
	return float64(f.Lost) / float64(f.Sent)
}

// A Meter keeps the last minute of a network. The zero value is ready to use;
// its methods may be called from any goroutine.
type Meter struct {
	mu      sync.Mutex
	samples []Sample // the last is the present second
}

// ObserveProxy is an observer of a proxy.
func (m *Meter) ObserveProxy(d proxy.Datagram) {
	m.observe(d.Up, uint8(d.Event), d.Fate, d.Delay, d.QueueBytes, len(d.Data))
}

// ObserveTUN is an observer of a tun.Network.
func (m *Meter) ObserveTUN(p tun.Packet) {
	m.observe(p.From == tun.Client, uint8(p.Event), p.Fate, p.Delay, p.QueueBytes, len(p.Data))
}

// The events of both packages have the same numbers.
const (
	entered = uint8(proxy.Entered)
	left    = uint8(proxy.Left)
	dropped = uint8(proxy.Dropped)
)

func (m *Meter) observe(up bool, event uint8, fate link.Fate, delay time.Duration, queue, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.samples) == 0 {
		m.samples = append(m.samples, Sample{})
	}
	f := &m.samples[len(m.samples)-1].Down
	if up {
		f = &m.samples[len(m.samples)-1].Up
	}
	switch event {
	case entered:
		f.Sent++
		if fate.Cause != link.Delivered && fate.Cause != link.Pending {
			f.Lost++
		}
		f.QueueBytes = max(f.QueueBytes, queue)
	case left:
		f.Arrived++
		f.Bytes += uint64(size)
		f.delays += delay
		f.DelayMost = max(f.DelayMost, delay)
		f.Delay = f.delays / time.Duration(f.Arrived)
	case dropped:
		f.Lost++
	}
}

// Tick begins the next second.
func (m *Meter) Tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples = append(m.samples, Sample{})
	if extra := len(m.samples) - History - 1; extra > 0 {
		m.samples = m.samples[:copy(m.samples, m.samples[extra:])]
	}
}

// Samples returns the seconds that are over, at most History, oldest first.
func (m *Meter) Samples() []Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Sample(nil), m.samples[:max(0, len(m.samples)-1)]...)
}
