package netcode

import (
	"unsafe"

	"github.com/reckon-engine/reckon/netcode/internal/cache"
	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/udp"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A packet in or out touches some sixty places of its connection, which on a
// server with hundreds lie out of the processor's caches: in three steps,
// since each is found by what is in the one before. What follows takes the
// steps for a group of connections together, so that their waits overlap; see
// package cache. It changes nothing but the time that others take.

// warmGroup is how many connections are fetched together: about 64 kB, of a
// second-level cache of 256 kB or more. BenchmarkCrowdTick takes as long with
// 8 and 32.
const warmGroup = 16

// A warming is a group of connections that will be used next.
type warming struct {
	group [warmGroup]*Conn
	n     int
	spent byte // keeps the compiler from leaving the loads out
}

func (w *warming) add(c *Conn) {
	w.group[w.n] = c
	w.n++
}

// warmReceive fetches what receiving a batch will need. It may be called with
// any datagrams, of which nothing is believed; no more than warmGroup.
func (c *Core) warmReceive(batch []udp.Datagram) {
	w := &c.warming
	for i := range batch {
		data := batch[i].Data
		if wire.Classify(data) != wire.KindPacket {
			continue
		}
		h, _, err := wire.ConsumeHeader(data, connIDLen)
		if err != nil || !h.HasConnID {
			continue
		}
		if conn := c.byID.of(h.ConnID); conn != nil {
			w.add(conn)
		}
	}
	w.fetch(false)
}

// warmFlush fetches what flushing those that are due at a time will need.
func (c *Core) warmFlush(conns []appointment, at int64) {
	w := &c.warming
	for i := range conns {
		if conns[i].due <= at {
			w.add(conns[i].conn)
		}
	}
	w.fetch(true)
}

// fetch takes the steps for the group, and empties it. A group of one is
// fetched by its use.
func (w *warming) fetch(flush bool) {
	group := w.group[:w.n]
	if len(group) > 1 {
		for _, c := range group {
			w.spent += cache.Touch(unsafe.Pointer(c), unsafe.Offsetof(c.replay)+unsafe.Sizeof(uint64(0)))
			w.spent += cache.Touch(unsafe.Pointer(&c.stats.PacketsIn), 4*unsafe.Sizeof(c.stats.PacketsIn))
		}
		for _, c := range group {
			w.spent += c.warmPointed(flush)
		}
		for _, c := range group {
			w.spent += c.warmKeys(flush) + c.warmChannels(flush)
		}
	}
	clear(group)
	w.n = 0
}

// warmKeys touches the protector, in the belief that what goes to players is
// long and what comes from them is short.
func (c *Conn) warmKeys(flush bool) byte {
	if flush != c.dialled {
		return handshake.TouchKeys(c.keys(flush), longPacket)
	}
	return handshake.TouchKeys(c.keys(flush), 0)
}

// longPacket is more than any cipher treats as short.
const longPacket = 1024

// keys returns the protector that a flush, or receiving a packet, uses.
func (c *Conn) keys(flush bool) handshake.Protector {
	if flush {
		return c.send
	}
	return c.receive
}

// warmPointed touches what the connection points at.
func (c *Conn) warmPointed(flush bool) byte {
	if !flush {
		sum := c.out.Touch() + c.queue.Touch() + c.notices.touch() + c.replay.Touch() + handshake.Touch(c.receive)
		return sum + c.warmStates(^c.core.reliable)
	}
	return c.out.TouchNext() + handshake.Touch(c.send) + c.warmStates(c.busy)
}

// warmStates touches the channels of a set.
func (c *Conn) warmStates(set channelSet) (sum byte) {
	for set &= 1<<len(c.channels) - 1; set != 0; set = set.rest() {
		sum += cache.Of(&c.channels[set.first()])
	}
	return sum
}

// touch touches where the next notice will be.
func (n *notices) touch() byte {
	if len(n.ring) == 0 {
		return 0
	}
	return cache.Of(&n.ring[n.tail&uint64(len(n.ring)-1)])
}

// warmChannels touches what a flush finds in the channels that may wait, and a
// packet in those that have the most messages.
func (c *Conn) warmChannels(flush bool) (sum byte) {
	set := ^c.core.reliable
	if flush {
		set = c.busy
	}
	for set &= 1<<len(c.channels) - 1; set != 0; set = set.rest() {
		switch ch := &c.channels[set.first()]; {
		case !flush:
			sum += cache.Of(ch.inbound)
		case ch.outbox != nil:
			sum += cache.Of(ch.outbox)
		case ch.outgoing != nil:
			sum += cache.Of(ch.outgoing)
		}
	}
	return sum
}
