package compare

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

// newCore returns a core with one channel and default settings. Its chance
// follows from seed; the suite is one that every machine has, so that the
// bytes are the same.
func newCore(mode netcode.ChannelMode, seed uint64, maxConns int) (*netcode.Core, error) {
	return netcode.NewCore(netcode.Config{
		Game:     netcode.Identity{Name: "netsim compare", Build: 1},
		Channels: []netcode.Channel{{Name: "positions", Mode: mode}},
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

// newCores returns a client and a server.
func newCores(mode netcode.ChannelMode, seed uint64) (client, server *netcode.Core, err error) {
	if server, err = newCore(mode, link.SubSeed(seed, 1), 1); err != nil {
		return nil, nil, err
	}
	client, err = newCore(mode, link.SubSeed(seed, 2), 0)
	return client, server, err
}

// modeOf returns the mode of our channel for a subject.
func modeOf(name string) netcode.ChannelMode {
	if name == OursState {
		return netcode.Unreliable
	}
	return netcode.ReliableOrdered
}

// ours is a transport over our protocol.
type ours struct {
	*netcode.Core
	conn   *netcode.Conn
	closed error
}

// Ready implements transport.
func (o *ours) Ready() bool {
	for event, ok := o.NextEvent(); ok; event, ok = o.NextEvent() {
		switch event.Kind {
		case netcode.EventConnected:
			o.conn = event.Conn
		case netcode.EventClosed:
			o.closed = event.Err
		}
	}
	return o.conn != nil
}

// Send implements transport. A full window refuses: that message counts as
// lost.
func (o *ours) Send(now time.Time, message []byte) {
	_, _ = o.conn.Send(now, 0, message)
}

// Next implements transport.
func (o *ours) Next() ([]byte, bool) {
	if !o.Ready() {
		return nil, false
	}
	for _, ok := o.conn.NextNotice(); ok; _, ok = o.conn.NextNotice() {
	}
	_, message, ok := o.conn.Receive()
	return message, ok
}
