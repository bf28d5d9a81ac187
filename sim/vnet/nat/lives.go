package nat

// lives says which slots of a table are in use, and which has died of age.
// There are two lifetimes: one until a slot was answered and one after, and a
// list for each, in which slots stand in the order in which they die.
type lives struct {
	lifetime [2]int64 // nanoseconds, by whether it was answered
	lists    [2]list
	slots    []life
	spare    []int32
	count    int
}

type list struct{ first, last int32 }

type life struct {
	expires    int64 // dead from then on
	prev, next int32
	list       uint8
	answered   bool
}

const nobody = -1

func newLives(first, lifetime int64) lives {
	return lives{lifetime: [2]int64{first, lifetime}, lists: [2]list{{nobody, nobody}, {nobody, nobody}}}
}

// add begins a life and returns its slot, the lowest number that was never in
// use or one that is free.
func (l *lives) add(now int64) (slot int32) {
	if k := len(l.spare); k > 0 {
		slot = l.spare[k-1]
		l.spare = l.spare[:k-1]
		l.slots[slot] = life{}
	} else {
		slot = int32(len(l.slots))
		l.slots = append(l.slots, life{})
	}
	l.count++
	l.append(slot, now)
	return slot
}

// renew begins a life again.
func (l *lives) renew(slot int32, now int64) {
	l.unlink(slot)
	l.append(slot, now)
}

// answer makes the lifetimes of a slot that begin from now on the second one.
func (l *lives) answer(slot int32) { l.slots[slot].answered = true }

// remove ends a life.
func (l *lives) remove(slot int32) {
	l.unlink(slot)
	l.spare = append(l.spare, slot)
	l.count--
}

// dead returns a slot whose lifetime is over, if there is one.
func (l *lives) dead(now int64) (slot int32, ok bool) {
	for _, list := range &l.lists {
		if list.first != nobody && l.slots[list.first].expires <= now {
			return list.first, true
		}
	}
	return 0, false
}

// oldest returns the slot that dies next; of those that were never answered,
// if there are any. There must be one.
func (l *lives) oldest() int32 {
	if first := l.lists[0].first; first != nobody {
		return first
	}
	return l.lists[1].first
}

func (l *lives) append(slot int32, now int64) {
	s := &l.slots[slot]
	s.list = 0
	if s.answered {
		s.list = 1
	}
	s.expires = now + l.lifetime[s.list]
	list := &l.lists[s.list]
	s.prev, s.next = list.last, nobody
	if list.last != nobody {
		l.slots[list.last].next = slot
	} else {
		list.first = slot
	}
	list.last = slot
}

func (l *lives) unlink(slot int32) {
	s := &l.slots[slot]
	list := &l.lists[s.list]
	if s.prev != nobody {
		l.slots[s.prev].next = s.next
	} else {
		list.first = s.next
	}
	if s.next != nobody {
		l.slots[s.next].prev = s.prev
	} else {
		list.last = s.prev
	}
}
