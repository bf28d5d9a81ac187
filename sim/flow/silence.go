package flow

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// DefaultStall is how long nothing may arrive, beyond the time between two
// messages, before it is a stall. Half a second is where every player notices:
// it is twice what interpolation and prediction hide at the worst of our
// presets (JUDGEMENT).
const DefaultStall = 500 * time.Millisecond

// A Silence watches whether messages keep arriving in one direction of a flow.
type Silence struct {
	limit   time.Duration // longer is a stall; zero watches nothing
	flow    string
	whose   string        // "at the client"
	heard   time.Duration // since the epoch, of the latest message
	began   bool
	stalls  int
	stalled time.Duration // in all
}

// NewSilence returns one for messages of which the next is due after an
// interval at the latest. If interval is zero, nothing is a stall.
func NewSilence(flow, whose string, stall, interval time.Duration) Silence {
	if interval == 0 {
		return Silence{}
	}
	return Silence{limit: stall + interval, flow: flow, whose: whose}
}

// Begin says that messages are to come from now on, a time since the epoch.
func (q *Silence) Begin(at time.Duration) {
	if !q.began {
		q.began, q.heard = true, at
	}
}

// Heard says that a message arrived, and tells the stage of the stall that it
// ended, if there was one.
func (q *Silence) Heard(s *Stage, at time.Duration) {
	if q.limit == 0 {
		return
	}
	if q.began && at-q.heard > q.limit {
		q.stalls++
		q.stalled += at - q.heard
		s.Tell(s.Epoch.Add(q.heard), result.Event{
			Kind: "stalled", Subject: q.flow, Lasted: (at - q.heard).Seconds(),
			Text: fmt.Sprintf("nothing arrived %s for %.3f s", q.whose, (at - q.heard).Seconds()),
		})
	}
	q.heard = at
}

// End says that no more messages are to come.
func (q *Silence) End(s *Stage, at time.Duration) {
	if q.began {
		q.Heard(s, at)
	}
	q.began = false
}
