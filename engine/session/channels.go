package session

import (
	"errors"
	"time"
)

// ErrMalformed means that no encoder of this package writes such bytes.
var ErrMalformed = errors.New("session: malformed message")

// The channels, by their number on both sides.
const (
	ChannelSnapshot = 0
	ChannelInput    = 1
	ChannelOrdered  = 2

	// Channels is how many there are.
	Channels = 3
)

// Limits of messages, in bytes.
const (
	// MaxSnapshot is the largest snapshot sent. It travels in as many
	// fragments as it takes, and a lost one loses it: 32 KiB are 28.
	MaxSnapshot = 32 << 10

	// MaxInput is the largest input message, far more than [MaxInputs] of a
	// shooter's, and still one packet.
	MaxInput = 1000

	// MaxApplication is the largest application message.
	MaxApplication = 64 << 10
)

// epochBits is how many bits tell one timeline of a client from the next.
const epochBits = 2

// NextEpoch returns the epoch after e. A client enters it when it
// resynchronises: ticks it sent before mean nothing any more.
func NextEpoch(e uint8) uint8 { return (e + 1) & (1<<epochBits - 1) }

// slackSteps is the resolution of a slack, in steps per tick: 1 ms at 60 Hz.
const slackSteps = 16

// maxSlack bounds a slack on the wire, in steps: 128 ticks, beyond anything
// that is not answered by a resynchronisation.
const maxSlack = 128 * slackSteps

// A Slack is how long before its tick an input arrived, in 1/16 tick.
type Slack int16

// SlackOf returns d as a Slack of ticks of the given length, rounded down.
func SlackOf(d, interval time.Duration) Slack {
	steps := d * slackSteps / interval
	if steps*interval > d*slackSteps {
		steps--
	}
	return Slack(min(max(steps, -maxSlack), maxSlack))
}

// Duration returns s for ticks of the given length.
func (s Slack) Duration(interval time.Duration) time.Duration {
	return time.Duration(s) * interval / slackSteps
}
