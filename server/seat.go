package server

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/token"
)

// A seat is a player: one behind a connection, or a bot.
type seat[I any] struct {
	player engine.PlayerID
	name   string
	conn   *netcode.Conn                              // nil for a bot
	claims *token.Claims                              // of its connect token, if the server wants one
	brain  func(w *engine.World, p engine.PlayerID) I // nil for a connection

	key   [32]byte  // that the player proved to have; zero in plaintext mode
	until time.Time // when a seat without a connection is given up

	queue queue[I]
	view  interp.View // what the player saw when making this tick's input

	epoch    uint8         // the client's timeline, as its inputs last said
	slack    session.Slack // the least since the last snapshot
	hasSlack bool

	flights flights
}

// heard notes the slack of inputs that arrived.
func (s *seat[I]) heard(slack session.Slack) {
	if !s.hasSlack || slack < s.slack {
		s.slack, s.hasSlack = slack, true
	}
}

// header returns what to tell the client about its inputs, once.
func (s *seat[I]) header() session.SnapshotHeader {
	h := session.SnapshotHeader{
		Epoch: s.epoch, HasInput: s.queue.any,
		HasSlack: s.hasSlack, Slack: s.slack,
	}
	if h.HasInput {
		h.Input = s.queue.newest
	}
	s.slack, s.hasSlack = 0, false
	return h
}

// maxFlights is how many snapshots are waited for at once: more than the
// ring of baselines holds is of no use.
const maxFlights = 128

// flights are the snapshots sent to one player whose fate is not known, and
// what is known to have arrived. The zero value is ready to use.
type flights struct {
	sent     [maxFlights]flight
	next     int
	baseline engine.Tick
	known    bool // whether there is a baseline
}

type flight struct {
	id   netcode.MessageID // zero: none
	tick engine.Tick
}

func (f *flights) add(id netcode.MessageID, tick engine.Tick) {
	f.sent[f.next] = flight{id, tick}
	f.next = (f.next + 1) % maxFlights
}

// land ends the flight of message id. If it was delivered and is newer than
// the baseline, it becomes the baseline.
func (f *flights) land(id netcode.MessageID, delivered bool) {
	for i := range f.sent { // from the newest: what is told of is a round trip old
		at := &f.sent[(f.next+maxFlights-1-i)%maxFlights]
		if at.id != id {
			continue
		}
		at.id = 0
		if delivered && (!f.known || f.baseline.Before(at.tick)) {
			f.baseline, f.known = at.tick, true
		}
		return
	}
}

// forget gives up the baseline and everything on its way.
func (f *flights) forget() { *f = flights{} }
