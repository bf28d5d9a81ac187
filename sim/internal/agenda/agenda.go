// Package agenda orders things that each have one next time at which they
// want attention: links with a datagram due, hosts with a deadline.
package agenda

// An Agenda is a heap of numbered items, ordered by time and then by an order
// number. An item is in it at most once; its time can be changed. The zero
// value is empty. It is not safe for concurrent use.
type Agenda struct {
	heap   []entry
	places []int32 // item → index in heap + 1; 0 = not in it
}

type entry struct {
	at    int64
	order uint64
	item  int32
}

func (a entry) before(b entry) bool {
	return a.at < b.at || a.at == b.at && a.order < b.order
}

// Len returns how many items are in the agenda.
func (a *Agenda) Len() int { return len(a.heap) }

// First returns the item with the earliest time. It reports false if there is
// none.
func (a *Agenda) First() (item int, at int64, ok bool) {
	if len(a.heap) == 0 {
		return 0, 0, false
	}
	return int(a.heap[0].item), a.heap[0].at, true
}

// Set puts an item into the agenda, or changes its time and order number.
// Items are numbered from 0; high numbers cost memory.
func (a *Agenda) Set(item int, at int64, order uint64) {
	for item >= len(a.places) {
		a.places = append(a.places, 0)
	}
	e := entry{at, order, int32(item)}
	i := int(a.places[item]) - 1
	if i < 0 {
		i = len(a.heap)
		a.heap = append(a.heap, e)
		a.places[item] = int32(i + 1)
	} else {
		a.heap[i] = e
	}
	a.fix(i)
}

// Remove takes an item out, if it is in.
func (a *Agenda) Remove(item int) {
	if item >= len(a.places) || a.places[item] == 0 {
		return
	}
	i := int(a.places[item]) - 1
	a.places[item] = 0
	last := len(a.heap) - 1
	moved := a.heap[last]
	a.heap = a.heap[:last]
	if i < last {
		a.put(i, moved)
		a.fix(i)
	}
}

// put writes e to index i and remembers where it is.
func (a *Agenda) put(i int, e entry) {
	a.heap[i] = e
	a.places[e.item] = int32(i + 1)
}

// fix moves the entry at index i to where it belongs.
func (a *Agenda) fix(i int) {
	e := a.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(a.heap[parent]) {
			break
		}
		a.put(i, a.heap[parent])
		i = parent
	}
	for {
		child := 2*i + 1
		if child >= len(a.heap) {
			break
		}
		if child+1 < len(a.heap) && a.heap[child+1].before(a.heap[child]) {
			child++
		}
		if !a.heap[child].before(e) {
			break
		}
		a.put(i, a.heap[child])
		i = child
	}
	a.put(i, e)
}
