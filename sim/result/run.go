package result

import "slices"

// The ways to run a scenario.
const (
	Virtual = "virtual"
	Proxy   = "proxy"
	TUN     = "tun"
)

// A Run is everything one run of a scenario measured.
type Run struct {
	Scenario string `json:"scenario"` // name of the scenario
	Mode     string `json:"mode"`     // Virtual, Proxy or TUN
	Seed     uint64 `json:"seed"`

	// Digest is a hash of every datagram in order, with its time and its
	// addresses: "0x" and 16 digits. Two virtual runs with the same digest
	// were the same. Empty where time is real.
	Digest string `json:"digest,omitempty"`

	// VirtualSeconds is how long flows had something to say. What was on its
	// way then had more time to arrive.
	VirtualSeconds float64 `json:"virtual_seconds"`
	WallSeconds    float64 `json:"wall_seconds"`

	// Error says why the run ended before its time; empty if it did not.
	Error string `json:"error,omitempty"`

	Flows      []Flow      `json:"flows"`
	Links      []Link      `json:"links"`
	Events     []Event     `json:"events,omitempty"`
	Assertions []Assertion `json:"assertions"`
}

// Passed reports whether the run came to its end and every assertion held.
func (r *Run) Passed() bool {
	for _, a := range r.Assertions {
		if !a.Pass {
			return false
		}
	}
	return r.Error == ""
}

// A Flow is one flow of the scenario. Its own figures are those of all its
// Parts together, without what fills a link and has no rate.
type Flow struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Figures

	// Parts are the flow's channels by direction: "state up", "state down".
	Parts []Part `json:"parts,omitempty"`

	// Counters are what else the kind of flow counts, by name: "rtt_ms",
	// "wire_bytes_per_payload_byte", "snapshots". A script may rely on those
	// that the documentation of the kind names.
	Counters map[string]float64 `json:"counters,omitempty"`
}

// A Part is one channel of a flow in one direction.
type Part struct {
	Channel   string `json:"channel"`
	Direction string `json:"direction"` // "up" or "down"
	Figures
}

// Figures are what messages went through. Times are one way, from handing over
// to reading, over the messages that arrived.
type Figures struct {
	Sent      uint64  `json:"sent"`
	Delivered uint64  `json:"delivered"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
	Loss      float64 `json:"loss"` // share of Sent that never arrived, 0 to 1

	// Latency and Series are for plots; they are not part of the JSON object
	// unless asked for.
	Latency *Histogram `json:"latency,omitempty"`
	Series  *Series    `json:"series,omitempty"`
}

// MaxBurst is the length of a burst from which on a Link counts no finer.
const MaxBurst = 64

// A Link is one direction of one link.
type Link struct {
	Name      string `json:"name"`      // of the host or router whose link it is
	Direction string `json:"direction"` // "up" or "down"

	Sent           uint64  `json:"sent"`
	Delivered      uint64  `json:"delivered"`
	Loss           float64 `json:"loss"` // share of Sent that did not arrive, whatever the cause
	LostRandom     uint64  `json:"lost_random"`
	LostBurst      uint64  `json:"lost_burst"`    // Gilbert-Elliott and four-state
	LostOther      uint64  `json:"lost_other"`    // outages, lists, spikes, slots
	DroppedQueue   uint64  `json:"dropped_queue"` // full, or by its AQM
	DroppedMTU     uint64  `json:"dropped_mtu"`
	Duplicated     uint64  `json:"duplicated"`
	Reordered      uint64  `json:"reordered"`
	Corrupted      uint64  `json:"corrupted"`
	SentBytes      uint64  `json:"sent_bytes"`
	DeliveredBytes uint64  `json:"delivered_bytes"`

	// Bursts counts runs of datagrams that did not arrive by their length:
	// Bursts[0] those of one datagram, and so on to the longest. If there are
	// MaxBurst entries, the last counts that length and all longer ones.
	Bursts []uint64 `json:"bursts,omitempty"`

	Series *Series `json:"series,omitempty"`
}

// An Event is something that happened at a time: a change of the timeline, a
// rebinding, a connect, a disconnect.
type Event struct {
	Seconds float64 `json:"seconds"` // since the start of the run
	Kind    string  `json:"kind"`    // "change", "rebind", "connected", "disconnected", "stalled", ...
	Subject string  `json:"subject"` // the flow, link or host
	Text    string  `json:"text"`    // in plain words

	// Lasted is how long it lasted, as a stall, or took, as a connect.
	Lasted float64 `json:"lasted_seconds,omitempty"`
}

// An Assertion is what the scenario demanded, and what was.
type Assertion struct {
	Text     string `json:"text"`     // as the scenario has it
	Pass     bool   `json:"pass"`     //
	Measured string `json:"measured"` // "104.2 ms", "3 rebinds"

	// Sometimes says that of several runs one needs to pass, not all.
	Sometimes bool `json:"sometimes,omitempty"`
}

// A Series is what happened in equal steps of time, for plots. All slices have
// the same length, except those that are nil because they do not apply.
type Series struct {
	StepSeconds float64   `json:"step_seconds"`
	Sent        []uint64  `json:"sent,omitempty"`        // in the step
	Lost        []uint64  `json:"lost,omitempty"`        // of those sent in the step
	Bytes       []uint64  `json:"bytes,omitempty"`       // delivered in the step
	P50         []float64 `json:"p50_ms,omitempty"`      // of what was sent in the step
	P99         []float64 `json:"p99_ms,omitempty"`      // of what was sent in the step; 0 if nothing arrived
	QueueBytes  []uint64  `json:"queue_bytes,omitempty"` // most in the step
}

// Brief returns a copy without what is only for plots: histograms and series.
func (r *Run) Brief() *Run {
	brief := *r
	brief.Flows = slices.Clone(r.Flows)
	for i := range brief.Flows {
		f := &brief.Flows[i]
		f.Latency, f.Series = nil, nil
		f.Parts = slices.Clone(f.Parts)
		for j := range f.Parts {
			f.Parts[j].Latency, f.Parts[j].Series = nil, nil
		}
	}
	brief.Links = slices.Clone(r.Links)
	for i := range brief.Links {
		brief.Links[i].Series = nil
	}
	return &brief
}
