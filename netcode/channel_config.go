package netcode

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/channel"
)

// A ChannelMode says what a channel promises about its messages.
type ChannelMode uint8

// The modes of a channel.
const (
	// Unreliable messages arrive at most once, in any order.
	Unreliable ChannelMode = iota

	// UnreliableSequenced messages arrive at most once and never after a
	// newer one of the channel.
	UnreliableSequenced

	// ReliableOrdered messages arrive exactly once, in the order sent.
	ReliableOrdered

	// ReliableUnordered messages arrive exactly once, each as soon as it is
	// whole. A loss delays only the message it hit.
	ReliableUnordered

	// ReliableLatest messages are values of keys, see SendOptions.Key. Only
	// the newest value of a key is sent, and sent again until it arrives:
	// what was replaced before may never arrive, what arrives does so once,
	// and no value of a key arrives after a newer one.
	ReliableLatest
)

// String returns the mode's name.
func (m ChannelMode) String() string {
	switch m {
	case Unreliable:
		return "Unreliable"
	case UnreliableSequenced:
		return "UnreliableSequenced"
	case ReliableOrdered:
		return "ReliableOrdered"
	case ReliableUnordered:
		return "ReliableUnordered"
	case ReliableLatest:
		return "ReliableLatest"
	}
	return fmt.Sprintf("ChannelMode(%d)", uint8(m))
}

// reliable reports whether what is lost is sent again.
func (m ChannelMode) reliable() bool { return m >= ReliableOrdered }

// segmented reports whether the channel has reliable segments.
func (m ChannelMode) segmented() bool { return m == ReliableOrdered || m == ReliableUnordered }

// A Channel declares one channel. Both ends must declare the same channels:
// the same modes, MaxMessage, WindowBytes and MaxKeys. The rest concerns what
// this end sends.
type Channel struct {
	// Name is for people: errors and statistics. At most 32 bytes.
	Name string

	Mode ChannelMode

	// MaxMessage is the largest message, in bytes; larger ones are refused
	// with a *TooLargeError. If zero, 16 KiB for unreliable and 256 KiB for
	// reliable channels; at most 32 KiB and 1 MiB. For ReliableLatest 1,096,
	// which is what one packet carries, if zero, and at most.
	MaxMessage int

	// WindowBytes is how many bytes of unacknowledged messages a
	// ReliableOrdered or ReliableUnordered channel holds; a Send beyond it
	// returns ErrWindowFull. If zero, twice MaxMessage. At most 16 MiB. It
	// also bounds what a peer can make us hold.
	WindowBytes int

	// MaxKeys is how many keys a ReliableLatest channel has: 0 to MaxKeys-1.
	// If zero, 256. At most 16,384. A peer that uses others breaks the
	// protocol. It bounds the memory: 16 bytes a key for what is received,
	// 56 and the value for what is sent, up to the largest key in use.
	MaxKeys int

	// Priority is 0, the highest, to 15. What a channel wants to send goes
	// into a packet before everything of lower priorities, always: as long as
	// the higher ones fill what may be sent, the lower ones wait. Within a
	// priority unreliable messages go before reliable ones, and channels take
	// turns by Weight. Bulk transfers belong on a channel of low priority.
	Priority int

	// Weight is the channel's share among those of the same priority and
	// kind: with weights 1 and 3 and enough to send on both, the second sends
	// three times as many bytes. If zero, 1. At most 100.
	Weight int

	// Lifetime is how long messages are worth sending, if SendOptions do not
	// say otherwise. If zero, for ever. Not for ReliableOrdered, whose
	// messages cannot be left out.
	Lifetime time.Duration
}

// maxChannels is set by the four bits a frame has for the channel.
const maxChannels = 16

// Limits of a Channel. Fragments of unreliable messages are counted in a
// byte, but an unreliable message of n fragments arrives with probability
// (1-loss)^n: 32 KiB are 28 fragments, of which 3 % loss leaves 43 %.
const (
	defaultMaxUnreliable = 16 << 10
	limitMaxUnreliable   = 32 << 10
	defaultMaxReliable   = 256 << 10
	limitMaxReliable     = 1 << 20
	limitMaxLatest       = channel.MaxValue
	limitWindowBytes     = 16 << 20
	defaultMaxKeys       = 256
	limitMaxKeys         = channel.LimitKeys
	limitPriority        = 15
	limitWeight          = 100
)

// checkChannels returns a copy of channels with defaults filled in, and the
// largest message any of them takes.
func checkChannels(channels []Channel) (checked []Channel, largest int, err error) {
	if len(channels) == 0 || len(channels) > maxChannels {
		return nil, 0, fmt.Errorf("netcode: Config.Channels has %d channels, want 1 to %d", len(channels), maxChannels)
	}
	checked = append(checked, channels...)
	for i := range checked {
		if err := checked[i].check(); err != nil {
			return nil, 0, fmt.Errorf("netcode: Config.Channels[%d]%w", i, err)
		}
		largest = max(largest, checked[i].MaxMessage)
	}
	return checked, largest, nil
}

// check fills in defaults; its error continues "netcode: Config.Channels[i]".
func (ch *Channel) check() error {
	if ch.Mode > ReliableLatest {
		return fmt.Errorf(".Mode is %d, want 0 to %d", ch.Mode, ReliableLatest)
	}
	if err := ch.checkSizes(); err != nil {
		return err
	}
	if ch.Weight == 0 {
		ch.Weight = 1
	}
	switch {
	case len(ch.Name) > maxNameLen:
		return fmt.Errorf(".Name has %d bytes, want at most %d", len(ch.Name), maxNameLen)
	case ch.Priority < 0 || ch.Priority > limitPriority:
		return fmt.Errorf(".Priority is %d, want 0 to %d", ch.Priority, limitPriority)
	case ch.Weight < 1 || ch.Weight > limitWeight:
		return fmt.Errorf(".Weight is %d, want 1 to %d", ch.Weight, limitWeight)
	case ch.Lifetime < 0:
		return fmt.Errorf(".Lifetime is %v, want 0 or more", ch.Lifetime)
	case ch.Lifetime > 0 && ch.Mode == ReliableOrdered:
		return errors.New(".Lifetime is not for ReliableOrdered: none of its messages can be left out")
	}
	return nil
}

// checkSizes fills in and checks what both ends must agree on.
func (ch *Channel) checkSizes() error {
	limit, usual := limitMaxUnreliable, defaultMaxUnreliable
	switch {
	case ch.Mode == ReliableLatest:
		limit, usual = limitMaxLatest, limitMaxLatest
	case ch.Mode.reliable():
		limit, usual = limitMaxReliable, defaultMaxReliable
	}
	if ch.MaxMessage == 0 {
		ch.MaxMessage = usual
	}
	if ch.MaxMessage < 1 || ch.MaxMessage > limit {
		return fmt.Errorf(".MaxMessage is %d, want 1 to %d", ch.MaxMessage, limit)
	}
	switch {
	case !ch.Mode.segmented() && ch.WindowBytes != 0:
		return errors.New(".WindowBytes is for ReliableOrdered and ReliableUnordered only")
	case ch.Mode.segmented() && ch.WindowBytes == 0:
		ch.WindowBytes = 2 * ch.MaxMessage
	}
	if ch.Mode.segmented() && (ch.WindowBytes < ch.MaxMessage || ch.WindowBytes > limitWindowBytes) {
		return fmt.Errorf(".WindowBytes is %d, want MaxMessage (%d) to %d", ch.WindowBytes, ch.MaxMessage, limitWindowBytes)
	}
	switch {
	case ch.Mode != ReliableLatest && ch.MaxKeys != 0:
		return errors.New(".MaxKeys is for ReliableLatest only")
	case ch.Mode == ReliableLatest && ch.MaxKeys == 0:
		ch.MaxKeys = defaultMaxKeys
	case ch.MaxKeys < 0 || ch.MaxKeys > limitMaxKeys:
		return fmt.Errorf(".MaxKeys is %d, want 1 to %d", ch.MaxKeys, limitMaxKeys)
	}
	return nil
}
