package agenda

import (
	"math/rand/v2"
	"testing"
)

// The agenda against a plain list that is searched.
func TestAgendaAgainstASearch(t *testing.T) {
	const items = 40
	random := rand.New(rand.NewPCG(3, 4))
	var a Agenda
	var at [items]int64
	var order [items]uint64
	var in [items]bool
	next := uint64(0)
	for step := range 50_000 {
		item := random.IntN(items)
		if random.IntN(3) == 0 {
			a.Remove(item)
			in[item] = false
		} else {
			next++
			at[item], order[item], in[item] = int64(random.IntN(20)), next, true
			a.Set(item, at[item], order[item])
		}
		want, count := -1, 0
		for i := range items {
			if !in[i] {
				continue
			}
			count++
			if want < 0 || at[i] < at[want] || at[i] == at[want] && order[i] < order[want] {
				want = i
			}
		}
		got, when, ok := a.First()
		if ok != (want >= 0) || a.Len() != count || ok && (got != want || when != at[want]) {
			t.Fatalf("step %d: First() = %d at %d, %t, Len() = %d; want item %d of %d", step, got, when, ok, a.Len(), want, count)
		}
	}
	a.Remove(10_000) // never seen: nothing happens
}
