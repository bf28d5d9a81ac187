package server

import (
	"errors"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A player who fell silent keeps its seat for Config.HoldSlot, with all that
// it owns in the world: its rows stay, its input is the neutral one, and no
// rule sees a difference to somebody who does nothing. It comes back with a
// ticket (netcode.DialOptions.Ticket), which the client sends by itself, or as
// the same key.

// closed is called when the connection of a seat has ended.
func (s *Server[I]) closed(seat *seat[I], conn *netcode.Conn, err error) {
	if seat.conn != conn {
		return // it has another since
	}
	var why *netcode.CloseError
	if !errors.As(err, &why) || why.Remote {
		s.leave(seat)
		return
	}
	switch {
	case why.Reason == netcode.CloseReplaced, why.Reason == netcode.CloseTimeout && s.cfg.HoldSlot > 0:
		seat.conn, seat.until = nil, s.now.Add(max(s.cfg.HoldSlot, 0))
	default:
		s.leave(seat)
	}
}

// expire empties the seats of those who did not come back.
func (s *Server[I]) expire() {
	for _, seat := range s.seats {
		if seat != nil && seat.away() && !s.now.Before(seat.until) {
			s.leave(seat)
		}
	}
}

// away reports whether the seat is held for a player without a connection.
func (s *seat[I]) away() bool { return s.conn == nil && s.brain == nil }

// heldFor returns the seat that is held for the player behind conn, or nil: the
// connection has inherited it, or the key is the same.
func (s *Server[I]) heldFor(conn *netcode.Conn) *seat[I] {
	if held, ok := conn.User().(*seat[I]); ok && s.seats[held.player] == held && held.away() {
		return held
	}
	key := conn.PeerKey()
	for _, held := range s.seats {
		if held != nil && held.away() && key != ([32]byte{}) && held.key == key {
			return held
		}
	}
	return nil
}

// retake gives a player its seat back. What the client knew is gone, or may
// be: it starts with a welcome and a whole snapshot, like everybody else.
func (s *Server[I]) retake(seat *seat[I]) {
	seat.queue.reset()
	seat.flights.forget()
	seat.epoch, seat.slack, seat.hasSlack = 0, 0, false
	seat.until = time.Time{}
	s.stats.Returned++
}
