package blob

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A Conn is what a Mux needs of a *netcode.Conn.
type Conn interface {
	Send(now time.Time, channel int, message []byte) (netcode.MessageID, error)
	Writable(channel int) int
	Acknowledged(channel int) (bytes uint64)
}

// Options configure a Mux.
type Options struct {
	// Channel is a ReliableOrdered channel that nothing else uses.
	Channel int

	// Accept decides about a transfer that the peer offers: where its bytes
	// go, or an error, whose text the peer is told. If nil, all are refused.
	// Writes happen within Receive; what is slow is wrapped in a buffer.
	Accept func(t *Transfer) (io.Writer, error)

	// Done, if not nil, is called when a transfer has ended, well or not.
	Done func(t *Transfer)

	// Chunk is how many bytes a message carries. If zero, 16 KiB: a cancel
	// waits for what is queued, and eight transfers take turns by chunks.
	Chunk int

	// Window is how many bytes of an incoming transfer may be on their way.
	// If zero, 4 MiB: 100 Mbit/s for 335 ms.
	Window int64

	// MaxTransfers bounds the transfers under way in each direction; Send
	// beyond it is ErrTooMany, and what the peer offers beyond it is refused.
	// If zero, 8.
	MaxTransfers int
}

const (
	defaultChunk        = 16 << 10
	defaultWindow       = 4 << 20
	defaultMaxTransfers = 8
	maxTold             = 256 // messages to the peer that wait for room
)

// ErrTooMany means that MaxTransfers transfers are under way.
var ErrTooMany = errors.New("blob: too many transfers at once")

// A Mux carries transfers over one connection, both ways.
type Mux struct {
	conn Conn
	opt  Options

	next     uint32
	outgoing []*Transfer // in turn
	incoming []*Transfer
	turn     int

	told   [][]byte // control messages that wait for room
	pushed uint64   // bytes ever given to the channel
	base   uint64   // acknowledged before the Mux began
	flying []chunk  // data not yet acknowledged, oldest first
	buffer []byte
}

// A chunk is data that was given to the connection.
type chunk struct {
	end      uint64 // pushed, after it
	transfer *Transfer
	bytes    int64
}

// New returns a Mux over conn, or an error that names the wrong option.
func New(conn Conn, opt Options) (*Mux, error) {
	if opt.Chunk == 0 {
		opt.Chunk = defaultChunk
	}
	if opt.Window == 0 {
		opt.Window = defaultWindow
	}
	if opt.MaxTransfers == 0 {
		opt.MaxTransfers = defaultMaxTransfers
	}
	switch {
	case opt.Chunk < 1 || opt.Chunk > 1<<20-headerBytes:
		return nil, fmt.Errorf("blob: Options.Chunk is %d, want 1 to %d", opt.Chunk, 1<<20-headerBytes)
	case opt.Window < int64(opt.Chunk):
		return nil, fmt.Errorf("blob: Options.Window is %d, less than Chunk, %d", opt.Window, opt.Chunk)
	case opt.MaxTransfers < 0:
		return nil, fmt.Errorf("blob: Options.MaxTransfers is %d, want 0 or more", opt.MaxTransfers)
	}
	if room := conn.Writable(opt.Channel); room < headerBytes+opt.Chunk {
		return nil, fmt.Errorf("blob: Options.Chunk is %d, and messages on channel %d may have %d bytes now, %d of them for blob; "+
			"New wants an open connection and an empty channel", opt.Chunk, opt.Channel, room, headerBytes)
	}
	return &Mux{
		conn: conn, opt: opt, base: conn.Acknowledged(opt.Channel),
		buffer: make([]byte, 0, headerBytes+opt.Chunk),
	}, nil
}

// Send offers size bytes of r to the peer, or, with Unknown, all it has. It is
// read within Update. name is for people, at most 255 bytes.
func (m *Mux) Send(name string, r io.Reader, size int64) (*Transfer, error) {
	switch {
	case len(name) > maxName:
		return nil, fmt.Errorf("blob: the name has %d bytes, want at most %d", len(name), maxName)
	case size < Unknown || size > maxSize:
		return nil, fmt.Errorf("blob: the size is %d, want %d to %d", size, Unknown, int64(maxSize))
	case len(m.outgoing) >= m.opt.MaxTransfers:
		return nil, ErrTooMany
	}
	m.next++
	t := &Transfer{mux: m, number: m.next, outgoing: true, name: name, size: size, reader: r}
	m.outgoing = append(m.outgoing, t)
	m.tell(&message{kind: kindOffer, number: t.number, value: uint64(size + 1), rest: []byte(name)})
	return t, nil
}

// Transfers returns those under way, outgoing ones first.
func (m *Mux) Transfers() []*Transfer {
	all := append([]*Transfer(nil), m.outgoing...)
	return append(all, m.incoming...)
}

// tell queues a message to the peer.
func (m *Mux) tell(msg *message) {
	if len(m.told) < maxTold { // more is of a peer that offers and does not listen
		m.told = append(m.told, msg.append(nil))
	}
}

// Close ends every transfer with ErrClosed. Call it when the connection is
// closed.
func (m *Mux) Close() {
	for _, t := range m.Transfers() {
		t.finish(ErrClosed)
	}
	m.outgoing, m.incoming, m.told, m.flying = nil, nil, nil, nil
}

// Update gives the connection as much as it has room for, and notes progress.
// Call it once a tick. The error is that of the connection.
func (m *Mux) Update(now time.Time) error {
	m.settle()
	for _, t := range m.incoming {
		m.grant(t)
	}
	for len(m.told) > 0 {
		if m.conn.Writable(m.opt.Channel) < len(m.told[0]) {
			return nil
		}
		if err := m.send(now, m.told[0]); err != nil {
			return err
		}
		m.told = m.told[1:]
	}
	for idle := 0; idle < len(m.outgoing); {
		if m.conn.Writable(m.opt.Channel) < headerBytes+m.opt.Chunk {
			break
		}
		m.turn = (m.turn + 1) % len(m.outgoing)
		sent, err := m.push(now, m.outgoing[m.turn])
		if err != nil {
			return err
		}
		if idle++; sent {
			idle = 0
		}
	}
	m.sweep()
	return nil
}

func (m *Mux) send(now time.Time, data []byte) error {
	if _, err := m.conn.Send(now, m.opt.Channel, data); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	m.pushed += uint64(len(data))
	return nil
}

// push gives the next chunk of t to the connection, if it has one.
func (m *Mux) push(now time.Time, t *Transfer) (sent bool, err error) {
	room := min(int64(m.opt.Chunk), t.limit-t.moved)
	if t.done || t.ended || t.paused || !t.granted || room <= 0 && t.moved != t.size {
		return false, nil
	}
	msg := message{kind: kindData, number: t.number}
	header := msg.append(m.buffer[:0])
	data := header[len(header) : len(header)+int(room)]
	n, err := io.ReadAtLeast(t.reader, data, 1)
	if n > 0 {
		if t.size != Unknown && int64(n) > t.size-t.moved {
			t.fail(errors.New("blob: the reader has more than the size"), "the sender's file has grown")
			return false, nil
		}
		if err := m.send(now, header[:len(header)+n]); err != nil {
			return false, err
		}
		t.moved += int64(n)
		m.flying = append(m.flying, chunk{m.pushed, t, int64(n)})
		return true, nil
	}
	switch {
	case room == 0: // nothing was asked of the reader
	case !errors.Is(err, io.EOF):
		t.fail(err, "the sender cannot read")
		return false, nil
	}
	if t.size != Unknown && t.moved != t.size {
		t.fail(io.ErrUnexpectedEOF, "the sender's file has shrunk")
		return false, nil
	}
	t.ended = true
	m.tell(&message{kind: kindEnd, number: t.number, value: uint64(t.moved)})
	return false, nil
}

// settle notes what the peer's connection has acknowledged.
func (m *Mux) settle() {
	acked := m.conn.Acknowledged(m.opt.Channel) - m.base
	n := 0
	for ; n < len(m.flying) && m.flying[n].end <= acked; n++ {
		if t := m.flying[n].transfer; !t.done {
			t.acked += m.flying[n].bytes
		}
	}
	m.flying = append(m.flying[:0], m.flying[n:]...)
}

// grant tells the sender of room, when there is half a window more.
func (m *Mux) grant(t *Transfer) {
	if limit := t.moved + m.opt.Window; !t.done && !t.paused && limit-t.limit >= m.opt.Window/2 {
		t.limit = limit
		m.tell(&message{kind: kindGrant, number: t.number, value: uint64(limit)})
	}
}

// sweep forgets what has ended.
func (m *Mux) sweep() {
	m.outgoing = living(m.outgoing)
	m.incoming = living(m.incoming)
}

func living(all []*Transfer) []*Transfer {
	alive := all[:0]
	for _, t := range all {
		if !t.done {
			alive = append(alive, t)
		}
	}
	clear(all[len(alive):])
	return alive
}

func find(all []*Transfer, number uint32) *Transfer {
	for _, t := range all {
		if t.number == number && !t.done {
			return t
		}
	}
	return nil
}

// Receive takes a message of the channel; the bytes are borrowed. What speaks
// of a transfer that has ended is ignored: it crossed a cancel. ErrMalformed
// means that the message was dropped.
func (m *Mux) Receive(data []byte) error {
	var msg message
	if err := msg.consume(data); err != nil {
		return err
	}
	if msg.kind == kindOffer {
		m.offered(&msg)
		return nil
	}
	side := m.incoming
	if msg.kind >= kindGrant {
		side = m.outgoing
	}
	t := find(side, msg.number)
	if t == nil {
		return nil
	}
	switch msg.kind {
	case kindData:
		t.take(msg.rest)
	case kindEnd:
		t.end(msg.value)
	case kindCancel, kindRefuse:
		t.finish(&PeerError{Text: string(msg.rest)})
	case kindGrant:
		t.granted, t.limit = true, max(t.limit, int64(msg.value))
	case kindComplete:
		if !t.ended {
			return ErrMalformed
		}
		t.acked = t.moved
		t.finish(nil)
	}
	return nil
}

// offered asks the application about a transfer.
func (m *Mux) offered(msg *message) {
	m.sweep()
	t := &Transfer{mux: m, number: msg.number, name: string(msg.rest), size: int64(msg.value) - 1}
	var err error
	switch {
	case find(m.incoming, msg.number) != nil:
		return // the first one of this number goes on
	case len(m.incoming) >= m.opt.MaxTransfers:
		err = ErrTooMany
	case m.opt.Accept == nil:
		err = errors.New("nothing is accepted here")
	default:
		t.writer, err = m.opt.Accept(t)
	}
	if err != nil {
		m.tell(&message{kind: kindRefuse, number: t.number, rest: []byte(cut(err.Error()))})
		return
	}
	if t.done {
		return // canceled within Accept
	}
	m.incoming = append(m.incoming, t)
	m.grant(t)
}
