package link

// A waiting datagram is in an active queue, which may drop it yet.
type waiting struct {
	datagram []byte
	label    uint64
	order    uint64
	sent     int64
}

// await keeps a copy of a datagram that is Pending.
func (p *Pipe) await(label uint64, datagram []byte) {
	*p.sequence++
	w := p.waiting.extend()
	*w = waiting{append(w.datagram[:0], datagram...), label, *p.sequence, p.link.now}
	p.waitingBytes += len(datagram)
}

// settle sends on its way, or drops, what has left the active queue until now.
func (p *Pipe) settle(now int64) {
	if p.waiting.count > 0 {
		p.link.advance(p.link.pass(now))
		p.collect()
	}
}

// collect does so with what the link has settled.
func (p *Pipe) collect() {
	for p.link.settled.count > 0 {
		fate := *p.link.settled.pop()
		w := p.waiting.pop()
		p.waitingBytes -= len(w.datagram)
		if fate.Cause == Delivered {
			p.carry(w.sent, &fate, w.label, w.datagram)
		} else if p.onDrop != nil {
			p.onDrop(fate, w.label, w.datagram)
		}
		if cap(w.datagram) > recycledBytes {
			w.datagram = nil
		}
	}
}
