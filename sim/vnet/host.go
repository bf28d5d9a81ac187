package vnet

import (
	"time"

	"github.com/reckon-engine/reckon/netcode"
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
