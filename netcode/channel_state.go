package netcode

import (
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/channel"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A channelState is one channel of a connection. Which fields are set depends
// on its mode.
type channelState struct {
	outbox  *channel.Outbox // unreliable
	inbound *channel.Inbound

	reliable resender          // outgoing or values
	outgoing *channel.Outgoing // reliable, ordered or not
	incoming *channel.Incoming
	values   *channel.Values // ReliableLatest
	latest   *channel.Latest

	counts channelCounts

	deficit   int32  // bytes it may send in its turn; see sendRank
	notUrgent uint32 // urgent ones beyond eight
}

// A resender sends content until it is acknowledged.
type resender interface {
	Waiting() bool
	Idle() bool
	Next(now time.Duration, room int, packet uint64, f *wire.Frame) (number uint64, ok bool)
	Urge(now time.Duration, number uint64, room int, packet uint64, f *wire.Frame) (ok, done bool)
	Acked(number uint64)
	Lost(number, packet uint64)
}

func newChannelState(i int, cfg *Channel) (ch channelState) {
	switch id := uint8(i); cfg.Mode {
	case ReliableOrdered, ReliableUnordered:
		ch.outgoing = &channel.Outgoing{Channel: id, WindowBytes: cfg.WindowBytes}
		ch.incoming = &channel.Incoming{
			MaxMessage: cfg.MaxMessage, WindowBytes: cfg.WindowBytes, Unordered: cfg.Mode == ReliableUnordered,
		}
		ch.reliable = ch.outgoing
	case ReliableLatest:
		ch.values = &channel.Values{Channel: id, MaxKeys: cfg.MaxKeys}
		ch.latest = &channel.Latest{MaxKeys: cfg.MaxKeys, MaxValue: cfg.MaxMessage}
		ch.reliable = ch.values
	default:
		ch.outbox = &channel.Outbox{Channel: id}
		ch.inbound = &channel.Inbound{Sequenced: cfg.Mode == UnreliableSequenced, MaxMessage: cfg.MaxMessage}
	}
	return ch
}

// check reports whether a frame is one the channel can have now.
func (ch *channelState) check(packet uint64, f *wire.Frame) error {
	switch {
	case ch.incoming != nil:
		return ch.incoming.Check(packet, f)
	case ch.latest != nil:
		return ch.latest.Check(f)
	}
	return ch.inbound.Check(f)
}

// add takes a checked frame. It reports not taken if the packet must not be
// acknowledged.
func (ch *channelState) add(packet uint64, f *wire.Frame, q *channel.Queue) (taken bool, err error) {
	messages, bytes := q.Pushed, q.PushedBytes
	taken = true
	switch {
	case ch.incoming != nil:
		err = ch.incoming.Add(packet, f, q)
	case ch.latest != nil:
		ch.latest.Add(packet, f, q)
	default:
		taken = ch.inbound.Add(packet, f, q)
	}
	ch.counts.received += q.Pushed - messages
	ch.counts.bytesReceived += q.PushedBytes - bytes
	return taken, err
}

// waiting reports whether the channel has anything to send.
func (ch *channelState) waiting() bool {
	if ch.outbox != nil {
		return ch.outbox.Waiting()
	}
	return ch.reliable.Waiting()
}

// forget gives back what the channel held; its counters stay.
func (ch *channelState) forget() {
	switch {
	case ch.incoming != nil:
		ch.outgoing.Forget()
		ch.incoming.Forget()
	case ch.latest != nil:
		ch.values.Forget()
		ch.latest.Forget()
	default:
		ch.outbox.Forget()
		ch.inbound.Forget()
	}
}

// forgetTraffic gives back the memory of a connection that is over: it may be
// remembered for long, for its ticket or by the application, and what a peer
// made it hold must not be. Messages and notices not taken stay.
func (c *Conn) forgetTraffic() {
	for i := range c.channels {
		c.channels[i].forget()
	}
	c.in.Forget()
	c.out.Forget()
	c.busy, c.filled, c.urgent, c.pieces = 0, 0, nil, nil
	c.ride, c.others, c.shaking = redundancy{}, nil, nil
}

// tell turns what became of messages into notices.
func (c *Conn) tell(i uint8) {
	ch := &c.channels[i]
	var fates *[]channel.Fate
	switch {
	case ch.outgoing != nil:
		fates = &ch.outgoing.Fates
	case ch.values != nil:
		fates = &ch.values.Fates
	default:
		for _, id := range ch.outbox.Expired {
			ch.counts.expired++
			c.pieces = slices.DeleteFunc(c.pieces, func(f fragmented) bool { return f.id == MessageID(id) })
			c.noteUnreliable(ack.Item{Channel: i, Number: id}, false)
		}
		ch.outbox.Expired = ch.outbox.Expired[:0]
		return
	}
	for _, fate := range *fates {
		c.notices.push(Notice{MessageID(fate.ID), int(i), fate.Delivered})
	}
	*fates = (*fates)[:0]
}
