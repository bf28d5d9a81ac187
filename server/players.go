package server

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/token"
)

// spareConns is how many connections are held beyond the seats, so that a
// player who comes again before its old connection timed out is heard.
const spareConns = 8

// drain takes in everything the Core received: arrivals and departures first,
// in order, then each player's messages.
func (s *Server[I]) drain() {
	for {
		event, ok := s.core.NextEvent()
		if !ok {
			break
		}
		switch event.Kind {
		case netcode.EventConnected:
			s.connected(event.Conn, session.CleanName(event.Hello))
		case netcode.EventClosed:
			if seat, ok := event.Conn.User().(*seat[I]); ok {
				s.closed(seat, event.Conn, event.Err)
			}
		}
	}
	s.expire()
	for _, seat := range s.seats {
		if seat != nil && seat.conn != nil {
			s.listen(seat)
		}
	}
}

// connected gives a new connection a seat, or says why not. One that has ended
// since, or was replaced, gets none: it is nobody's any more.
func (s *Server[I]) connected(conn *netcode.Conn, name string) {
	if conn.State() != netcode.StateOpen {
		return
	}
	key := conn.PeerKey()
	seat := s.heldFor(conn)
	back := seat != nil
	if claims, ok := conn.User().(*token.Claims); ok && back {
		seat.claims = claims
	}
	if back {
		s.retake(seat)
	} else if seat = s.newcomer(conn, name); seat == nil {
		s.stats.Rejected++
		conn.Close(s.now, netcode.CloseFull, "")
		return
	}
	seat.conn, seat.key = conn, key
	conn.SetUser(seat)
	s.out = session.AppendWelcome(s.out[:0], session.Welcome{
		Player:        seat.player,
		MaxPlayers:    uint8(s.cfg.MaxPlayers),
		SnapshotEvery: uint8(s.cfg.SnapshotEvery),
		TickRate:      uint16(s.cfg.TickRate),
		Tick:          s.world.Tick(),
	})
	if _, err := conn.Send(s.now, session.ChannelOrdered, s.out); err != nil {
		panic("server: BUG: a new connection does not take a welcome: " + err.Error())
	}
	if !back {
		s.stats.Joined++
		s.cfg.Game.Join(s.world, seat.player, name)
	}
}

// newcomer finds a seat for a player who has none; nil if all are taken.
func (s *Server[I]) newcomer(conn *netcode.Conn, name string) *seat[I] {
	if key := conn.PeerKey(); key != ([32]byte{}) {
		s.replace(key)
	}
	seat := s.sit(name)
	if seat != nil {
		seat.claims, _ = conn.User().(*token.Claims)
	}
	return seat
}

// replace ends the connection of a player who has just proved to be back.
func (s *Server[I]) replace(key [32]byte) {
	for _, seat := range s.seats {
		if seat != nil && seat.conn != nil && seat.conn.PeerKey() == key {
			conn := seat.conn
			s.leave(seat)
			conn.Close(s.now, netcode.CloseKicked, "connected again from elsewhere")
		}
	}
}

// sit takes the first empty seat; nil when there is none.
func (s *Server[I]) sit(name string) *seat[I] {
	for p, taken := range s.seats {
		if taken == nil {
			seat := &seat[I]{player: engine.PlayerID(p), name: name}
			seat.queue.last.Input = s.neutral
			s.seats[p] = seat
			return seat
		}
	}
	return nil
}

// leave empties a seat, once.
func (s *Server[I]) leave(seat *seat[I]) {
	if s.seats[seat.player] != seat {
		return
	}
	s.seats[seat.player] = nil
	s.stats.Left++
	s.stats.Inputs.add(seat.queue.stats)
	if seat.conn != nil {
		seat.conn.SetUser(nil)
	}
	s.cfg.Game.Leave(s.world, seat.player)
}

// listen takes in one player's notices and messages.
func (s *Server[I]) listen(seat *seat[I]) {
	for {
		notice, ok := seat.conn.NextNotice()
		if !ok {
			break
		}
		if notice.Channel == session.ChannelSnapshot {
			seat.flights.land(notice.ID, notice.Delivered)
		}
	}
	for s.seats[seat.player] == seat { // until OnMessage kicks it
		channel, message, ok := seat.conn.Receive()
		if !ok {
			return
		}
		switch channel {
		case session.ChannelInput:
			s.receiveInputs(seat, message)
		case session.ChannelOrdered:
			s.receiveOrdered(seat, message)
		default:
			s.stats.Malformed++
		}
	}
}

// receiveInputs files the inputs of one message under their ticks.
func (s *Server[I]) receiveInputs(seat *seat[I], data []byte) {
	m := &s.message
	next := s.world.Tick() + 1
	if err := s.reader.Consume(data, next, m); err != nil {
		s.stats.Malformed++
		return
	}
	if m.Epoch != seat.epoch { // the client resynchronised
		seat.epoch = m.Epoch
		seat.queue.reset()
		seat.slack, seat.hasSlack = 0, false
		s.stats.Resynchronised++
	}
	if m.NeedFull {
		seat.flights.forget()
	}
	tick, heard := m.Oldest(), false
	for i := range m.Inputs {
		if seat.queue.file(next, tick, m.Inputs[i]) && !heard {
			due := s.schedule.next().Add(time.Duration(tick.Sub(next)) * s.interval)
			seat.heard(session.SlackOf(due.Sub(s.now), s.interval))
			heard = true
		}
		tick++
	}
}

func (s *Server[I]) receiveOrdered(seat *seat[I], data []byte) {
	message, err := session.ConsumeApplication(data)
	if err != nil {
		s.stats.Malformed++
		return
	}
	if s.cfg.OnMessage != nil {
		s.cfg.OnMessage(seat.player, message)
	}
}

// AddBot seats a player without a connection. Each tick, brain is shown the
// world as the last tick left it and returns the bot's input. It is called
// from Advance. The bot joins at once and stays until it is kicked.
func (s *Server[I]) AddBot(name string, brain func(w *engine.World, p engine.PlayerID) I) (engine.PlayerID, error) {
	name = session.CleanName([]byte(name))
	seat := s.sit(name)
	if seat == nil {
		return engine.NoPlayer, ErrFull
	}
	seat.brain = brain
	s.stats.Joined++
	s.cfg.Game.Join(s.world, seat.player, name)
	return seat.player, nil
}

// Name returns the name of player p; "" when nobody sits there.
func (s *Server[I]) Name(p engine.PlayerID) string {
	if int(p) >= len(s.seats) || s.seats[p] == nil {
		return ""
	}
	return s.seats[p].name
}

// Send queues an application message to player p: reliably, in order, at most
// [session.MaxApplication] bytes, which are copied. The error is ErrNoPlayer
// or one of the connection's, which goes on after it.
func (s *Server[I]) Send(p engine.PlayerID, message []byte) error {
	if int(p) >= len(s.seats) || s.seats[p] == nil || s.seats[p].conn == nil {
		return ErrNoPlayer
	}
	s.out = session.AppendApplication(s.out[:0], message)
	_, err := s.seats[p].conn.Send(s.now, session.ChannelOrdered, s.out)
	return err
}

// Broadcast queues an application message to every player with a connection.
// Those who cannot take it now, because too much waits for them, are counted
// in Stats.MessagesUnsent.
func (s *Server[I]) Broadcast(message []byte) {
	for p, seat := range s.seats {
		if seat == nil || seat.conn == nil {
			continue
		}
		if s.Send(engine.PlayerID(p), message) != nil {
			s.stats.MessagesUnsent++
		}
	}
}

// Kick takes player p's seat away and tells it why.
func (s *Server[I]) Kick(p engine.PlayerID, reason netcode.CloseReason, text string) {
	if int(p) >= len(s.seats) || s.seats[p] == nil {
		return
	}
	seat := s.seats[p]
	s.leave(seat)
	if seat.conn != nil {
		seat.conn.Close(s.now, reason, text)
	}
}
