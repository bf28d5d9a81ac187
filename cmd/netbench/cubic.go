package main

import (
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/tcpmodel"
)

// A shared host is a core and an end of the competitor, which is a model of
// TCP, behind one address, so that they share the link.
type shared struct {
	*netcode.Core
	flow tcpmodel.End
	peer netip.AddrPort
}

func newShared(core *netcode.Core, f tcpmodel.End) *shared {
	peer := serverAddress
	if _, ok := f.(*tcpmodel.Receiver); ok {
		peer = clientAddress
	}
	return &shared{core, f, peer}
}

// Receive gives a datagram to whom it is for.
func (s *shared) Receive(now time.Time, path netcode.Path, datagram []byte) {
	if tcpmodel.Is(datagram) {
		s.flow.Receive(now, datagram)
		return
	}
	s.Core.Receive(now, path, datagram)
}

// Flush lets both send.
func (s *shared) Flush(now time.Time, out netcode.Sender) {
	s.Core.Flush(now, out)
	s.flow.Flush(now, func(datagram []byte) { out.SendDatagram(netcode.Path{Remote: s.peer}, datagram) })
}

// NextDeadline returns the earlier one.
func (s *shared) NextDeadline() time.Time {
	a, b := s.Core.NextDeadline(), s.flow.NextDeadline()
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
