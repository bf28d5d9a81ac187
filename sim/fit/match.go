package fit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/reckon-engine/reckon/sim/capture"
)

// mostAge is how long a datagram can be under way: what has the payload of an
// older one is another one.
const mostAge = 30_000_000_000 // ns

// A pairing is two taps and what both have.
type pairing struct {
	near, far *tap
	forward   map[int32]bool // flows of near that leave it, and
	back      map[int32]bool // that arrive there
	farOf     map[int32]int32
}

// pairOf finds the flows that both taps have, and which way they go. The same
// clock tells by what is first; of two clocks, the flow that seems to take
// longer is the one towards the clock that is ahead, so that of two that
// answer each other it is the one that leaves. A capture may say itself.
func pairOf(near, far *tap, sameClock bool) *pairing {
	type meeting struct{ near, far int32 }
	first := map[uint64]*record{}
	for i := range near.records {
		if rec := &near.records[i]; first[rec.hash] == nil {
			first[rec.hash] = rec
		}
	}
	differences := map[meeting][]int64{}
	says := map[meeting]int{}
	for i := range far.records {
		there := &far.records[i]
		here := first[there.hash]
		if here == nil {
			continue
		}
		m := meeting{here.flow, there.flow}
		differences[m] = append(differences[m], there.time-here.time)
		says[m] += leaving(here.direction) - leaving(there.direction)
	}
	p := &pairing{near: near, far: far, forward: map[int32]bool{}, back: map[int32]bool{}, farOf: map[int32]int32{}}
	var met []meeting
	for m := range differences {
		met = append(met, m)
	}
	slices.SortFunc(met, func(a, b meeting) int {
		return cmp.Or(cmp.Compare(len(differences[b]), len(differences[a])), cmp.Compare(a.near, b.near), cmp.Compare(a.far, b.far))
	})
	middles := map[int32]int64{} // by flow of near
	for _, m := range met {
		if _, taken := p.farOf[m.near]; !taken {
			p.farOf[m.near] = m.far
			middles[m.near] = median(differences[m])
		}
	}
	for _, m := range met {
		if p.farOf[m.near] != m.far {
			continue
		}
		leaves := true
		answer, answered := near.index[flow{near.flows[m.near].to, near.flows[m.near].from}]
		other, known := middles[answer]
		switch {
		case says[m] != 0:
			leaves = says[m] > 0
		case sameClock:
			leaves = middles[m.near] >= 0
		case answered && known:
			leaves = middles[m.near] >= other
		}
		if leaves {
			p.forward[m.near] = true
		} else {
			p.back[m.near] = true
		}
	}
	return p
}

func leaving(d capture.Direction) int {
	switch d {
	case capture.Outbound:
		return 1
	case capture.Inbound:
		return -1
	}
	return 0
}

// directions returns what left the near tap, and what arrived there.
func (p *pairing) directions(counts *Counts) (forward, back *Direction) {
	farForward, farBack := map[int32]bool{}, map[int32]bool{}
	for here, there := range p.farOf {
		if p.forward[here] {
			farForward[there] = true
		} else {
			farBack[there] = true
		}
	}
	counts.Ignored += p.near.without(p.forward, p.back) + p.far.without(farForward, farBack)
	forward = match(p.near.of(p.forward), p.far.of(farForward))
	back = match(p.far.of(farBack), p.near.of(p.back))
	forward.Name = p.near.name + " → " + p.far.name
	back.Name = p.far.name + " → " + p.near.name
	forward.Overhead, back.Overhead = p.near.overhead(p.forward), p.near.overhead(p.back)
	return forward, back
}

// of returns the records of some flows in order of time.
func (t *tap) of(flows map[int32]bool) []record {
	var some []record
	for i := range t.records {
		if flows[t.records[i].flow] {
			some = append(some, t.records[i])
		}
	}
	slices.SortStableFunc(some, func(a, b record) int { return cmp.Compare(a.time, b.time) })
	return some
}

func (t *tap) without(a, b map[int32]bool) (n uint64) {
	for i := range t.records {
		if f := t.records[i].flow; !a[f] && !b[f] {
			n++
		}
	}
	return n
}

// overhead is that of most flows.
func (t *tap) overhead(flows map[int32]bool) int {
	four, six := 0, 0
	for f := range flows {
		if t.flows[f].from.Addr().Is4() {
			four++
		} else {
			six++
		}
	}
	if six > four {
		return udp6Overhead
	}
	return udpOverhead
}

// match finds for each datagram that was sent whether it arrived: by the hash
// of its payload, and of equal ones in the order of sending.
func match(sent, arrived []record) *Direction {
	d := &Direction{Datagrams: make([]Datagram, len(sent))}
	waiting := make(map[uint64][]int32, len(sent))
	offset := offsetOf(sent, arrived)
	for i := range sent {
		d.Datagrams[i] = Datagram{Sent: sent[i].time, Size: int(sent[i].size), Lost: true}
		queue := waiting[sent[i].hash]
		d.Ambiguous += bit(len(queue) > 0)
		waiting[sent[i].hash] = append(queue, int32(i))
	}
	latest := map[uint64]int32{}
	var strays []record
	for i := range arrived {
		a := &arrived[i]
		queue := waiting[a.hash]
		for len(queue) > 0 && a.time-offset-sent[queue[0]].time > mostAge {
			queue = queue[1:]
		}
		if len(queue) > 0 && sent[queue[0]].time-(a.time-offset) <= mostAge {
			x := &d.Datagrams[queue[0]]
			x.Lost, x.Arrived = false, a.time
			latest[a.hash] = queue[0]
			waiting[a.hash] = queue[1:]
			continue
		}
		if before, ok := latest[a.hash]; ok {
			d.Datagrams[before].Copies++
			continue
		}
		strays = append(strays, *a)
	}
	d.Strays = len(strays) - d.damaged(sent, strays, offset)
	return d
}

// offsetOf is about how far the clocks are apart: the median difference of
// equal payloads.
func offsetOf(sent, arrived []record) int64 {
	first := make(map[uint64]int64, len(sent))
	for i := range sent {
		if _, ok := first[sent[i].hash]; !ok {
			first[sent[i].hash] = sent[i].time
		}
	}
	var differences []int64
	for i := range arrived {
		if at, ok := first[arrived[i].hash]; ok {
			differences = append(differences, arrived[i].time-at)
		}
	}
	return median(differences)
}

// damaged finds among lost datagrams those that arrived with other bytes: of
// the same size and with two quarters alike. It returns how many arrivals that
// explains.
func (d *Direction) damaged(sent, strays []record, offset int64) int {
	if len(strays) == 0 {
		return 0
	}
	type part struct {
		size    int32
		at      int8
		quarter uint16
	}
	lost := map[part][]int32{}
	for i := range sent {
		if d.Datagrams[i].Lost {
			for at, quarter := range sent[i].quarters {
				key := part{sent[i].size, int8(at), quarter}
				lost[key] = append(lost[key], int32(i))
			}
		}
	}
	explained := 0
	for i := range strays {
		a := &strays[i]
		alike := map[int32]int{}
		best := int32(-1)
		for at, quarter := range a.quarters {
			for _, j := range lost[part{a.size, int8(at), quarter}][:min(64, len(lost[part{a.size, int8(at), quarter}]))] {
				age := a.time - offset - sent[j].time
				if alike[j]++; alike[j] >= 2 && age < mostAge && age > -mostAge && (best < 0 || alike[j] > alike[best]) {
					best = j
				}
			}
		}
		if best < 0 {
			continue
		}
		explained++
		x := &d.Datagrams[best]
		if !x.Lost {
			x.Copies++ // a copy of the damaged one
			continue
		}
		x.Lost, x.Arrived, x.Corrupted = false, a.time, true
	}
	return explained
}

// pair chooses the two taps that have most in common, of one file; names, if
// given, choose.
func pair(taps []*tap, names [2]string) (near, far *tap, err error) {
	var labels []string
	most := 0
	for i, a := range taps {
		labels = append(labels, a.name)
		hashes := make(map[uint64]bool, len(a.records))
		for j := range a.records {
			hashes[a.records[j].hash] = true
		}
		for _, b := range taps[i+1:] {
			if !named(names, a.name, b.name) {
				continue
			}
			common := 0
			for j := range b.records {
				common += bit(hashes[b.records[j].hash])
			}
			if common > most {
				most, near, far = common, a, b
			}
		}
	}
	if most == 0 {
		return nil, nil, fmt.Errorf("want two sides of the same traffic: two captures, or one with two interfaces that have the same datagrams; here are %s", describe(labels))
	}
	if near.name == "server" && names[0] == "" || near.name == names[1] && names[0] != "" {
		near, far = far, near
	}
	return near, far, nil
}

func named(names [2]string, a, b string) bool {
	return names[0] == "" || names == [2]string{a, b} || names == [2]string{b, a}
}

func describe(labels []string) string {
	switch len(labels) {
	case 0:
		return "no UDP datagrams"
	case 1:
		return fmt.Sprintf("only datagrams of %s", labels[0])
	}
	return fmt.Sprintf("datagrams of %q", labels)
}
