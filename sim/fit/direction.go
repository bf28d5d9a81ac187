package fit

// A Datagram is what is known of one datagram.
type Datagram struct {
	Sent      int64 // nanoseconds
	Arrived   int64 // nanoseconds, by the same clock; 0 if Lost
	Size      int   // bytes of UDP payload
	Lost      bool
	Corrupted bool // it arrived with other bytes
	Copies    int  // how often it arrived besides
}

// A Direction is what went one way.
type Direction struct {
	Name      string     // "client → server"
	Datagrams []Datagram // in the order in which they were sent
	Strays    int        // arrived, and nobody sent them
	Ambiguous int        // had the payload of another one
	Overhead  int        // bytes of the IP and UDP headers of each

	// RoundTrips says that each datagram is one there and one back.
	RoundTrips bool

	// Clocks says what the times are worth.
	Clocks Clocks
}

// Clocks say what can be concluded from the times of a Direction.
type Clocks uint8

// What clocks can be.
const (
	Same    Clocks = iota // both times are by one clock: delays are absolute
	Halved                // two clocks: delays assume that the shortest are the same both ways
	Unknown               // two clocks: only differences of delays mean anything
)

// A flight is a datagram prepared for fitting.
type flight struct {
	*Datagram
	serial   int64 // the time the bottleneck took, queue included, if it is known
	level    int64 // what transit was at least, given what had arrived before
	tied     bool  // it arrived with the one before: transit is at most level
	late     bool  // it arrived after one that was sent later
	calm     bool  // the bottleneck was not saturated
	spike    bool  // it was delayed by a spike
	outage   bool  // it was lost in an outage
	position int
}

// transit is the delay behind the bottleneck.
func (f *flight) transit() int64 { return f.Arrived - f.Sent - f.serial }

// tieTolerance is how close arrivals are that count as at once: two steps of
// a clock of microseconds.
const tieTolerance = 2_000

// flightsOf prepares what lies between the first and the last that arrived:
// what is lost before or after could be before or after the other capture.
func flightsOf(d *Direction) []flight {
	all := d.Datagrams
	for len(all) > 0 && all[0].Lost {
		all = all[1:]
	}
	for len(all) > 0 && all[len(all)-1].Lost {
		all = all[:len(all)-1]
	}
	flights := make([]flight, len(all))
	for i := range all {
		flights[i] = flight{Datagram: &all[i], calm: true, position: i}
	}
	return flights
}

// order finds out who was late, and who arrived at once with the one before.
func order(flights []flight) {
	const never = -1 << 62
	earliestBehind := make([]int64, len(flights)+1)
	earliestBehind[len(flights)] = 1 << 62
	for i := len(flights) - 1; i >= 0; i-- {
		earliestBehind[i] = earliestBehind[i+1]
		if !flights[i].Lost {
			earliestBehind[i] = min(earliestBehind[i], flights[i].Arrived)
		}
	}
	latest := int64(never)
	for i := range flights {
		f := &flights[i]
		if f.Lost {
			continue
		}
		f.late = earliestBehind[i+1] < f.Arrived
		f.level, f.tied = never, false
		if f.late {
			continue // it overtook nobody and nobody waited for it
		}
		if latest != never {
			f.level = latest - f.Sent - f.serial
			f.tied = f.Arrived <= latest+tieTolerance
		}
		latest = max(latest, f.Arrived)
	}
}
