package channel

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/pack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// How channels move to another process. AppendState appends what the other end
// relies on and what the application was promised; ConsumeState, on a value
// that is configured and was never used, takes it. Counters begin anew. What is
// wrong makes the reader bad, and the value must not be used then.
//
// Before AppendState everything in flight must have been given up (Lost), so
// that nothing depends on packets that the new process knows nothing of.

const (
	maxNumber = 1<<62 - 1 // of packets, segments and messages
	maxClock  = 1<<62 - 1 // nanoseconds
)

func appendTerms(b []byte, t *Terms) []byte {
	return pack.Uint(pack.Uint(b, t.Notify), uint64(t.Deadline))
}

func consumeTerms(r *pack.Reader) Terms {
	return Terms{Notify: r.Uint(maxNumber), Deadline: time.Duration(r.Uint(maxClock))}
}

// AppendState appends what was not taken yet.
func (q *Queue) AppendState(b []byte) []byte {
	b = pack.Uint(b, uint64(len(q.entries)-q.head))
	for _, e := range q.entries[q.head:] {
		b = pack.Uint(b, uint64(e.channel))
		b = pack.Uint(b, uint64(e.key))
		b = pack.Uint(b, uint64(max(0, e.arrival)))
		b = pack.Bytes(b, q.data[e.start:][:e.size])
	}
	return b
}

// ConsumeState takes what AppendState appended, for as many channels.
func (q *Queue) ConsumeState(r *pack.Reader, channels int) {
	for range r.Count(len(r.Rest)) {
		channel, key := uint8(r.Uint(uint64(channels-1))), uint16(r.Uint(LimitKeys-1))
		q.Arrival = time.Duration(r.Uint(maxClock))
		q.PushKey(channel, key, r.Bytes(len(r.Rest)))
	}
}

// AppendState appends the messages that are not acknowledged.
func (o *Outgoing) AppendState(b []byte) []byte {
	b = pack.Uint(b, o.oldest)
	b = pack.Uint(b, o.next-o.oldest)
	for n := o.oldest; n < o.next; n++ {
		s := o.at(n)
		b = append(b, byte(s.kind), byte(s.state), s.flags)
		b = pack.Bytes(b, s.data)
	}
	held := o.watches.all[o.watches.head:]
	b = pack.Uint(b, uint64(len(held)))
	for i := range held {
		w := &held[i]
		b = appendTerms(b, &w.Terms)
		b = pack.Uint(b, w.first)
		b = pack.Uint(b, uint64(w.left))
		b = pack.Bool(b, w.skipped)
	}
	return b
}

// ConsumeState takes what AppendState appended.
func (o *Outgoing) ConsumeState(r *pack.Reader) {
	o.oldest = r.Uint(maxNumber)
	o.unsent, o.next = o.oldest, o.oldest
	count, ends := r.Count(maxSegments), 0
	for range count {
		head, data := r.Take(3), r.Bytes(MaxSegment)
		s := segment{kind: wire.FrameKind(head[0]), state: segmentState(head[1]), flags: head[2]}
		switch {
		case s.kind < wire.FrameWhole || s.kind > wire.FrameLast, s.state > segmentAcked, s.flags >= 8,
			o.memory.used+len(data) > o.WindowBytes, r.Bad:
			r.Fail()
			return
		case s.state == segmentSent:
			s.state = segmentLost // in a packet that nobody knows
		}
		if o.Segments() == len(o.segments) {
			o.growSegments()
		}
		if !o.memory.fits(len(data)) {
			o.growMemory(len(data))
		}
		s.data = o.memory.push(data)
		if *o.at(o.next) = s; s.state == segmentLost {
			o.next++
			o.insert(&o.lost, o.next-1)
		} else {
			o.next++
		}
		if s.flags&segmentWatched != 0 && (s.kind == wire.FrameWhole || s.kind == wire.FrameLast) {
			ends++
		}
	}
	for o.unsent < o.next && o.at(o.unsent).state != segmentQueued {
		o.unsent++
	}
	o.consumeWatches(r, ends)
}

// consumeWatches reads what is known of the watched messages, of which there
// must be as many as end in the segments, all of them covered.
func (o *Outgoing) consumeWatches(r *pack.Reader, ends int) {
	if r.Count(maxSegments) != ends {
		r.Fail()
	}
	for range ends {
		w := watch{Terms: consumeTerms(r), first: r.Uint(maxNumber), left: uint16(r.Uint(1<<16 - 1)), skipped: r.Bool()}
		if n := len(o.watches.all); n > 0 && w.first <= o.watches.all[n-1].first {
			r.Fail()
		}
		o.watches.all = append(o.watches.all, w)
	}
	for n := o.oldest; n < o.next && !r.Bad; n++ {
		if o.at(n).flags&segmentWatched != 0 && (ends == 0 || o.watches.all[0].first > n) {
			r.Fail()
		}
	}
}

// AppendState appends what has arrived.
func (in *Incoming) AppendState(b []byte) []byte {
	b = pack.Uint(pack.Uint(b, in.next), in.newest)
	for _, m := range in.marks {
		b = pack.Uint(pack.Uint(b, m.next), m.packet)
	}
	b = pack.Bool(pack.Bool(b, in.within), in.skipping)
	b = pack.Bytes(b, in.partial)
	b = pack.Uint(b, uint64(in.early.taken))
	for i := range uint64(len(in.early.ring)) {
		if s := in.early.at(in.next + i); s.state != slotEmpty {
			b = pack.Uint(b, i)
			b = append(b, byte(s.kind), byte(s.state))
			b = pack.Bytes(b, s.data)
		}
	}
	return b
}

// ConsumeState takes what AppendState appended.
func (in *Incoming) ConsumeState(r *pack.Reader) {
	in.next, in.newest = r.Uint(maxNumber), r.Uint(maxNumber)
	for i := range in.marks {
		in.marks[i] = mark{r.Uint(in.next), r.Uint(in.newest)}
	}
	in.within, in.skipping = r.Bool(), r.Bool()
	in.partial = append(in.partial, r.Bytes(in.MaxMessage)...)
	last := uint64(0) // the slot of next itself is empty
	for range r.Count(Window) {
		at, head := r.Uint(Window-1), r.Take(2)
		kind, state, data := wire.FrameKind(head[0]), slotState(head[1]), r.Bytes(MaxSegment)
		if r.Bad || at <= last || kind < wire.FrameWhole || kind > wire.FrameLast ||
			state != slotHeld && (state != slotDone || len(data) > 0) || in.early.bytes+len(data) > in.WindowBytes+MaxSegment {
			r.Fail()
			return
		}
		last = at
		in.early.grow(in.next, in.next+at)
		if in.early.put(in.next+at, kind, data); state == slotDone {
			in.early.finish(in.next + at)
		}
	}
}

// AppendState appends the newest value of every key, acknowledged or not.
func (v *Values) AppendState(b []byte) []byte {
	b = pack.Uint(b, uint64(len(v.values)))
	for i := range v.values {
		at := &v.values[i]
		b = pack.Bool(b, at.used)
		if !at.used {
			continue
		}
		b = pack.Uint(pack.Uint(b, uint64(at.version)), uint64(at.acked))
		b = pack.Bool(pack.Bool(b, at.flown), at.state != valueIdle)
		if at.state != valueIdle {
			b = appendTerms(b, &at.Terms)
			b = pack.Bytes(b, at.frame)
		}
	}
	return b
}

// ConsumeState takes what AppendState appended.
func (v *Values) ConsumeState(r *pack.Reader) {
	v.values = make([]value, r.Count(v.MaxKeys))
	for i := range v.values {
		at := &v.values[i]
		if at.used = r.Bool(); !at.used {
			continue
		}
		at.version, at.acked = uint16(r.Uint(1<<16-1)), uint16(r.Uint(1<<16-1))
		if at.flown = r.Bool(); !r.Bool() {
			continue
		}
		at.Terms = consumeTerms(r)
		at.frame = append(at.frame, r.Bytes(MaxSegment)...)
		if key, version, _, ok := consumeKey(at.frame); r.Bad || !ok || int(key) != i || version != at.version {
			r.Fail()
			return
		}
		v.bytes += len(at.frame)
		v.unacked++
		v.wait(uint16(i))
	}
}

// AppendState appends what is known of every key.
func (l *Latest) AppendState(b []byte) []byte {
	b = pack.Uint(b, uint64(len(l.known)))
	for _, k := range l.known {
		if b = pack.Bool(b, k.any); k.any {
			b = pack.Uint(pack.Uint(b, k.packet), uint64(k.version))
		}
	}
	return b
}

// ConsumeState takes what AppendState appended.
func (l *Latest) ConsumeState(r *pack.Reader) {
	l.known = make([]known, r.Count(l.MaxKeys))
	for i := range l.known {
		if r.Bool() {
			l.known[i] = known{r.Uint(maxNumber), uint16(r.Uint(1<<16 - 1)), true}
		}
	}
}

// AppendState appends the number of the next fragmented message. What waits is
// not part of it.
func (o *Outbox) AppendState(b []byte) []byte { return pack.Uint(b, uint64(o.number)) }

// ConsumeState takes what AppendState appended.
func (o *Outbox) ConsumeState(r *pack.Reader) { o.number = uint16(r.Uint(1<<16 - 1)) }

// AppendState appends what has arrived, incomplete messages included.
func (in *Inbound) AppendState(b []byte) []byte {
	b = pack.Uint(pack.Uint(pack.Uint(b, in.newestPacket), in.newestNumber), in.abandoned)
	live := 0
	for i := range in.partial {
		if in.partial[i].live {
			live++
		}
	}
	b = pack.Uint(b, uint64(live))
	for i := range in.partial {
		p := &in.partial[i]
		if !p.live {
			continue
		}
		b = pack.Uint(pack.Uint(b, p.number), p.packet)
		b = pack.Uint(pack.Uint(b, uint64(p.last)), uint64(p.missing))
		b = pack.Uint(b, uint64(p.size))
		b = pack.Bytes(b, p.data[:min(cap(p.data), (int(p.last)+1)*MaxSegment)])
	}
	return b
}

// ConsumeState takes what AppendState appended.
func (in *Inbound) ConsumeState(r *pack.Reader) {
	in.newestPacket, in.newestNumber, in.abandoned = r.Uint(maxNumber), r.Uint(maxNumber), r.Uint(maxNumber)
	for range r.Count(reassemblies) {
		p := reassembly{number: r.Uint(maxNumber), packet: r.Uint(maxNumber), live: true}
		p.last = uint8(r.Uint(31))
		all := uint64(1)<<(p.last+1) - 1
		p.missing, p.size = uint32(r.Uint(all)), int(r.Uint(uint64(in.MaxMessage)))
		data := r.Bytes((int(p.last) + 1) * MaxSegment)
		tail := p.missing>>p.last&1 != 0 // the last fragment, which knows the size
		if r.Bad || p.last == 0 || int(p.last)*MaxSegment >= in.MaxMessage || p.missing == 0 || tail != (p.size == 0) || p.size > len(data) {
			r.Fail()
			return
		}
		p.data = append(make([]byte, 0, (int(p.last)+1)*MaxSegment), data...)
		in.partial = append(in.partial, p)
	}
}
