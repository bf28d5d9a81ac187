// Package channel holds what connections do with messages: queues, the
// splitting and joining of large ones, ordering, and the repetition of what
// was lost. It knows frames but not packets.
//
// Nothing here is safe for concurrent use.
package channel

// MaxSegment is the most message data one frame carries, in bytes: a datagram
// of 1,200 bytes less the longest header (12), the longest ack (52), the
// longest frame overhead (7) and the tag (16) leaves 1,113; the rest is left
// to control frames.
const MaxSegment = 1100

// A Queue holds received messages until the application takes them. The zero
// value is ready to use.
type Queue struct {
	data    []byte
	entries []entry
	head    int // entries before it were taken
}

type entry struct {
	channel    uint8
	start, end int
}

// entryBytes is what a waiting message counts for beyond its data: empty
// messages take memory too, and a packet holds 560 of them.
const entryBytes = 32

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
	if q.head == len(q.entries) {
		q.reset()
	} else if taken := q.entries[q.head].start; q.head > 64 && 2*q.head > len(q.entries) ||
		taken > keptBytes && 2*taken > len(q.data) {
		q.compact()
	}
	start := len(q.data)
	q.data = append(q.data, message...)
	q.entries = append(q.entries, entry{channel, start, len(q.data)})
}

// Pop takes the oldest message. It stays valid until the next Push.
func (q *Queue) Pop() (channel uint8, message []byte, ok bool) {
	if q.head == len(q.entries) {
		return 0, nil, false
	}
	e := q.entries[q.head]
	q.head++
	return e.channel, q.data[e.start:e.end:e.end], true
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
		q.entries[i].end -= from
	}
}
