package rpc

import (
	"strings"
	"time"
)

// A handler takes a request's body.
type handler func(s *serving, body []byte)

// serving is a request of the peer's that was not answered yet.
type serving struct {
	peer     *Peer
	call     uint32
	deadline time.Time
	canceled bool // guarded by the Peer's lock
	answered bool
}

// Handle answers calls of a method, within Receive. An error's text goes to
// the caller as a *RemoteError. Registering a method again replaces it.
func Handle[Request, Response any](p *Peer, method string, answer func(Request) (Response, error)) {
	HandleAsync(p, method, func(r Request, reply *Reply[Response]) { reply.Done(answer(r)) })
}

// HandleAsync is like Handle for answers that take a while: whoever keeps the
// Reply answers later, from any goroutine.
func HandleAsync[Request, Response any](p *Peer, method string, ask func(Request, *Reply[Response])) {
	h := func(s *serving, body []byte) {
		var r Request
		if err := p.codec.Unmarshal(body, &r); err != nil {
			s.fail("the request cannot be decoded")
			return
		}
		ask(r, &Reply[Response]{s})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handlers[method] = h
}

// A Reply answers one call.
type Reply[Response any] struct{ s *serving }

// Done answers, once; further calls do nothing. It reports whether the answer
// was sent: not if the caller has canceled or its deadline has passed, or if
// the connection does not take it.
func (r *Reply[Response]) Done(response Response, err error) (sent bool) {
	if err != nil {
		return r.s.fail(err.Error())
	}
	body, err := r.s.peer.codec.Marshal(response)
	if err != nil {
		return r.s.fail("the response cannot be encoded")
	}
	return r.s.answer(&message{kind: kindResponse, body: body})
}

// Canceled reports whether nobody waits for the answer any more.
func (r *Reply[Response]) Canceled() bool {
	r.s.peer.mu.Lock()
	defer r.s.peer.mu.Unlock()
	return r.s.canceled
}

// Deadline returns until when the caller waits.
func (r *Reply[Response]) Deadline() time.Time { return r.s.deadline }

func (s *serving) fail(text string) (sent bool) {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return s.answer(&message{kind: kindFailure, body: []byte(text)})
}

func (s *serving) answer(m *message) (sent bool) {
	p := s.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.answered || s.canceled {
		return false
	}
	s.answered = true
	delete(p.serving, s.call)
	p.stats.Served++
	m.call = s.call
	return p.write(m) == nil
}

// accept returns what to do with a request, to be called unlocked; nil if it
// was refused.
func (p *Peer) accept(now time.Time, m *message) func(body []byte) {
	s := &serving{peer: p, call: m.call, deadline: now.Add(m.left)}
	h := p.handlers[m.method]
	switch {
	case p.closed != nil:
		return nil
	case p.serving[m.call] != nil:
		p.stats.Refused++ // a call number twice: the first one keeps it
		return nil
	case h == nil, len(p.serving) >= p.maxCalls:
		p.stats.Refused++
		text := "no such method"
		if h != nil {
			text = "too many calls at once"
		}
		_ = p.write(&message{kind: kindFailure, call: m.call, body: []byte(text)})
		return nil
	}
	p.serving[m.call] = s
	return func(body []byte) { h(s, body) }
}
