package netcode

import (
	"math"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Small reliable messages ride again, before anyone knows that they were lost,
// in packets that leave anyway. docs/adr/0006-small-messages-ride-again.md has
// the reasons and the measurements.
const (
	// maxRiderBytes is the largest message that rides again. What is larger is
	// not urgent enough to pay for twice.
	maxRiderBytes = 256

	// maxRiders bounds how many messages are looked after at a time: a round
	// trip of 200 ms at 600 a second. Who sends more is not waiting for one.
	maxRiders = 128

	// maxPlanned is how many copies a message gets unasked.
	maxPlanned = 2

	// maxMissed is how many copies a missed message gets: at 60 packets a
	// second each way, eight intervals, which outlast all but one in ten
	// bursts of a mean of four packets.
	maxMissed = 16

	// maxCopyBytes is how many bytes of copies a packet carries at most.
	maxCopyBytes = 1000

	// lateShare is the share of messages that may wait for a retransmission,
	// by their own loss or by that of one before them: half of what would
	// show in the 99th percentile.
	lateShare = 0.005

	// firstGain makes messages get a first copy earlier than lateShare asks
	// for: a loss rate near 1 % is known from five losses only, and may be
	// half as much again.
	firstGain = 1.6

	// bunched is the mean length of bursts, in packets, from which on losses
	// are not taken for independent, and bunchedReach how many mean bursts
	// later a copy then rides: four of five bursts are over.
	bunched      = 1.5
	bunchedReach = 1.5

	// spareQueue is a queue too short to mean anything: it is within the
	// jitter of most paths.
	spareQueue = 5 * time.Millisecond

	// minInterval is the least time between packets that plans reckon with.
	minInterval = 100 * time.Microsecond
)

// A rider is a small reliable message on its way that may ride again.
type rider struct {
	segment uint64
	first   uint64 // packet that carried it first, since it was last lost
	attempt uint64 // packet from which on it is missed badly
	due     uint64 // packet in which the next planned copy rides
	newest  uint64 // packet that carried it last
	channel uint8
	planned uint8 // copies left
	missed  uint8 // copies made because it was missed
}

// redundancy decides which messages of a connection ride again. The zero value
// is ready to use; it takes no memory until something is lost.
type redundancy struct {
	riders   []rider
	owed     float64       // copies beyond whole ones: messages take turns
	interval time.Duration // mean time between packets
	last     time.Time     // the newest packet
	next     int           // rider to ask next, and
	room     int           // bytes left for copies, in the packet being filled
	hurry    bool          // a packet should leave for what is missed
}

// add takes notice of a segment that is sent in packet number, for the first
// time or because it was lost.
func (r *redundancy) add(out *ack.Sender, f *wire.Frame, number uint64) {
	if f.Kind != wire.FrameWhole || len(f.Data) > maxRiderBytes || out.Losses.Rate() == 0 {
		return
	}
	look := r.outlook(out)
	spacing := look.spacing()
	fresh := rider{segment: f.Number, first: number, attempt: number, newest: number, due: number + spacing, channel: f.Channel}
	for i := range r.riders {
		if v := &r.riders[i]; v.channel == f.Channel && v.segment == f.Number {
			fresh.planned = 1 // it was lost, and is waited for
			*v = fresh
			return
		}
	}
	if len(r.riders) == maxRiders {
		return
	}
	r.owed += look.copies(spacing)
	fresh.planned = uint8(r.owed)
	r.owed -= float64(fresh.planned)
	r.riders = append(r.riders, fresh)
}

// missAfter returns how long after the sending of a packet an ack that does
// not tell of it raises suspicion. Suspicion makes a copy, not a loss, so it
// is faster than the verdict of RTT.LossDelay.
func missAfter(rtt *ack.RTT) time.Duration {
	return rtt.Smoothed + max(rtt.Variance*3/2, time.Millisecond)
}

// An outlook is what is known of a path when copies are planned.
type outlook struct {
	rate, burst float64       // of losses: the share of packets, the mean run
	roundTrip   time.Duration // zero if unknown
	missAfter   time.Duration // sending to suspicion
	interval    time.Duration // mean time between packets; zero if unknown
}

func (r *redundancy) outlook(out *ack.Sender) outlook {
	return outlook{out.Losses.Rate(), out.Losses.Burst(), out.RTT.Smoothed, missAfter(&out.RTT), r.interval}
}

// spacing is how many packets after another a copy rides. What rides in the
// same burst of losses is lost with it; what rides when the message would be
// missed anyway is too late.
func (o outlook) spacing() uint64 {
	if o.burst < bunched {
		return 1
	}
	reach := math.Ceil(bunchedReach * o.burst)
	if o.interval > 0 {
		reach = min(reach, float64(o.missAfter/o.interval))
	}
	return uint64(max(1, reach))
}

// copies is how many copies a message should get on average, so that no more
// than lateShare of all wait for a retransmission.
func (o outlook) copies(spacing uint64) (n float64) {
	if o.interval == 0 || o.roundTrip == 0 {
		return 0
	}
	useful := int(o.missAfter / (time.Duration(spacing) * o.interval))
	// Who waits for a retransmission makes those behind it wait too: a
	// third of a round trip's, as the others still come in time.
	waiting := 1 + float64(0.35*float64(o.roundTrip)/float64(o.interval))
	target := lateShare / min(waiting, maxRiders)
	// A packet is lost after a lost one because its burst goes on (Gilbert's
	// model of two states), or for a reason of its own.
	again := 1.0
	for range spacing {
		again *= max(0, 1-1/(o.burst*(1-o.rate)))
	}
	again = o.rate + float64((1-o.rate)*again)
	for left := o.rate; int(n) < min(useful, maxPlanned) && left > target; n++ {
		next := float64(left * again)
		if next < target {
			part := (left - target) / (left - next)
			if n == 0 {
				part *= firstGain
			}
			return n + min(part, 1)
		}
		left = next
	}
	return n
}

// begin prepares for a packet that leaves at now. Nothing rides without spare
// room on the path.
func (r *redundancy) begin(out *ack.Sender, now time.Time, spare bool) {
	if !r.last.IsZero() {
		gap := min(now.Sub(r.last), out.RTT.LossDelay())
		r.interval = max(r.interval+(gap-r.interval)/8, minInterval)
	}
	r.last, r.next, r.room, r.hurry = now, 0, maxCopyBytes, false
	if !spare {
		r.next = len(r.riders)
	}
}

// nextCopy fills in the next copy that rides in packet number, which leaves at
// now, if there is one that fits in room bytes.
func (c *Conn) nextCopy(now time.Time, room int, number uint64, f *wire.Frame) bool {
	r := &c.ride
	for r.next < len(r.riders) {
		v := &r.riders[r.next]
		due := v.planned > 0 && number >= v.due
		if v.first == number || !due && !(v.missedBy(&c.out, v.first) && v.mayRide(&c.out, now)) {
			r.next++
			continue
		}
		ok, done := c.channels[v.channel].outgoing.Urge(c.clock(now), v.segment, min(room, r.room), number, f)
		if done {
			r.riders = slices.Delete(r.riders, r.next, r.next+1)
			continue
		}
		r.next++
		if !ok {
			continue
		}
		r.room -= wire.FrameLen(f, false)
		v.newest = number
		if !due {
			v.missed++
			return true
		}
		v.planned--
		spacing := r.outlook(&c.out).spacing()
		if v.due = number + spacing; spacing == 1 {
			v.attempt = number // one attempt in several packets
		}
		return true
	}
	return false
}

// missedBy reports whether an ack came that should have told of a packet, and
// more copies may be made of what it carried.
func (v *rider) missedBy(out *ack.Sender, packet uint64) bool {
	p := out.At(packet)
	return v.missed < maxMissed && (p == nil || out.LastAck().Sub(out.SentAt(p)) >= missAfter(&out.RTT))
}

// mayRide reports whether enough time passed since a missed message rode last
// that maxMissed copies outlast a round trip, however often packets leave.
func (v *rider) mayRide(out *ack.Sender, now time.Time) bool {
	p := out.At(v.newest)
	return p == nil || now.Sub(out.SentAt(p)) >= out.RTT.Smoothed/maxMissed
}

// checkMissed makes a packet leave at once if the ack that just came should
// have told of a message and did not.
func (c *Conn) checkMissed(now time.Time) {
	r := &c.ride
	r.riders = slices.DeleteFunc(r.riders, func(v rider) bool {
		_, done := c.channels[v.channel].outgoing.Urge(c.clock(now), v.segment, 0, 0, &c.core.frame[0])
		return done
	})
	r.hurry = slices.ContainsFunc(r.riders, func(v rider) bool {
		return v.missedBy(&c.out, v.attempt) && v.mayRide(&c.out, now)
	})
}

// spare reports whether the path has room for what may be of no use: less than
// half a window is in flight, or no queue stands although a download fills the
// window, which then yields to the copies. Where neither holds, packets may be
// lost because there are too many.
func (c *Conn) spare() bool {
	return 2*c.out.Flight <= c.control.Window() || c.control.Queue() <= max(c.out.RTT.Min/8, spareQueue)
}

// inHurry reports whether a packet should leave for the sake of what is missed.
func (c *Conn) inHurry() bool { return c.ride.hurry && c.spare() }
