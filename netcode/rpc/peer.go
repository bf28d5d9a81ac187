package rpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Errors of calls.
var (
	// ErrDeadline means that no answer came in time.
	ErrDeadline = errors.New("rpc: no answer before the deadline")

	// ErrCanceled means that the caller canceled.
	ErrCanceled = errors.New("rpc: canceled")

	// ErrClosed means that the connection ended first.
	ErrClosed = errors.New("rpc: connection is closed")

	// ErrTooMany means that Options.MaxCalls calls are under way.
	ErrTooMany = errors.New("rpc: too many calls at once")
)

// A RemoteError is what the peer's handler answered instead of a response.
type RemoteError struct {
	Method string
	Text   string // of the handler's error; not to be trusted
}

// Error returns the method and the text.
func (e *RemoteError) Error() string { return "rpc: " + e.Method + ": " + e.Text }

// A Codec turns values into bytes and back.
type Codec interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte, v any) error
}

type jsonCodec struct{}

func (jsonCodec) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (jsonCodec) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

// Options configure a Peer.
type Options struct {
	// Send gives a message to the connection; it copies. It is called with
	// the Peer locked, and must not call the Peer. An error ends the call it
	// was for.
	Send func(message []byte) error

	// Codec encodes requests and responses. If nil, JSON.
	Codec Codec

	// MaxCalls bounds the calls under way in each direction, so that neither
	// end can make the other hold more. If zero, 256.
	MaxCalls int
}

const defaultMaxCalls = 256

// Stats counts since New.
type Stats struct {
	Calls     uint64 // started
	Answered  uint64 // of these, with a response or a failure
	Served    uint64 // requests of the peer that were answered
	Refused   uint64 // requests of the peer that were not heard: unknown method, too many, malformed
	Malformed uint64 // messages dropped
	Late      uint64 // answers that came after the call had ended
}

// A Peer is one end of the calls over one channel. It is safe for concurrent
// use; handlers run within Receive and may start calls.
type Peer struct {
	send     func([]byte) error
	codec    Codec
	maxCalls int

	mu       sync.Mutex
	handlers map[string]handler
	calls    map[uint32]*pending // ours
	serving  map[uint32]*serving // the peer's
	next     uint32
	closed   error
	stats    Stats
	out      []byte
}

// pending is a call of ours.
type pending struct {
	method   string
	deadline time.Time
	finish   func(body []byte, err error) // with the Peer locked
}

// New returns a Peer without handlers.
func New(opt Options) *Peer {
	p := &Peer{
		send: opt.Send, codec: opt.Codec, maxCalls: opt.MaxCalls,
		handlers: map[string]handler{}, calls: map[uint32]*pending{}, serving: map[uint32]*serving{},
	}
	if p.codec == nil {
		p.codec = jsonCodec{}
	}
	if p.maxCalls <= 0 {
		p.maxCalls = defaultMaxCalls
	}
	return p
}

// Stats returns the counters.
func (p *Peer) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// start sends a request. finish is called exactly once, unless start fails.
func (p *Peer) start(now time.Time, method string, body []byte, timeout time.Duration, finish func([]byte, error)) (uint32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed != nil:
		return 0, p.closed
	case len(method) > maxMethod:
		return 0, fmt.Errorf("rpc: method %.20q… has %d bytes, want at most %d", method, len(method), maxMethod)
	case timeout <= 0:
		return 0, ErrDeadline
	case len(p.calls) >= p.maxCalls:
		return 0, ErrTooMany
	}
	for p.next++; p.calls[p.next] != nil; p.next++ {
	}
	id := p.next
	left := min(timeout, (1<<32-1)*time.Millisecond)
	if err := p.write(&message{kind: kindRequest, call: id, left: left, method: method, body: body}); err != nil {
		return 0, err
	}
	p.calls[id] = &pending{method: method, deadline: now.Add(timeout), finish: finish}
	p.stats.Calls++
	return id, nil
}

func (p *Peer) write(m *message) error {
	p.out = m.append(p.out[:0])
	return p.send(p.out)
}

// Update ends calls whose deadline has passed. Call it once a frame.
func (p *Peer) Update(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, c := range p.calls {
		if !now.Before(c.deadline) {
			p.end(id, c, nil, ErrDeadline)
		}
	}
	for id, s := range p.serving {
		if !now.Before(s.deadline) {
			s.canceled = true // nobody waits for the answer any more
			delete(p.serving, id)
		}
	}
}

// NextDeadline returns when Update has something to do; the zero time if no
// call is under way.
func (p *Peer) NextDeadline() (t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if t.IsZero() || c.deadline.Before(t) {
			t = c.deadline
		}
	}
	return t
}

// end finishes a call of ours.
func (p *Peer) end(id uint32, c *pending, body []byte, err error) {
	delete(p.calls, id)
	c.finish(body, err)
}

// cancel gives a call up and tells the peer, as well as can be.
func (p *Peer) cancel(id uint32, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.calls[id]
	if c == nil {
		return
	}
	p.end(id, c, nil, err)
	_ = p.write(&message{kind: kindCancel, call: id}) // the peer's deadline remains
}

// Close ends every call with ErrClosed. Call it when the connection is closed.
func (p *Peer) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = ErrClosed
	for id, c := range p.calls {
		p.end(id, c, nil, ErrClosed)
	}
	for id, s := range p.serving {
		s.canceled = true
		delete(p.serving, id)
	}
}

// Receive takes a message of the channel that arrived at now; the bytes are
// borrowed. ErrMalformed means that it was dropped and counted: the connection
// may go on.
func (p *Peer) Receive(now time.Time, data []byte) error {
	var m message
	p.mu.Lock()
	if err := m.consume(data); err != nil {
		p.stats.Malformed++
		p.mu.Unlock()
		return err
	}
	if m.kind == kindRequest {
		serve := p.accept(now, &m)
		p.mu.Unlock()
		if serve != nil {
			serve(m.body) // unlocked, so that a handler may call the Peer
		}
		return nil
	}
	defer p.mu.Unlock()
	p.settle(&m)
	return nil
}

// settle takes what the peer says of a call.
func (p *Peer) settle(m *message) {
	if m.kind == kindCancel {
		if s := p.serving[m.call]; s != nil {
			s.canceled = true
			delete(p.serving, m.call)
		}
		return
	}
	c := p.calls[m.call]
	if c == nil {
		p.stats.Late++
		return
	}
	p.stats.Answered++
	if m.kind == kindFailure {
		p.end(m.call, c, nil, &RemoteError{Method: c.method, Text: string(m.body)})
		return
	}
	p.end(m.call, c, m.body, nil)
}
