package tun

import (
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// Links returns the links as they are now.
func (n *Network) Links() (upLink, downLink link.Config) {
	var links [2]link.Config
	for i, d := range n.directions {
		d.mu.Lock()
		links[i] = d.pipe.Config()
		d.mu.Unlock()
	}
	return links[up], links[down]
}

// Backlog returns what waits for the bottlenecks of both links.
func (n *Network) Backlog() (upLink, downLink link.Backlog) {
	var logs [2]link.Backlog
	for i, d := range n.directions {
		d.mu.Lock()
		logs[i] = d.pipe.Backlog(time.Now())
		d.mu.Unlock()
		d.waiter.Wake() // asking settles what an active queue has decided
	}
	return logs[up], logs[down]
}

// renew makes the link a new one with a seed. What is on its way is lost. The
// mutex is held.
func (d *direction) renew(seed uint64) {
	cfg := d.pipe.Config()
	d.gone.Add(d.pipe.Counters())
	d.pipe = mustPipe(cfg, seed, d.limits)
	d.pipe.SetEpoch(d.start)
	d.pipe.SetEpoch(d.epoch)
	d.observeDrops()
}
