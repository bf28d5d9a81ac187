package link

// A ring is a queue of values, first in first out. It grows to what it has to
// hold and then stays. The zero value is empty.
type ring[T any] struct {
	slots []T // their number is a power of two
	head  int
	count int
}

// at returns value i, counted from the oldest. It is valid until the next
// push.
func (r *ring[T]) at(i int) *T { return &r.slots[(r.head+i)&(len(r.slots)-1)] }

// push appends a value.
func (r *ring[T]) push(v T) { *r.extend() = v }

// extend appends whatever an unused slot holds, so that its buffers can be
// used again, and returns it.
func (r *ring[T]) extend() *T {
	if r.count == len(r.slots) {
		grown := make([]T, max(16, 2*len(r.slots)))
		for i := range r.count {
			grown[i] = *r.at(i)
		}
		r.slots, r.head = grown, 0
	}
	r.count++
	return r.at(r.count - 1)
}

// pop removes the oldest value, which stays in its slot until that is used
// again.
func (r *ring[T]) pop() *T {
	v := r.at(0)
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.count--
	return v
}
