package report

import (
	"slices"
	"strconv"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// maxEvents is how many events the table has; the plots show all.
const maxEvents = 150

// maxLanes is how many subjects have a lane; the rest share the last.
const maxLanes = 12

// sorted returns the events of a run by time.
func sorted(events []result.Event) []result.Event {
	s := slices.Clone(events)
	slices.SortStableFunc(s, func(a, b result.Event) int {
		switch {
		case a.Seconds < b.Seconds:
			return -1
		case a.Seconds > b.Seconds:
			return 1
		}
		return 0
	})
	return s
}

// markOf places an event, the i-th of the table. A connect is told when it is
// done, everything else when it begins.
func markOf(i int, e result.Event) plot.Mark {
	m := plot.Mark{At: e.Seconds, Until: e.Seconds + e.Lasted}
	if e.Kind == "connected" {
		m.Until = 0
	}
	if i < maxEvents {
		m.Text = strconv.Itoa(i + 1)
	}
	return m
}

func marks(events []result.Event) []plot.Mark {
	ms := make([]plot.Mark, len(events))
	for i, e := range events {
		ms[i] = markOf(i, e)
	}
	return ms
}

// A kindKey is the marker of one kind of event.
type kindKey struct {
	Kind  string
	Style int
}

// timeline draws events, which are by time, one lane for each subject.
func timeline(events []result.Event, duration float64) (*plot.Lanes, []kindKey) {
	if len(events) == 0 {
		return nil, nil
	}
	l := &plot.Lanes{
		Title: "Timeline", XLabel: "time, s", X: timeScale(duration),
		Description: "What happened when, a lane for each flow, link or host. The numbers are those of the table.",
	}
	lane, style := map[string]int{}, map[string]int{}
	var kinds []kindKey
	for i, e := range events {
		at, ok := lane[e.Subject]
		if !ok {
			if len(l.Lanes) < maxLanes {
				l.Lanes = append(l.Lanes, plot.Lane{Name: e.Subject})
			} else {
				l.Lanes[maxLanes-1].Name = "others"
			}
			at = len(l.Lanes) - 1
			lane[e.Subject] = at
		}
		s, ok := style[e.Kind]
		if !ok {
			s = min(len(kinds), plot.Styles-1)
			style[e.Kind] = s
			kinds = append(kinds, kindKey{e.Kind, s})
		}
		l.Lanes[at].Events = append(l.Lanes[at].Events, plot.LaneEvent{Mark: markOf(i, e), Style: s})
	}
	return l, kinds
}
