package control

import (
	"slices"
	"sync"
	"time"
)

// An Event is something that was done to the link, or happened to it.
type Event struct {
	Time    time.Time `json:"time"`
	Seconds float64   `json:"seconds"` // since the beginning
	Kind    string    `json:"kind"`    // set, preset, reset, outage, client, timeline, program, error
	Text    string    `json:"text"`
}

const (
	keptEvents     = 200
	maxSubscribers = 32
	eventBacklog   = 64 // of a subscriber; who is slower misses some
	maxEventText   = 500
)

// events are the latest events and who is told of new ones. The zero value is
// ready to use.
type events struct {
	mu          sync.Mutex
	list        []Event
	subscribers []chan Event
}

func (e *events) add(event Event) {
	if len(event.Text) > maxEventText {
		event.Text = event.Text[:maxEventText] + "..."
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.list) == keptEvents {
		e.list = slices.Delete(e.list, 0, 1)
	}
	e.list = append(e.list, event)
	for _, c := range e.subscribers {
		select {
		case c <- event:
		default:
		}
	}
}

// Events returns the latest events, oldest first.
func (d *Desk) Events() []Event {
	d.events.mu.Lock()
	defer d.events.mu.Unlock()
	return slices.Clone(d.events.list)
}

// Tell adds an event of the caller's.
func (d *Desk) Tell(kind, text string) { d.tell(kind, text) }

// subscribe returns the events so far and a channel of those to come; nil if
// there are too many subscribers.
func (d *Desk) subscribe() ([]Event, chan Event) {
	e := &d.events
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.subscribers) == maxSubscribers {
		return nil, nil
	}
	c := make(chan Event, eventBacklog)
	e.subscribers = append(e.subscribers, c)
	return slices.Clone(e.list), c
}

func (d *Desk) unsubscribe(c chan Event) {
	e := &d.events
	e.mu.Lock()
	defer e.mu.Unlock()
	e.subscribers = slices.DeleteFunc(e.subscribers, func(other chan Event) bool { return other == c })
}
