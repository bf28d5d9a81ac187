package netcode

import (
	"errors"
	"time"
)

// Errors of Send, Dial, TryPath and Export.
var (
	// ErrClosed means that the connection is closed or closing.
	ErrClosed = errors.New("netcode: connection is closed")

	// ErrNotConnected means that the handshake has not finished.
	ErrNotConnected = errors.New("netcode: connection is not open yet")

	// ErrWindowFull means that too many bytes wait to be sent or
	// acknowledged. The message was not taken; the connection goes on.
	ErrWindowFull = errors.New("netcode: send window is full")

	// ErrTooLarge means that a message exceeds its channel's MaxMessage.
	ErrTooLarge = errors.New("netcode: message is larger than the channel takes")

	// ErrUnknownChannel means that no such channel was configured.
	ErrUnknownChannel = errors.New("netcode: no such channel")

	// ErrPathInUse means that a connection over this path exists already.
	ErrPathInUse = errors.New("netcode: a connection over this path exists")
)

// An EventKind is what happened to a connection.
type EventKind uint8

// The kinds of event.
const (
	// EventConnected: the handshake is done. Accepted connections carry what
	// the client said in Event.Hello.
	EventConnected EventKind = iota + 1

	// EventClosed: the connection ended; Event.Err is a *CloseError. Every
	// connection that was dialled or announced by EventConnected ends in
	// exactly one. Messages received before can still be taken.
	EventClosed

	// EventPathChanged: the connection goes over Event.Path from now on. On
	// the server's end the client came from elsewhere, and proved it; on the
	// client's Conn.TryPath or Conn.MovePath did it. Congestion control begins
	// anew unless only the port of the peer changed.
	EventPathChanged

	// EventPathFailed: Event.Path did not answer to Conn.TryPath, or a later
	// TryPath or MovePath came first. The connection goes on as before, or as
	// that said.
	EventPathFailed

	// EventTicket: the server gave us a ticket: Conn.Ticket.
	EventTicket
)

// An Event tells the application what happened to a connection.
type Event struct {
	Kind  EventKind
	Conn  *Conn
	Hello []byte // EventConnected of an accepted connection: DialOptions.Hello
	Err   error  // EventClosed
	Path  Path   // EventPathChanged, EventPathFailed

	// EventConnected of a client that came back with a ticket: the connection
	// that it was given in, which is closed, and whose User the new one has;
	// and DialOptions.Early.
	Prior *Conn
	Early []byte
}

// A MessageID names a message within its connection, in the order of Send.
// Zero is none.
type MessageID uint64

// A Notice tells what became of an unreliable message, or of a reliable one
// that asked for it (SendOptions.Notify). Delivered means that the peer's
// application can read it, or could not because a newer message of a sequenced
// channel was there first. Otherwise the message counts as lost; under extreme
// delay it may arrive all the same.
type Notice struct {
	ID        MessageID
	Channel   int
	Delivered bool
}

// A State is where a connection stands.
//
//	Connecting → Open → Closed
//	     └────────────────┘
type State uint8

// The states of a connection.
const (
	StateConnecting State = iota // shaking hands
	StateOpen                    // messages flow
	StateClosed                  // terminal; Err says why
)

// notices is a bounded queue.
type notices struct {
	ring       []Notice
	head, tail uint64
	dropped    uint64
}

// maxNotices bounds the notices that wait. An application that sends eight
// unreliable messages a tick at 128 Hz and looks once in four seconds misses
// none.
const maxNotices = 4096

func (n *notices) push(notice Notice) {
	if n.tail-n.head == uint64(len(n.ring)) {
		if len(n.ring) == maxNotices {
			n.head++
			n.dropped++
		} else {
			n.grow()
		}
	}
	n.ring[n.tail&uint64(len(n.ring)-1)] = notice
	n.tail++
}

func (n *notices) grow() {
	grown := make([]Notice, max(16, 2*len(n.ring)))
	for i := n.head; i < n.tail; i++ {
		grown[i&uint64(len(grown)-1)] = n.ring[i&uint64(len(n.ring)-1)]
	}
	n.ring = grown
}

func (n *notices) pop() (Notice, bool) {
	if n.head == n.tail {
		return Notice{}, false
	}
	notice := n.ring[n.head&uint64(len(n.ring)-1)]
	n.head++
	return notice, true
}

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
