// Package channel holds what connections do with messages: queues, the
// splitting and joining of large ones, ordering, and the repetition of what
// was lost. It knows frames but not packets.
//
// Nothing here is safe for concurrent use.
package channel

import (
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/cache"
)

// MaxSegment is the most message data one frame carries, in bytes: a datagram
// of 1,200 bytes less the longest header (12), the longest ack (52), the
// longest frame overhead (7) and the tag (16) leaves 1,113; the rest is left
// to control frames.
const MaxSegment = 1100

// A Queue holds received messages until the application takes them. The zero
// value is ready to use.
type Queue struct {
	Arrival     time.Duration // when what is pushed from now on arrived
	Pushed      uint64        // messages, ever
	PushedBytes uint64

	data    []byte
	entries []entry
	head    int // entries before it were taken
}

// An entry is a message that waits; start and size mark its data.
type entry struct {
	arrival time.Duration
	start   int
	size    uint32
	key     uint16
	channel uint8
}

// A Taken is a message that left the queue.
type Taken struct {
	Arrival time.Duration
	Data    []byte // valid until the next Push
	Key     uint16
	Channel uint8
}

// entryBytes is what a waiting message counts for beyond its data: empty
// messages take memory too, and a packet holds 560 of them.
const entryBytes = 32

// A queue begins with room for what a few packets of a game carry, since the
// network delivers two or three between two ticks sooner or later. With room
// for the first message alone each of 500 connections grew when that happened
// to it: 80 allocations in 4 s (netbench cpu).
const (
	leastEntries = 8
	leastBytes   = 512
)

// Bytes returns how many bytes wait, with what it takes to remember them.
func (q *Queue) Bytes() int {
	waiting := len(q.entries) - q.head
	if waiting == 0 {
		return 0
	}
	return len(q.data) - q.entries[q.head].start + waiting*entryBytes
}

// Push appends a copy of message.
func (q *Queue) Push(channel uint8, message []byte) {
	copy(q.Reserve(channel, len(message)), message)
}

// PushKey appends a copy of a message that is the value of a key.
func (q *Queue) PushKey(channel uint8, key uint16, message []byte) {
	q.Push(channel, message)
	q.entries[len(q.entries)-1].key = key
}

// Reserve appends a message of n bytes, for the caller to fill in.
func (q *Queue) Reserve(channel uint8, n int) []byte {
	if q.head == len(q.entries) {
		q.reset()
	} else if taken := q.entries[q.head].start; q.head > 64 && 2*q.head > len(q.entries) ||
		taken > keptBytes && 2*taken > len(q.data) {
		q.compact()
	}
	start := len(q.data)
	if q.entries == nil {
		q.entries = make([]entry, 0, leastEntries)
	}
	if cap(q.data) < leastBytes {
		q.data = slices.Grow(q.data, leastBytes)
	}
	q.data = slices.Grow(q.data, n)[:start+n]
	q.entries = append(q.entries, entry{arrival: q.Arrival, start: start, size: uint32(n), channel: channel})
	q.Pushed++
	q.PushedBytes += uint64(n)
	return q.data[start:]
}

// Touch brings where the next message will be near the processor.
func (q *Queue) Touch() byte {
	return cache.All(q.entries[:min(cap(q.entries), 1)]) + cache.All(q.data[:min(cap(q.data), 64)])
}

// Len returns how many messages wait.
func (q *Queue) Len() int { return len(q.entries) - q.head }

// Pop takes the oldest message. It stays valid until the next Push.
func (q *Queue) Pop() (Taken, bool) {
	if q.head == len(q.entries) {
		return Taken{}, false
	}
	e := q.entries[q.head]
	q.head++
	end := e.start + int(e.size)
	return Taken{Arrival: e.arrival, Data: q.data[e.start:end:end], Key: e.key, Channel: e.channel}, true
}

// keptBytes is how much room an empty queue keeps for its next messages. More
// is given back, so that one large message does not stay with a connection.
const keptBytes = 64 << 10

func (q *Queue) reset() {
	if cap(q.data) > keptBytes {
		q.data = nil
	}
	q.data, q.entries, q.head = q.data[:0], q.entries[:0], 0
}

// compact moves what waits to the front. The application that pops only a
// part of what arrives pays one copy per half of the queue, counted in
// messages or, since a few can be large, in bytes.
func (q *Queue) compact() {
	from := q.entries[q.head].start
	q.data = q.data[:copy(q.data, q.data[from:])]
	n := copy(q.entries, q.entries[q.head:])
	q.entries, q.head = q.entries[:n], 0
	for i := range q.entries {
		q.entries[i].start -= from
	}
}
