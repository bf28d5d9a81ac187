package netcode

import (
	"math/rand/v2"
	"testing"
)

// TestConnTable: it holds what a map holds, whatever comes and goes.
func TestConnTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var table connTable
	want := map[uint64]*Conn{}
	check := func() {
		t.Helper()
		if table.len() != len(want) {
			t.Fatalf("it holds %d, want %d", table.len(), len(want))
		}
		for id, conn := range want {
			if got := table.of(id); got != conn {
				t.Fatalf("of(%#x) = %p, want %p", id, got, conn)
			}
		}
	}
	for round := range 200 {
		most := 1 + random.IntN(300)
		for range 300 {
			id := random.Uint64N(1 << 9) // they meet often
			switch conn := (&Conn{}); {
			case len(want) < most && random.IntN(3) > 0:
				table.put(id, conn)
				want[id] = conn
			default:
				table.remove(id)
				delete(want, id)
			}
			if id := random.Uint64N(1 << 9); table.of(id) != want[id] {
				t.Fatalf("round %d: of(%#x) = %p, want %p", round, id, table.of(id), want[id])
			}
		}
		check()
	}
	for id := range want {
		table.remove(id)
		delete(want, id)
		check()
	}
	if table.slots != nil {
		t.Errorf("empty, it has %d slots", len(table.slots))
	}
}

// BenchmarkConnTable finds each of 500 connections, beside a map.
func BenchmarkConnTable(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var table connTable
	m := map[uint64]*Conn{}
	var ids [512]uint64
	for i := range ids {
		ids[i] = random.Uint64N(1 << 24)
		table.put(ids[i], &Conn{})
		m[ids[i]] = &Conn{}
	}
	i := 0
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			if i++; table.of(ids[i%len(ids)]) == nil {
				b.Fatal("not there")
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			if i++; m[ids[i%len(ids)]] == nil {
				b.Fatal("not there")
			}
		}
	})
}
