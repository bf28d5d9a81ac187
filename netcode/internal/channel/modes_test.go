package channel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A lossyLink carries the frames of one channel in packets of one flush each,
// loses and delays them by chance, and tells of acks and losses late.
type lossyLink struct {
	r      *rand.Rand
	flying []flyingPacket
	next   uint64
}

type flyingPacket struct {
	number  uint64
	frames  []wire.Frame
	numbers []uint64
}

type sends interface {
	Next(now time.Duration, room int, packet uint64, f *wire.Frame) (uint64, bool)
	Acked(number uint64)
	Lost(number, packet uint64)
}

// step sends a packet and lets others arrive, or not.
func (l *lossyLink) step(now time.Duration, from sends, to func(packet uint64, f *wire.Frame)) {
	p := flyingPacket{number: l.next}
	for room := wire.MaxDatagram; ; {
		var f wire.Frame
		n, ok := from.Next(now, room, l.next, &f)
		if !ok {
			break
		}
		room -= wire.FrameLen(&f, false)
		f.Data = bytes.Clone(f.Data)
		f.Number &= 0xffff
		p.frames, p.numbers = append(p.frames, f), append(p.numbers, n)
	}
	if l.next++; len(p.frames) > 0 {
		l.flying = append(l.flying, p)
	}
	for i := 0; i < len(l.flying); i++ {
		if l.r.IntN(4) > 0 {
			continue
		}
		p := l.flying[i]
		l.flying = append(l.flying[:i], l.flying[i+1:]...)
		arrives := l.r.IntN(5) > 0
		for i := range p.frames {
			if arrives {
				to(p.number, &p.frames[i])
				if l.r.IntN(10) > 0 {
					from.Acked(p.numbers[i])
					continue
				}
			}
			from.Lost(p.numbers[i], p.number)
		}
	}
}

// TestUnorderedPair sends messages, of which some have a lifetime, through a
// link: each arrives whole and at most once, those without a lifetime always,
// and the fates that are told are true.
func TestUnorderedPair(t *testing.T) {
	for seed := range uint64(40) {
		l := &lossyLink{r: rand.New(rand.NewPCG(seed, 7))}
		const from = 65_500 // the numbers' two bytes go round
		out := Outgoing{Channel: 1, WindowBytes: 40_000, oldest: from, unsent: from, next: from}
		in := Incoming{MaxMessage: 20_000, WindowBytes: 40_000, Unordered: true, next: from}
		var q Queue
		got, fates := map[uint64]bool{}, map[uint64]bool{}
		sent, lasting, overtook, newest := uint64(0), 0, false, uint64(0)
		for step := 0; sent < 400 || !out.Idle(); step++ {
			now := time.Duration(step)
			if step > 200_000 {
				t.Fatalf("seed %d: %d of %d arrived", seed, len(got), sent)
			}
			terms := Terms{Notify: sent + 1}
			if sent%3 == 0 {
				terms.Deadline = now + time.Duration(1+l.r.IntN(20))
			}
			if sent < 400 && out.PushWith(signed(seed, sent), terms) {
				if sent++; terms.Deadline == 0 {
					lasting++
				}
			}
			l.step(now, &out, func(packet uint64, f *wire.Frame) {
				if err := in.Check(packet, f); err != nil {
					t.Fatalf("seed %d: %v of %+v", seed, err, f)
				}
				if err := in.Add(packet, f, &q); err != nil {
					t.Fatalf("seed %d: %v of %+v", seed, err, f)
				}
			})
			for m, ok := q.Pop(); ok; m, ok = q.Pop() {
				n := binary.LittleEndian.Uint64(m.Data)
				if n >= sent || got[n] || !bytes.Equal(m.Data, signed(seed, n)) {
					t.Fatalf("seed %d: a message of %d bytes came wrong or twice", seed, len(m.Data))
				}
				got[n] = true
				overtook = overtook || n < newest
				newest = max(newest, n)
			}
			for _, f := range out.Fates {
				if _, told := fates[f.ID]; told {
					t.Fatalf("seed %d: message %d has two fates", seed, f.ID)
				}
				fates[f.ID] = f.Delivered
			}
			out.Fates = out.Fates[:0]
		}
		for n := range sent {
			if delivered, told := fates[n+1]; !told || delivered && !got[n] || n%3 != 0 && !delivered {
				t.Errorf("seed %d: message %d: told %v, delivered %v, came %v", seed, n, told, delivered, got[n])
			}
		}
		if in.early.taken != 0 || in.within || out.Expired == 0 || !overtook || out.Delivered+out.Expired != sent {
			t.Errorf("seed %d: %d slots taken, %d expired, %d delivered of %d, overtook %v", seed, in.early.taken, out.Expired, out.Delivered, sent, overtook)
		}
	}
}

// signed returns message n, which says so itself.
func signed(seed, n uint64) []byte {
	m := message(n, 8+sizeOf(seed, n)%19_000)
	binary.LittleEndian.PutUint64(m, n)
	return m
}

// TestUnorderedAtOnce: a whole message, and one of several segments, do not
// wait for a gap before them.
func TestUnorderedAtOnce(t *testing.T) {
	in, q := &Incoming{MaxMessage: 5000, WindowBytes: 10_000, Unordered: true}, &Queue{}
	full := message(1, MaxSegment)
	for _, step := range []struct {
		f    *wire.Frame
		want int // bytes of the message that comes out, -1 for none
	}{
		{segmentFrame(wire.FrameWhole, 2, []byte("abc")), 3},
		{segmentFrame(wire.FrameWhole, 2, []byte("abc")), -1},
		{segmentFrame(wire.FrameLast, 5, []byte("z")), -1},
		{segmentFrame(wire.FrameFirst, 3, full), -1},
		{segmentFrame(wire.FrameMiddle, 4, full), 2*MaxSegment + 1},
		{segmentFrame(wire.FrameFirst, 6, full), -1},
		{segmentFrame(wire.FrameFirst, 0, full), -1},
		{segmentFrame(wire.FrameMiddle, 1, nil), -1}, // a skip: 0 and 1 are no message
		{segmentFrame(wire.FrameLast, 7, nil), MaxSegment},
	} {
		if err := in.Check(0, step.f); err != nil {
			t.Fatal(err)
		}
		if err := in.Add(0, step.f, q); err != nil {
			t.Fatal(err)
		}
		got := -1
		if m, ok := q.Pop(); ok {
			got = len(m.Data)
		}
		if got != step.want {
			t.Fatalf("segment %d: a message of %d bytes, want %d", step.f.Number, got, step.want)
		}
	}
	if in.next != 8 || in.early.taken != 0 || in.early.bytes != 0 {
		t.Errorf("next is %d, %d slots with %d bytes", in.next, in.early.taken, in.early.bytes)
	}
}

// TestValuesPair changes values at random over a link: no key goes back or
// says a thing twice, and in the end all are as they were set.
func TestValuesPair(t *testing.T) {
	for seed := range uint64(40) {
		l := &lossyLink{r: rand.New(rand.NewPCG(seed, 8))}
		const keys = 200
		out, in := Values{Channel: 1, MaxKeys: keys}, Latest{MaxKeys: keys, MaxValue: MaxValue}
		var q Queue
		var set, got [keys]uint64
		for step := 0; step < 3000 || !out.Idle(); step++ {
			if step < 3000 {
				key := l.r.IntN(keys) * l.r.IntN(keys) / keys
				set[key]++
				data := append(binary.LittleEndian.AppendUint64(nil, set[key]), make([]byte, l.r.IntN(40))...)
				if _, ok := out.Push(uint16(key), data, Terms{Notify: 1}); !ok {
					t.Fatal("Push refuses")
				}
			}
			if step > 100_000 {
				t.Fatal("not idle")
			}
			l.step(time.Duration(step), &out, func(packet uint64, f *wire.Frame) {
				if err := in.Check(f); err != nil {
					t.Fatal(err)
				}
				in.Add(packet, f, &q)
			})
			for m, ok := q.Pop(); ok; m, ok = q.Pop() {
				if n := binary.LittleEndian.Uint64(m.Data); n <= got[m.Key] {
					t.Fatalf("seed %d: value %d of key %d after %d", seed, n, m.Key, got[m.Key])
				} else {
					got[m.Key] = n
				}
			}
		}
		if got != set {
			t.Errorf("seed %d: values differ in the end", seed)
		}
		if total := out.Delivered + out.Superseded; total != 3000 || len(out.Fates) != 3000 || out.bytes != 0 || out.waiting != 0 {
			t.Errorf("seed %d: %d delivered, %d replaced, %d fates, %d bytes held", seed, out.Delivered, out.Superseded, len(out.Fates), out.bytes)
		}
	}
}

// TestValuesVersions: two bytes tell versions apart, all the way round.
func TestValuesVersions(t *testing.T) {
	out, in, q := Values{MaxKeys: 1}, Latest{MaxKeys: 1, MaxValue: 8}, Queue{}
	var f wire.Frame
	acked, refused := uint64(0), 0
	for i := range uint64(200_000) {
		if _, ok := out.Push(0, nil, Terms{}); !ok {
			refused++
			out.Acked(acked)
			continue
		}
		n, ok := out.Next(0, 100, i, &f)
		if !ok {
			t.Fatal("nothing to send")
		}
		if i%30_000 == 0 { // the others are lost
			acked = n
			in.Add(i, &f, &q)
		}
	}
	if q.Len() != 7 || refused == 0 {
		t.Errorf("%d of 7 values arrived, %d were refused", q.Len(), refused)
	}
}

// TestValueLifetime: what is not acknowledged in time is not sent again.
func TestValueLifetime(t *testing.T) {
	out := Values{MaxKeys: 4}
	var f wire.Frame
	out.Push(3, []byte("x"), Terms{Notify: 9, Deadline: 100})
	n, _ := out.Next(50, 100, 1, &f)
	out.Lost(n, 1)
	if _, ok := out.Next(100, 100, 2, &f); ok || out.Expired != 1 || !out.Idle() || fmt.Sprint(out.Fates) != "[{9 false}]" {
		t.Errorf("sent again: %v; %d expired, fates %v", ok, out.Expired, out.Fates)
	}
}

func TestLatestViolations(t *testing.T) {
	for _, test := range []struct {
		kind wire.FrameKind
		data string
	}{
		{wire.FrameWhole, "\x00\x00\x00"},
		{wire.FrameMessage, ""},
		{wire.FrameMessage, "\x00\x00"},
		{wire.FrameMessage, "\x81\x00\x00"},
		{wire.FrameMessage, "\x80\x01\x00\x00"}, // fits in one byte
		{wire.FrameMessage, "\x82\x58\x00\x00"}, // key 600
		{wire.FrameMessage, "\x00\x00\x00123456789"},
	} {
		l := Latest{MaxKeys: 600, MaxValue: 8}
		if err := l.Check(&wire.Frame{Kind: test.kind, Data: []byte(test.data)}); err != ErrViolation {
			t.Errorf("%x: %v", test.data, err)
		}
	}
}

// FuzzLatest feeds a receiver of values what a peer could send: memory stays
// within the keys, and what is accepted is what a sender makes.
func FuzzLatest(f *testing.F) {
	f.Add([]byte("\x05\x01\x00hello"))
	f.Add([]byte("\x82\x57\x01\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, q := Latest{MaxKeys: 600, MaxValue: 100}, Queue{}
		frame := &wire.Frame{Kind: wire.FrameMessage, Data: data}
		if l.Check(frame) != nil {
			return
		}
		l.Add(7, frame, &q)
		l.Add(8, frame, &q)
		m, _ := q.Pop()
		if q.Len() != 0 || len(l.known) > 600 {
			t.Fatalf("%d messages wait, %d keys", q.Len(), len(l.known))
		}
		out := appendKey(nil, m.Key)
		out = append(binary.LittleEndian.AppendUint16(out, l.known[m.Key].version), m.Data...)
		if !bytes.Equal(out, data) {
			t.Fatalf("%x re-encodes as %x", data, out)
		}
	})
}

// FuzzIncoming feeds receivers of segments scripts of kinds, numbers and
// sizes: nothing panics, and memory stays bounded.
func FuzzIncoming(f *testing.F) {
	f.Add(false, []byte{3, 0, 0, 4, 1, 0, 6, 3, 0})
	f.Add(true, []byte{4, 2, 0, 5, 3, 0, 6, 4, 1, 5, 0, 2, 3, 1, 1, 3, 200, 9})
	f.Fuzz(func(t *testing.T, unordered bool, script []byte) {
		in, q := &Incoming{MaxMessage: 5000, WindowBytes: 10_000, Unordered: unordered}, &Queue{}
		for packet := uint64(0); len(script) >= 3; packet, script = packet+1, script[3:] {
			size := int(script[2])
			if kind := wire.FrameKind(script[0] % 8); kind == wire.FrameFirst || kind == wire.FrameMiddle && size != 2 {
				size = MaxSegment
			} else if kind == wire.FrameMiddle {
				size = 0
			}
			number := in.next + uint64(script[1]%64)<<(script[0]>>6*3) - uint64(script[1]>>6)
			frame := segmentFrame(wire.FrameKind(script[0]%8), number, make([]byte, size))
			if in.Check(packet, frame) != nil {
				continue
			}
			if in.Add(packet, frame, q) != nil {
				return
			}
			for m, ok := q.Pop(); ok; m, ok = q.Pop() {
				if len(m.Data) > in.MaxMessage {
					t.Fatalf("a message of %d bytes", len(m.Data))
				}
			}
			s := &in.early
			if s.bytes < 0 || s.taken < 0 || s.bytes > in.WindowBytes+MaxSegment || len(s.ring) > Window || s.capacity > 3*s.bytes+2*keptBytes {
				t.Fatalf("%d bytes in %d, %d of %d slots", s.bytes, s.capacity, s.taken, len(s.ring))
			}
		}
	})
}
