package vnet

import (
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

// A Host is what sends and receives datagrams at an address. *netcode.Core is
// one.
type Host interface {
	// Receive takes a datagram. The bytes are valid during the call.
	Receive(now time.Time, path netcode.Path, datagram []byte)

	// Flush gives whatever is due at now to out.
	Flush(now time.Time, out netcode.Sender)

	// NextDeadline returns when Flush is needed next; zero means never.
	NextDeadline() time.Time
}

// A Loop is what drives a Host: a server's ticks, a client's frames, a test's
// script.
type Loop interface {
	// Advance does what is due at now: takes what the Host received, runs
	// ticks, queues what the Host shall send.
	Advance(now time.Time)

	// NextDeadline returns when Advance is needed next; zero means never.
	NextDeadline() time.Time
}

// LoopFuncs makes a Loop of functions. Either may be nil.
type LoopFuncs struct {
	AdvanceFunc func(now time.Time)
	NextFunc    func() time.Time
}

// Advance calls AdvanceFunc.
func (l LoopFuncs) Advance(now time.Time) {
	if l.AdvanceFunc != nil {
		l.AdvanceFunc(now)
	}
}

// NextDeadline calls NextFunc.
func (l LoopFuncs) NextDeadline() time.Time {
	if l.NextFunc != nil {
		return l.NextFunc()
	}
	return time.Time{}
}

// A node is a host at its address. It is the Sender that the host flushes to.
type node struct {
	network *Network
	number  int
	address netip.AddrPort
	host    Host
	loop    Loop // nil if there is none
	begun   bool

	out  []*flow // by number of the receiver; nil until used
	last *flow   // where the latest datagram went: usually where the next goes

	scheduled bool
	wakeAt    int64
}

// SendDatagram puts a datagram on the link to path.Remote. It is called by
// the host during Flush.
func (v *node) SendDatagram(path netcode.Path, datagram []byte) {
	f := v.last
	if f == nil || f.to.address != path.Remote {
		to := v.network.byAddress[path.Remote]
		if to == nil {
			v.network.unroutable(v, path.Remote, datagram)
			return
		}
		f = v.network.flow(v, to)
		v.last = f
	}
	v.network.send(f, datagram)
}

// A flow is one direction of the link between two hosts.
type flow struct {
	number   int
	from, to *node
	path     netcode.Path // as the receiver sees it
	pipe     *link.Pipe
	mark     uint64 // of both addresses, for the digest
	own      bool   // configured by SetLink, not by default

	scheduled bool
	order     uint64 // of its entry in the agenda
}
