package ack

// recent tells of the newest 64 packets sent which are acknowledged, so that
// the bits of an acknowledgement that say nothing new, nearly all of them,
// cost no look at the ring. A server with hundreds of connections finds each
// ring out of the processor's caches: without this, a seventh of its time in
// the core went there (BenchmarkCrowdTick).
//
// Bit n is of the packet n before the newest. The zero value is ready to use.
type recent uint64

// send makes room for a packet.
func (r *recent) send() { *r <<= 1 }

// word returns the bits of the 32 packets from age before the newest on, as far
// as it knows.
func (r recent) word(age uint64) uint32 { return uint32(r >> age) }

// ack marks the packet that is age before the newest, and reports whether it
// is known to have been marked before. Of older ones it knows nothing.
func (r *recent) ack(age uint64) (known bool) {
	if age >= 64 {
		return false
	}
	bit := recent(1) << age
	known = *r&bit != 0
	*r |= bit
	return known
}
