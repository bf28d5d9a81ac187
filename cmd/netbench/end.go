package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

// The channels of a measured connection.
const (
	channelMessages = iota // what is timed
	channelBlob            // what fills the link
	channelCount
)

// blobWindow holds what is in flight at 100 Mbit/s over 300 ms, twice: the
// blob is limited by the network and never by the window.
const blobWindow = 8 << 20

// blobPriority is the lowest there is.
const blobPriority = 15

// blobMessage is how much of a blob is handed over at once.
const blobMessage = 64 << 10

// newCore returns a core with default settings. Its chance follows from seed;
// the suite is one that every machine has, so that the bytes are the same.
func newCore(mode netcode.ChannelMode, seed uint64, maxConns int) (*netcode.Core, error) {
	return netcode.NewCore(netcode.Config{
		Game: netcode.Identity{Name: "netbench", Build: 1},
		Channels: []netcode.Channel{
			channelMessages: {Name: "messages", Mode: mode},
			channelBlob:     {Name: "blob", Mode: netcode.ReliableOrdered, WindowBytes: blobWindow, Priority: blobPriority},
		},
		Suite:    netcode.SuiteChaCha20Poly1305,
		MaxConns: maxConns, HandshakeRate: -1,
		Random: seeded(seed),
	})
}

// seeded returns a deterministic source of randomness for a Core.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// A script says what an end does once it is connected.
type script struct {
	interval time.Duration // between messages
	size     int           // of a message; at least headLen
	phase    time.Duration // until the first message
	count    uint64        // of messages
	duration time.Duration // the blob is fed for so long
	blob     bool          // keep the blob channel full as well

	// reliableEvery sends a reliable message with every message that is due
	// then; zero sends none.
	reliableEvery time.Duration
}

// headLen is the number and the time that a message begins with.
const headLen = 16

// An end is one side of a connection: it drives a Core, says what its script
// says, and times what it hears. It belongs to one goroutine.
type end struct {
	core   *netcode.Core
	script script
	epoch  time.Time // times in messages count from here

	conn    *netcode.Conn
	began   time.Time // the connection opened; zero before
	next    time.Time // message; zero before the first and after the last
	sent    uint64
	refused uint64 // messages that Send did not take
	blobs   uint64 // messages of the blob that Send took
	closed  error

	heard
	message [blobMessage]byte
}

// heard is what an end received.
type heard struct {
	times     []time.Duration // one way, of each message of the peer's script
	seen      []uint64        // bits by number
	newest    uint64          // number+1 of the newest message
	doubled   uint64          // messages that came twice
	disorder  uint64          // messages that came after a newer one
	payload   uint64          // bytes of the application, blob included
	blobBytes uint64          // of the blob until blobUntil
	blobUntil time.Time       // zero = for ever
}

// Advance does what is due at now.
func (e *end) Advance(now time.Time) {
	for event, ok := e.core.NextEvent(); ok; event, ok = e.core.NextEvent() {
		switch event.Kind {
		case netcode.EventConnected:
			e.conn, e.began = event.Conn, now
			if e.script.count > 0 {
				e.next = now.Add(e.script.phase)
			}
		case netcode.EventClosed:
			e.closed, e.next = event.Err, time.Time{}
		}
	}
	if e.conn == nil {
		return
	}
	e.listen(now)
	for !e.next.IsZero() && !e.next.After(now) {
		e.say(now)
	}
	if e.script.blob && e.closed == nil && now.Before(e.ends()) {
		e.fill(now)
	}
}

// NextDeadline returns when the next message is due.
func (e *end) NextDeadline() time.Time { return e.next }

// ends returns when the script is over.
func (e *end) ends() time.Time { return e.began.Add(e.script.duration) }

// say sends one message: its number, the time, and nothing of interest.
func (e *end) say(now time.Time) {
	m := e.message[:e.script.size]
	binary.LittleEndian.PutUint64(m, e.sent)
	binary.LittleEndian.PutUint64(m[8:headLen], uint64(now.Sub(e.epoch)))
	if _, err := e.conn.Send(now, channelMessages, m); err != nil {
		e.refused++
	}
	if every := e.script.reliableEvery; every > 0 && e.sent%uint64(every/e.script.interval) == 0 {
		if _, err := e.conn.Send(now, channelBlob, e.message[:reliableBytes]); err != nil {
			e.refused++
		}
	}
	e.sent++
	e.next = e.next.Add(e.script.interval)
	if e.sent == e.script.count {
		e.next = time.Time{}
	}
}

// fill hands over of the blob what there is room for.
func (e *end) fill(now time.Time) {
	for {
		if _, err := e.conn.Send(now, channelBlob, e.message[:]); err != nil {
			return
		}
		e.blobs++
	}
}

// listen takes what arrived.
func (e *end) listen(now time.Time) {
	for channel, m, ok := e.conn.Receive(); ok; channel, m, ok = e.conn.Receive() {
		e.payload += uint64(len(m))
		if channel == channelBlob {
			if e.blobUntil.IsZero() || !now.After(e.blobUntil) {
				e.blobBytes += uint64(len(m))
			}
			continue
		}
		number, sent := binary.LittleEndian.Uint64(m), binary.LittleEndian.Uint64(m[8:headLen])
		e.hear(number, now.Sub(e.epoch)-time.Duration(sent))
	}
	for _, ok := e.conn.NextNotice(); ok; _, ok = e.conn.NextNotice() {
	}
}

// hear files a message away.
func (h *heard) hear(number uint64, took time.Duration) {
	for uint64(len(h.seen)) <= number/64 {
		h.seen = append(h.seen, 0)
	}
	bit := uint64(1) << (number % 64)
	if h.seen[number/64]&bit != 0 {
		h.doubled++
		return
	}
	h.seen[number/64] |= bit
	h.times = append(h.times, took)
	if number+1 < h.newest {
		h.disorder++
	}
	h.newest = max(h.newest, number+1)
}

// check returns an error if the channel broke its promise.
func (h *heard) check(mode netcode.ChannelMode) error {
	switch {
	case h.doubled > 0:
		return fmt.Errorf("%d messages arrived twice", h.doubled)
	case h.disorder > 0 && (mode == netcode.ReliableOrdered || mode == netcode.UnreliableSequenced):
		return fmt.Errorf("%d messages arrived out of order", h.disorder)
	}
	return nil
}

var errNotConnected = errors.New("the two ends did not connect")

// A pair is the client and the server of one measured connection.
type pair struct{ client, server *end }

// newPair returns two ends that are not connected yet. Their ticks are out of
// step with each other, by how much follows from the seed.
func newPair(mode netcode.ChannelMode, up, down script, seed uint64, epoch time.Time) (p pair, err error) {
	server, err := newCore(mode, link.SubSeed(seed, 1), 1)
	if err != nil {
		return p, err
	}
	client, err := newCore(mode, link.SubSeed(seed, 2), 0)
	if err != nil {
		return p, err
	}
	random := rand.New(rand.NewPCG(seed, 3))
	for _, s := range []*script{&up, &down} {
		if s.count > 0 {
			s.phase = time.Duration(random.Int64N(int64(s.interval)))
		}
	}
	p.client = &end{core: client, script: up, epoch: epoch}
	p.server = &end{core: server, script: down, epoch: epoch}
	return p, nil
}

// check returns an error if the ends are not connected or a channel broke its
// promise.
func (p pair) check(mode netcode.ChannelMode) error {
	for _, e := range []*end{p.client, p.server} {
		switch {
		case e.conn == nil:
			return errNotConnected
		case e.closed != nil:
			return fmt.Errorf("the connection was lost: %w", e.closed)
		}
		if err := e.heard.check(mode); err != nil {
			return err
		}
	}
	return nil
}

// wireBytes returns what both ends sent, in bytes of UDP payload.
func (p pair) wireBytes() uint64 {
	return p.client.core.Stats().BytesOut + p.server.core.Stats().BytesOut
}

// payloadBytes returns what reached the applications.
func (p pair) payloadBytes() uint64 { return p.client.payload + p.server.payload }
