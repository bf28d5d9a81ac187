package rpc

import (
	"context"
	"time"
)

// A Pending is a call under way.
type Pending[Response any] struct {
	peer *Peer
	id   uint32
	done chan struct{}

	// Written before done is closed.
	response Response
	err      error
}

// Start calls a method of the peer. The answer is in the Pending, at the latest
// when timeout has passed and Update was called. Start fails if the request
// cannot be encoded or sent.
func Start[Response, Request any](p *Peer, now time.Time, method string, r Request, timeout time.Duration) (*Pending[Response], error) {
	body, err := p.codec.Marshal(r)
	if err != nil {
		return nil, err
	}
	c := &Pending[Response]{peer: p, done: make(chan struct{})}
	c.id, err = p.start(now, method, body, timeout, func(body []byte, err error) {
		if err == nil {
			err = p.codec.Unmarshal(body, &c.response)
		}
		c.err = err
		close(c.done)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Done is closed when there is a result.
func (c *Pending[Response]) Done() <-chan struct{} { return c.done }

// Result returns the response or why there is none; done is false while the
// call is under way. Errors are *RemoteError, ErrDeadline, ErrCanceled,
// ErrClosed, or the codec's.
func (c *Pending[Response]) Result() (response Response, done bool, err error) {
	select {
	case <-c.done:
		return c.response, true, c.err
	default:
		return response, false, nil
	}
}

// Cancel gives the call up: its result is ErrCanceled, unless there was one
// already. The peer is told.
func (c *Pending[Response]) Cancel() { c.peer.cancel(c.id, ErrCanceled) }

// Call calls a method of the peer and waits for the answer, or for ctx. now is
// the time at which it is called; the deadline of ctx, or a minute if it has
// none, is how long the peer believes that somebody waits. Somebody else must
// pass messages to Receive meanwhile.
func Call[Response, Request any](ctx context.Context, p *Peer, now time.Time, method string, r Request) (Response, error) {
	timeout := defaultTimeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = deadline.Sub(now)
	}
	c, err := Start[Response](p, now, method, r, timeout)
	if err != nil {
		var none Response
		return none, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		p.cancel(c.id, ctx.Err())
		<-c.done // canceled, or answered at the same moment
	}
	return c.response, c.err
}

// defaultTimeout bounds what a peer holds for a call that nobody limits.
const defaultTimeout = time.Minute
