package netcode

import (
	"fmt"
	"strings"
)

// A CloseReason says why a connection ended. Values are part of the protocol:
// only append to this list (docs/PROTOCOL.md, section 7).
type CloseReason uint8

// The reasons for closing. Applications may use CloseApplication and above
// for reasons of their own.
const (
	CloseNormal       CloseReason = 0  // the application is done
	CloseTimeout      CloseReason = 1  // the peer fell silent; never on the wire
	CloseFull         CloseReason = 2  // no room for another player
	CloseKicked       CloseReason = 3  // removed by the host, may come back
	CloseBanned       CloseReason = 4  // removed by the host, may not come back
	CloseWrongVersion CloseReason = 5  // other protocol, game, build or schema
	CloseShuttingDown CloseReason = 6  // the server is stopping
	CloseRedirect     CloseReason = 7  // Text is the address to connect to instead
	CloseProtocol     CloseReason = 8  // the peer broke the protocol
	CloseKeyLimit     CloseReason = 9  // the keys have sealed as much as they may
	CloseWrongMode    CloseReason = 10 // one side is encrypted, the other plaintext
	CloseWrongKey     CloseReason = 11 // the server's key is not the pinned one

	CloseReplaced    CloseReason = 12 // the client came back by another connection
	CloseNotAdmitted CloseReason = 13 // by the server's application: Text says why
	CloseMoved       CloseReason = 14 // exported to another process; never on the wire

	// CloseApplication is the first reason left to applications.
	CloseApplication CloseReason = 128
)

var closeReasonNames = [...]string{
	CloseNormal:       "closed",
	CloseTimeout:      "timed out",
	CloseFull:         "server full",
	CloseKicked:       "kicked",
	CloseBanned:       "banned",
	CloseWrongVersion: "wrong version",
	CloseShuttingDown: "shutting down",
	CloseRedirect:     "redirected",
	CloseProtocol:     "protocol violation",
	CloseKeyLimit:     "key limit reached",
	CloseWrongMode:    "encryption mismatch",
	CloseWrongKey:     "wrong server key",
	CloseReplaced:     "replaced by a newer connection",
	CloseNotAdmitted:  "not admitted",
	CloseMoved:        "moved to another process",
}

// String returns the reason in words.
func (r CloseReason) String() string {
	if int(r) < len(closeReasonNames) {
		return closeReasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// maxCloseText is the longest text a close frame carries, in bytes. Longer
// texts are cut: the frame must fit beside others in the smallest packet.
const maxCloseText = 200

// A CloseError reports why a connection ended.
type CloseError struct {
	Reason CloseReason
	Text   string // for people; the address to go to for CloseRedirect
	Remote bool   // the peer chose the reason
}

// Error returns the reason, who chose it, and the text.
func (e *CloseError) Error() string {
	var b strings.Builder
	b.WriteString("netcode: ")
	b.WriteString(e.Reason.String())
	if e.Remote {
		b.WriteString(" by peer")
	}
	if e.Text != "" {
		b.WriteString(": ")
		b.WriteString(e.Text)
	}
	return b.String()
}

// Is reports whether target is a CloseError with the same reason, so that
// errors.Is(err, &CloseError{Reason: CloseFull}) works.
func (e *CloseError) Is(target error) bool {
	t, ok := target.(*CloseError)
	return ok && t.Reason == e.Reason
}
