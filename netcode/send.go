package netcode

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/channel"
)

// SendOptions say how one message is sent. The zero value asks for nothing
// special.
type SendOptions struct {
	// Lifetime is how long the message is worth sending. An unreliable one
	// that has not left by then is dropped, and noticed as lost. A reliable
	// one that was not acknowledged by then is not sent again: it may arrive
	// or not. If zero, the channel's; if negative, for ever. Not for
	// ReliableOrdered, whose messages cannot be left out.
	Lifetime time.Duration

	// Urgent lets a message of at most 64 bytes on a reliable channel ride in
	// every packet until it is acknowledged, ahead of everything else and of
	// the congestion window: a loss costs it the time to the next packet
	// instead of a round trip. Eight may be urgent at a time in a connection;
	// the ninth is sent like any other message and counted in
	// ChannelStats.NotUrgent.
	Urgent bool

	// Notify asks for a Notice of a reliable message: delivered when the peer
	// has all of it (and hands it over in its turn), or lost when it was
	// given up or, on ReliableLatest, replaced. Unreliable messages always
	// have one.
	Notify bool

	// Key says whose value the message is on a ReliableLatest channel: 0 to
	// Channel.MaxKeys-1. It must be 0 on others.
	Key uint16
}

// Limits of urgent messages: all eight, with their frames, take less than
// half of a packet.
const (
	maxUrgent      = 8
	maxUrgentBytes = 64
)

// maxOutbox bounds the unreliable bytes of a channel between two flushes:
// more than a flush every 100 ms sends at 20 Mbit/s.
const maxOutbox = 256 << 10

// ErrOption means that SendOptions ask for what the channel cannot give. The
// error that wraps it says what.
var ErrOption = errors.New("netcode: option does not fit the channel")

// A TooLargeError tells which message was too large, and for which channel.
// errors.Is finds ErrTooLarge in it.
type TooLargeError struct {
	Channel int
	Name    string // of the channel
	Size    int    // bytes of the message
	Limit   int    // Channel.MaxMessage
}

// Error names the channel, the size and the limit.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("netcode: message of %d bytes is larger than channel %d (%s) takes, %d", e.Size, e.Channel, e.Name, e.Limit)
}

// Is reports that the error is an ErrTooLarge.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// Send queues a copy of message for the next Flush, without options; see
// SendWith.
func (c *Conn) Send(now time.Time, channel int, message []byte) (MessageID, error) {
	return c.SendWith(now, channel, message, SendOptions{})
}

// SendWith queues a copy of message for the next Flush. The ID returns in a
// Notice if the channel is unreliable, or if asked. The errors are
// ErrNotConnected, ErrClosed, ErrUnknownChannel, ErrWindowFull, a
// *TooLargeError and ErrOption; the connection goes on after each, and the
// message was not taken.
func (c *Conn) SendWith(now time.Time, channel int, message []byte, opt SendOptions) (MessageID, error) {
	switch {
	case c.state == StateClosed:
		return 0, ErrClosed
	case c.state == StateConnecting:
		return 0, ErrNotConnected
	case channel < 0 || channel >= len(c.channels):
		return 0, ErrUnknownChannel
	}
	cfg := &c.core.cfg.Channels[channel]
	if len(message) > cfg.MaxMessage {
		return 0, &TooLargeError{channel, cfg.Name, len(message), cfg.MaxMessage}
	}
	if opt != (SendOptions{}) {
		if err := opt.check(cfg, len(message)); err != nil {
			return 0, err
		}
	}
	var deadline time.Duration
	if lifetime := opt.lifetime(cfg); lifetime > 0 {
		deadline = max(c.clock(now)+lifetime, 0) // beyond the end of time is never
	}
	if !c.push(uint8(channel), message, opt, deadline) {
		return 0, ErrWindowFull
	}
	c.nextID++
	ch := &c.channels[channel]
	ch.counts.sent++
	ch.counts.bytesSent += uint64(len(message))
	c.touch(now)
	return c.nextID, nil
}

func (o *SendOptions) lifetime(cfg *Channel) time.Duration {
	if o.Lifetime != 0 {
		return o.Lifetime
	}
	return cfg.Lifetime
}

func (o *SendOptions) check(cfg *Channel, size int) error {
	switch {
	case o.Lifetime > 0 && cfg.Mode == ReliableOrdered:
		return fmt.Errorf("%w: Lifetime on %s: none of its messages can be left out", ErrOption, cfg.Mode)
	case o.Urgent && !cfg.Mode.reliable():
		return fmt.Errorf("%w: Urgent on %s: only what is sent again can ride again", ErrOption, cfg.Mode)
	case o.Urgent && size > maxUrgentBytes:
		return fmt.Errorf("%w: Urgent message of %d bytes, want at most %d", ErrOption, size, maxUrgentBytes)
	case o.Key != 0 && cfg.Mode != ReliableLatest:
		return fmt.Errorf("%w: Key %d on %s: only ReliableLatest has keys", ErrOption, o.Key, cfg.Mode)
	case cfg.Mode == ReliableLatest && int(o.Key) >= cfg.MaxKeys:
		return fmt.Errorf("%w: Key %d, MaxKeys is %d", ErrOption, o.Key, cfg.MaxKeys)
	}
	return nil
}

// push gives a message that will have the next ID to its channel. It reports
// false if there is no room.
func (c *Conn) push(i uint8, message []byte, opt SendOptions, deadline time.Duration) bool {
	ch, id := &c.channels[i], uint64(c.nextID+1)
	c.busy |= setOf(i)
	terms := channel.Terms{Deadline: deadline}
	if opt.Notify {
		terms.Notify = id
	}
	var number uint64
	switch {
	case ch.outgoing != nil:
		if !ch.outgoing.PushWith(message, terms) {
			return false
		}
		number = ch.outgoing.LastPushed()
	case ch.values != nil:
		var ok bool
		number, ok = ch.values.Push(opt.Key, message, terms)
		c.tell(i) // what it replaced
		if !ok {
			return false
		}
	default:
		if ch.outbox.Bytes()+len(message) > maxOutbox {
			return false
		}
		ch.outbox.Push(id, deadline, message)
		c.filled |= setOf(i)
		if n := channel.Fragments(len(message)); n > 1 {
			c.pieces = append(c.pieces, fragmented{id: MessageID(id), channel: i, left: n})
		}
		return true
	}
	if opt.Urgent {
		c.urge(i, number)
	}
	return true
}

// Writable returns how many bytes a Send on channel may have now: 0 to
// Channel.MaxMessage. It is 0 while the connection is not open, and on
// channels that do not exist.
func (c *Conn) Writable(channel int) int {
	if c.state != StateOpen || channel < 0 || channel >= len(c.channels) {
		return 0
	}
	ch, limit := &c.channels[channel], c.core.cfg.Channels[channel].MaxMessage
	switch {
	case ch.outgoing != nil:
		return max(0, min(limit, ch.outgoing.Room()))
	case ch.outbox != nil:
		return max(0, min(limit, maxOutbox-ch.outbox.Bytes()))
	}
	return limit
}

// Acknowledged returns how many bytes of messages on a reliable channel the
// peer has acknowledged since the connection began: the progress of a
// transfer. Zero for unreliable channels.
func (c *Conn) Acknowledged(channel int) (bytes uint64) {
	if channel < 0 || channel >= len(c.channels) {
		return 0
	}
	switch ch := &c.channels[channel]; {
	case ch.outgoing != nil:
		return ch.outgoing.AckedData
	case ch.values != nil:
		return ch.values.AckedData
	}
	return 0
}

// A Message is one that was received.
type Message struct {
	Channel int
	Key     uint16    // whose value it is, on ReliableLatest
	At      time.Time // when the packet that completed it was given to Core.Receive
	Data    []byte    // valid until the next call of a method of this Conn or its Core
}

// NextMessage takes the oldest received message.
func (c *Conn) NextMessage() (Message, bool) {
	t, ok := c.queue.Pop()
	if !ok {
		return Message{}, false
	}
	return Message{Channel: int(t.Channel), Key: t.Key, At: c.began.Add(t.Arrival), Data: t.Data}, true
}

// Receive takes the oldest received message, without what NextMessage knows
// besides. It is valid until the next call of Receive on this Conn or its
// Core.
func (c *Conn) Receive() (channel int, message []byte, ok bool) {
	t, ok := c.queue.Pop()
	return int(t.Channel), t.Data, ok
}
