package link

// recycledBytes is the largest buffer a Queue keeps for reuse. Almost all
// datagrams are no larger than an Ethernet frame, so that a few giants do not
// leave their buffers behind for ever.
const recycledBytes = 4096

// A Queue holds copies of datagrams, ordered by time and then by an order
// number of the caller's. Buffers are recycled: once a queue has held as much
// as it ever will, it allocates no more.
//
// Time is an int64 in nanoseconds from whatever beginning the caller likes.
// The zero value is an empty queue. It is not safe for concurrent use.
type Queue struct {
	heap  []queued // binary heap, least first
	slots []held   // in use or free
	free  []int32  // slots not in use
	taken int32    // slot of the last datagram popped, +1; 0 = none
	bytes int      // of the datagrams held
}

// held is what a slot holds.
type held struct {
	datagram []byte // its buffer
	label    uint64
}

// A queued datagram is small, so that the heap moves little.
type queued struct {
	at    int64
	order uint64
	tag   uint64
	slot  int32
}

func (a queued) before(b queued) bool {
	return a.at < b.at || a.at == b.at && a.order < b.order
}

// Len returns how many datagrams the queue holds.
func (q *Queue) Len() int { return len(q.heap) }

// Bytes returns the sum of the sizes of the datagrams held.
func (q *Queue) Bytes() int { return q.bytes }

// Push adds a copy of datagram that is due at a time. Datagrams due at the
// same time leave in the order of their order numbers. The tag is handed back
// by Pop, the label by Label. It returns the copy, which may be changed at
// once, but not kept.
func (q *Queue) Push(at int64, order, tag, label uint64, datagram []byte) (copied []byte) {
	var slot int32
	if n := len(q.free); n > 0 {
		slot = q.free[n-1]
		q.free = q.free[:n-1]
	} else {
		slot = int32(len(q.slots))
		q.slots = append(q.slots, held{})
	}
	q.slots[slot] = held{append(q.slots[slot].datagram[:0], datagram...), label}
	q.bytes += len(datagram)
	q.heap = append(q.heap, queued{at, order, tag, slot})
	q.up(len(q.heap) - 1)
	return q.slots[slot].datagram
}

// Next returns when the first datagram is due, and its order number. It
// reports false if the queue is empty.
func (q *Queue) Next() (at int64, order uint64, ok bool) {
	if len(q.heap) == 0 {
		return 0, 0, false
	}
	return q.heap[0].at, q.heap[0].order, true
}

// Pop takes the first datagram out, whenever it is due. The bytes are valid
// until the next Pop. It reports false if the queue is empty.
func (q *Queue) Pop() (datagram []byte, tag uint64, ok bool) {
	q.release()
	if len(q.heap) == 0 {
		return nil, 0, false
	}
	first := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	q.down(0)
	q.taken = first.slot + 1
	datagram = q.slots[first.slot].datagram
	q.bytes -= len(datagram)
	return datagram, first.tag, true
}

// Label returns the label of the datagram popped last. It is valid until the
// next Push or Pop.
func (q *Queue) Label() uint64 {
	if q.taken == 0 {
		return 0
	}
	return q.slots[q.taken-1].label
}

// release recycles the buffer of the datagram popped last.
func (q *Queue) release() {
	if q.taken == 0 {
		return
	}
	slot := q.taken - 1
	q.taken = 0
	if cap(q.slots[slot].datagram) > recycledBytes {
		q.slots[slot].datagram = nil
	}
	q.free = append(q.free, slot)
}

func (q *Queue) up(i int) {
	item := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !item.before(q.heap[parent]) {
			break
		}
		q.heap[i] = q.heap[parent]
		i = parent
	}
	q.heap[i] = item
}

func (q *Queue) down(i int) {
	n := len(q.heap)
	if i >= n {
		return
	}
	item := q.heap[i]
	for {
		child := 2*i + 1
		if child >= n {
			break
		}
		if child+1 < n && q.heap[child+1].before(q.heap[child]) {
			child++
		}
		if !q.heap[child].before(item) {
			break
		}
		q.heap[i] = q.heap[child]
		i = child
	}
	q.heap[i] = item
}
