package snapshot

import (
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// shooterAges are how many ticks a baseline is old when its acknowledgement
// is back: at 60 Hz 1 tick on a LAN, 6 at 100 ms, 12 at 200 ms of round trip.
var shooterAges = []struct {
	name string
	age  engine.Tick
}{{"age=1", 1}, {"age=6", 6}, {"age=12", 12}, {"full", 0}}

// shooterRun plays a match of 256 ticks into a ring.
func shooterRun(t testing.TB) (shooter, *Ring) {
	g := newShooter(t)
	rng := rand.New(rand.NewPCG(1, 2))
	w, ring := g.schema.NewWorld(), NewRing(g.schema, 256)
	g.fill(w, rng, 32)
	for range 256 {
		g.step(w, rng)
		ring.Slot(w.Tick()).Capture(w)
	}
	return g, ring
}

func BenchmarkCapture(b *testing.B) {
	g := newShooter(b)
	w := g.schema.NewWorld()
	g.fill(w, rand.New(rand.NewPCG(1, 2)), 32)
	w.Quantise()
	q := New(g.schema)
	b.ReportAllocs()
	for b.Loop() {
		q.Capture(w)
	}
}

func BenchmarkHash(b *testing.B) {
	_, ring := shooterRun(b)
	q := ring.At(200)
	for b.Loop() {
		q.Hash()
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, test := range shooterAges {
		b.Run(test.name, func(b *testing.B) {
			g, ring := shooterRun(b)
			codec := NewCodec(g.schema)
			buf, size, n := make([]byte, 0, 4096), 0, engine.Tick(0)
			b.ReportAllocs()
			for b.Loop() {
				tick := 20 + n%200
				var base *Snapshot
				if test.age > 0 {
					base = ring.At(tick - test.age)
				}
				size += len(codec.Append(buf, ring.At(tick), base))
				n++
			}
			b.ReportMetric(float64(size)/float64(n), "B/snapshot")
		})
	}
}

func BenchmarkAppendIdle(b *testing.B) {
	g, ring := shooterRun(b)
	w := g.schema.NewWorld()
	ring.At(200).Restore(w)
	w.SetTick(201)
	cur := New(g.schema)
	cur.Capture(w)
	codec, buf, size := NewCodec(g.schema), make([]byte, 0, 4096), 0
	b.ReportAllocs()
	for b.Loop() {
		size = len(codec.Append(buf, cur, ring.At(200)))
	}
	b.ReportMetric(float64(size), "B/snapshot")
}

func BenchmarkDecode(b *testing.B) {
	for _, test := range shooterAges {
		b.Run(test.name, func(b *testing.B) {
			g, ring := shooterRun(b)
			codec := NewCodec(g.schema)
			var base *Snapshot
			if test.age > 0 {
				base = ring.At(200 - test.age)
			}
			data := codec.Append(nil, ring.At(200), base)
			dst := New(g.schema)
			b.ReportAllocs()
			for b.Loop() {
				if err := codec.Decode(dst, ring.At, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
