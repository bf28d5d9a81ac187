package snapshot

import (
	"bytes"
	"sync"

	"github.com/reckon-engine/reckon/engine"
)

// A Pool lets the receivers of one process share what they decode: a simulated
// match, or a machine full of bots. A snapshot is a function of its baseline's
// rows and of its bytes, so whoever comes second with both needs not decode it
// again, and needs no memory for it either. Nobody learns anything that its own
// snapshots did not say, down to the generations of empty slots.
//
// Rings are made with [Pool.NewRing] and codecs with [Pool.NewCodec]. The two
// go together with each other and with nothing else. A Pool is safe for
// concurrent use; its rings and codecs are as others are.
type Pool struct {
	schema *engine.Schema

	mu      sync.Mutex
	buckets [poolTicks]bucket
	free    []*body
	bodies  uint64
}

// poolTicks is for how many ticks a Pool remembers what was decoded, and a
// power of two: a second at 60 Hz. Later than that a snapshot is decoded again.
const poolTicks = 64

// A body is the rows of a snapshot that several show.
type body struct {
	number uint64        // never the same again
	world  *engine.World // does not change while there are users
	users  int           // snapshots that show it, and entries that lead to it
}

// A bucket is what was decoded for one tick.
type bucket struct {
	tick    engine.Tick
	entries []entry
	n       int // entries[:n]; the rest is memory to use again
}

// An entry says what came of which bytes against which rows.
type entry struct {
	base uint64 // number of the baseline's body; 0: full
	data []byte
	body *body
}

// NewPool returns an empty pool for snapshots of s.
func NewPool(s *engine.Schema) *Pool { return &Pool{schema: s} }

// NewRing is the function [NewRing] for receivers that share.
func (p *Pool) NewRing(n int) *Ring {
	return newRing(n, func() *Snapshot { return &Snapshot{world: p.schema.NewBorrower()} })
}

// NewCodec is the function [NewCodec] for receivers that share. Append of such
// a codec is that of any other.
func (p *Pool) NewCodec() *Codec {
	return &Codec{empty: p.schema.NewWorld(), pool: p}
}

// decode is the rest of Codec.Decode: from is nil for a full snapshot.
func (p *Pool) decode(c *Codec, dst, from *Snapshot, tick engine.Tick, data []byte) error {
	base := uint64(0)
	if from != nil {
		base = from.body.number
	}
	b := p.find(tick, base, data)
	if b == nil {
		b = p.take()
		c.scratch = b.world
		err := c.decode(from, tick)
		c.scratch = nil
		if err != nil {
			p.release(b)
			return err
		}
		b = p.add(tick, base, data, b)
	}
	var before *engine.World
	if from != nil {
		before = from.world
	}
	dst.world.Borrow(b.world, before)
	old := dst.body
	dst.body, dst.valid = b, true
	if old != nil {
		p.release(old)
	}
	return nil
}

// find returns the body that these bytes make, with one more user; nil if
// nobody decoded them.
func (p *Pool) find(tick engine.Tick, base uint64, data []byte) *body {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := &p.buckets[tick%poolTicks]
	if in.tick != tick {
		return nil
	}
	for i := range in.entries[:in.n] {
		if e := &in.entries[i]; e.base == base && bytes.Equal(e.data, data) {
			e.body.users++
			return e.body
		}
	}
	return nil
}

// add remembers what these bytes make, and returns it, or what is the same and
// was there before.
func (p *Pool) add(tick engine.Tick, base uint64, data []byte, b *body) *body {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := &p.buckets[tick%poolTicks]
	if in.tick != tick {
		if tick.Before(in.tick) && in.n > 0 {
			return b // too old to be of use to anybody else
		}
		for i := range in.entries[:in.n] {
			p.drop(in.entries[i].body)
		}
		in.tick, in.n = tick, 0
	}
	for i := range in.entries[:in.n] {
		if have := in.entries[i].body; have != b && have.world.SameRows(b.world) {
			p.drop(b)
			have.users++
			b = have
			break
		}
	}
	if in.n == len(in.entries) {
		in.entries = append(in.entries, entry{})
	}
	e := &in.entries[in.n]
	e.base, e.data, e.body = base, append(e.data[:0], data...), b
	b.users++
	in.n++
	return b
}

// take returns a body to decode into, with one user.
func (p *Pool) take() *body {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bodies++
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		b.number, b.users = p.bodies, 1
		return b
	}
	return &body{number: p.bodies, users: 1, world: p.schema.NewWorld()}
}

// release takes a user away.
func (p *Pool) release(b *body) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(b)
}

// drop is release with the lock held.
func (p *Pool) drop(b *body) {
	if b.users--; b.users == 0 {
		p.free = append(p.free, b)
	}
}
