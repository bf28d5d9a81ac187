package ack

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// An errand is a sender of many packets over a path of fixed round trip, and
// a receiver that acknowledges on its own clock.
type errand struct {
	interval     time.Duration // between packets
	rtt          time.Duration
	ackInterval  time.Duration // MaxAckDelay, or when the receiver says anything
	slow         bool          // it is the latter
	loss, noAcks float64       // of packets, of acks
	packets      int
}

type result struct {
	late    time.Duration // from sending a lost packet to knowing, at most
	mean    time.Duration
	false_  int // given up and had arrived
	untold  int // lost and never given up
	acks    int
	ackLens int
}

func (e errand) run(t *testing.T, seed uint64) (res result) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var out Sender
	var in Receiver
	type mail struct {
		at      time.Time
		number  uint64
		ack     []byte
		form    wire.AckForm
		confirm uint64 // of acks, on their way with data
	}
	var there, back []mail
	lost, given := map[uint64]time.Time{}, map[uint64]bool{}
	var sum time.Duration
	acknowledged := uint64(0) // newest of the acks that arrived
	giveUp := func(now time.Time) {
		for _, n := range out.Lost {
			sent, ok := lost[n]
			if !ok {
				res.false_++
				continue
			}
			given[n] = true
			if sum += now.Sub(sent); sent.Sub(epoch) > time.Second { // the deviation of the round trip is known
				res.late = max(res.late, now.Sub(sent))
			}
		}
		out.Lost = out.Lost[:0]
	}
	end := epoch.Add(time.Duration(e.packets)*e.interval + 4*e.rtt)
	nextSend, lastAck := epoch, epoch
	for now := epoch; now.Before(end); now = now.Add(100 * time.Microsecond) {
		if !now.Before(nextSend) && int(out.Next()) < e.packets {
			nextSend = nextSend.Add(e.interval)
			out.MakeRoom()
			giveUp(now)
			p := out.Add(now)
			p.Eliciting, p.Reliable = true, 1
			n := out.Commit(p)
			if r.Float64() < e.loss && int(n) < e.packets-100 {
				lost[n] = now
			} else {
				there = append(there, mail{at: now.Add(e.rtt / 2), number: n, confirm: acknowledged})
			}
		}
		for len(there) > 0 && !there[0].at.After(now) {
			in.Add(now, there[0].number, 3, true)
			if there[0].confirm > 0 {
				in.Confirm(there[0].confirm - 1)
			}
			there = there[1:]
		}
		due := in.Due(e.ackInterval)
		if e.slow && !due.IsZero() {
			due = lastAck.Add(e.ackInterval)
		}
		if !due.IsZero() && !now.Before(due) {
			var a wire.Ack
			in.Fill(now, wire.MaxAckLen, &a)
			in.Sent()
			lastAck = now
			res.acks++
			res.ackLens += wire.AckLen(&a)
			if r.Float64() >= e.noAcks {
				back = append(back, mail{at: now.Add(e.rtt / 2), ack: wire.AppendAck(nil, &a), form: a.Form(), number: a.Newest})
			}
		}
		for len(back) > 0 && !back[0].at.After(now) {
			var a wire.Ack
			if _, err := wire.ConsumeAck(back[0].ack, back[0].form, &a); err != nil || !take(&out, now, &a) {
				t.Fatalf("an honest ack: %v", err)
			}
			acknowledged = max(acknowledged, back[0].number+1)
			giveUp(now)
			back = back[1:]
		}
		if d := out.LossDeadline(); !d.IsZero() && !now.Before(d) {
			out.Lost = out.Lost[:0]
			out.DetectLoss(now)
			giveUp(now)
		}
	}
	res.untold = len(lost) - len(given)
	res.mean = sum / time.Duration(max(1, len(given)))
	return res
}

// TestOneRoundTrip: a loss is known one round trip after the packet was sent,
// and what the acks take: by a client that says something 10 times a second
// and hears 128 packets; and in a download of 5,000 packets a second over
// 280 ms with an ack each 25 ms at most, though a tenth of the acks get lost.
// Nothing that arrived is given up.
func TestOneRoundTrip(t *testing.T) {
	for _, test := range []struct {
		name string
		errand
		late time.Duration // at most, beyond 9/8 of the round trip
	}{
		{"10 and 128 a second", errand{interval: time.Second / 128, rtt: 80 * ms, ackInterval: 100 * ms, slow: true, loss: 0.05, packets: 5000}, 115 * ms},
		{"10 and 128 a second, acks get lost", errand{interval: time.Second / 128, rtt: 80 * ms, ackInterval: 100 * ms, slow: true, loss: 0.05, noAcks: 0.1, packets: 5000}, 350 * ms},
		{"5,000 a second", errand{interval: 200 * time.Microsecond, rtt: 280 * ms, ackInterval: 25 * ms, loss: 0.005, packets: 20_000}, 2 * ms},
		{"5,000 a second, acks get lost", errand{interval: 200 * time.Microsecond, rtt: 280 * ms, ackInterval: 25 * ms, loss: 0.005, noAcks: 0.1, packets: 20_000}, 60 * ms},
		{"5,000 a second, 5 %", errand{interval: 200 * time.Microsecond, rtt: 280 * ms, ackInterval: 25 * ms, loss: 0.05, noAcks: 0.1, packets: 20_000}, 60 * ms},
	} {
		for seed := range uint64(3) {
			res := test.run(t, seed)
			t.Logf("%s: known after %v on average, %v at most; %d false, %d acks of %d bytes", test.name, res.mean, res.late, res.false_, res.acks, res.ackLens/max(1, res.acks))
			if want := test.rtt*9/8 + test.late; res.late > want {
				t.Errorf("%s, seed %d: a loss is known after %v, want %v", test.name, seed, res.late, want)
			}
			if res.false_ > 0 || res.untold > 0 {
				t.Errorf("%s, seed %d: %d given up that arrived, %d lost that were not", test.name, seed, res.false_, res.untold)
			}
		}
	}
}
