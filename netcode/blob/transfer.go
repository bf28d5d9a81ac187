package blob

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxSize is the largest transfer, in bytes.
const maxSize = 1<<62 - 1

// Unknown is the Size of a transfer whose sender does not know it yet.
const Unknown int64 = -1

// Errors with which transfers end.
var (
	// ErrCanceled means that this end called Cancel.
	ErrCanceled = errors.New("blob: canceled")

	// ErrClosed means that the connection ended first.
	ErrClosed = errors.New("blob: connection is closed")
)

// A PeerError means that the peer refused or canceled.
type PeerError struct {
	Text string // of the peer; not to be trusted
}

// Error says so.
func (e *PeerError) Error() string {
	if e.Text == "" {
		return "blob: canceled by the peer"
	}
	return "blob: canceled by the peer: " + e.Text
}

// A Transfer is one blob on its way, in or out.
type Transfer struct {
	mux      *Mux
	number   uint32
	outgoing bool
	name     string
	size     int64

	reader  io.Reader // outgoing
	writer  io.Writer // incoming
	moved   int64     // bytes given to the connection, or written
	acked   int64     // outgoing: bytes the peer's connection has
	limit   int64     // how many bytes the receiver has room for in all
	granted bool      // outgoing: the receiver has accepted
	ended   bool      // outgoing: everything was given to the connection
	paused  bool

	done bool
	err  error
}

// Name returns what the sender calls it. That of an incoming transfer is the
// peer's choice: never use it as a path as it is.
func (t *Transfer) Name() string { return t.name }

// Outgoing reports whether this end sends.
func (t *Transfer) Outgoing() bool { return t.outgoing }

// Size returns how many bytes it has, or Unknown.
func (t *Transfer) Size() int64 { return t.size }

// Bytes returns how many bytes have arrived: as far as the acknowledgements
// tell, if it is outgoing.
func (t *Transfer) Bytes() int64 {
	if t.outgoing {
		return t.acked
	}
	return t.moved
}

// Done reports whether the transfer has ended, well or not: see Err. An
// outgoing one has ended well when the receiver says that it has everything.
func (t *Transfer) Done() bool { return t.done }

// Err returns why the transfer failed; nil while it lasts, and if it went
// well. Errors are ErrCanceled, ErrClosed, a *PeerError, and those of the
// reader or writer.
func (t *Transfer) Err() error { return t.err }

// Cancel ends the transfer and tells the peer, with a text for people. What was
// written remains written. After the end it does nothing.
func (t *Transfer) Cancel(text string) { t.fail(ErrCanceled, text) }

// Pause lets no more than what is on its way arrive, or leave, until Resume:
// what an incoming transfer is written to is full, say.
func (t *Transfer) Pause() { t.paused = true }

// Resume ends a Pause.
func (t *Transfer) Resume() { t.paused = false }

// fail ends the transfer here and tells the peer.
func (t *Transfer) fail(err error, text string) {
	if t.done {
		return
	}
	k := kindRefuse
	if t.outgoing {
		k = kindCancel
	}
	t.mux.tell(&message{kind: k, number: t.number, rest: []byte(cut(text))})
	t.finish(err)
}

// finish ends the transfer.
func (t *Transfer) finish(err error) {
	if t.done {
		return
	}
	t.done, t.err = true, err
	if t.mux.opt.Done != nil {
		t.mux.opt.Done(t)
	}
}

func cut(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}

// take writes data that arrived.
func (t *Transfer) take(data []byte) {
	if int64(len(data)) > t.limit-t.moved {
		t.fail(fmt.Errorf("%w: more than was granted", ErrMalformed), "more than was granted")
		return
	}
	if t.size != Unknown && int64(len(data)) > t.size-t.moved {
		t.fail(fmt.Errorf("%w: more than was offered", ErrMalformed), "more than was offered")
		return
	}
	n, err := t.writer.Write(data)
	t.moved += int64(n)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err != nil {
		t.fail(err, "the receiver cannot write")
	}
}

// end takes the sender's word that it was all.
func (t *Transfer) end(total uint64) {
	if total != uint64(t.moved) || t.size != Unknown && t.moved != t.size {
		t.fail(fmt.Errorf("%w: %d bytes came of %d", ErrMalformed, t.moved, total), "bytes are missing")
		return
	}
	t.mux.tell(&message{kind: kindComplete, number: t.number})
	t.finish(nil)
}
