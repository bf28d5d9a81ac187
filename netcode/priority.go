package netcode

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/reckon-engine/reckon/netcode/internal/channel"
)

// A channelSet has bit n set for channel n.
type channelSet uint16

func setOf(channel uint8) channelSet { return 1 << channel }

// first returns the least channel of a set that is not empty, and rest the set
// without it.
func (s channelSet) first() int       { return bits.TrailingZeros16(uint16(s)) }
func (s channelSet) rest() channelSet { return s & (s - 1) }

// reliableChannels returns those of a reliable mode.
func reliableChannels(channels []Channel) (set channelSet) {
	for i := range channels {
		if channels[i].Mode.reliable() {
			set |= setOf(uint8(i))
		}
	}
	return set
}

// A rank is the channels that take turns: those of one priority, and of them
// the unreliable or the reliable ones.
type rank struct {
	priority int
	reliable bool
	channels []uint8
	set      channelSet // the same
}

// rankChannels returns the ranks in the order in which they fill packets.
func rankChannels(channels []Channel) (ranks []rank) {
	for i := range channels {
		ch := &channels[i]
		at := slices.IndexFunc(ranks, func(r rank) bool {
			return r.priority == ch.Priority && r.reliable == ch.Mode.reliable()
		})
		if at < 0 {
			at = len(ranks)
			ranks = append(ranks, rank{priority: ch.Priority, reliable: ch.Mode.reliable()})
		}
		ranks[at].channels = append(ranks[at].channels, uint8(i))
		ranks[at].set |= setOf(uint8(i))
	}
	slices.SortStableFunc(ranks, func(a, b rank) int {
		if a.priority == b.priority && a.reliable != b.reliable {
			if b.reliable {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.priority, b.priority)
	})
	return ranks
}

// turnBytes is what a channel of weight 1 may send in its turn: at least the
// largest frame, with what goes before its data, so that who overdrew the last
// turn by as much as one can still sends something in every one. Otherwise a
// flush would end with something to send.
const turnBytes = channel.MaxSegment + 7

// sendRank lets the channels of a rank fill a packet by turns: deficit round
// robin (Shreedhar and Varghese, 1996), with what a turn overdraws taken off
// the next one. A turn that the end of the packet cuts short goes on in the
// next packet; what is left of this one goes to whoever fits.
func (c *Conn) sendRank(k *packing, r *rank, turn *uint8) {
	n := len(r.channels)
	at, stuck := int(*turn), false
	for idle := 0; idle < n; at = (at + 1) % n {
		i := r.channels[at]
		if c.busy&setOf(i) == 0 {
			if !stuck {
				*turn = uint8((at + 1) % n)
			}
			idle++
			continue
		}
		ch := &c.channels[i]
		took := false
		if ch.waiting() {
			if ch.deficit <= 0 {
				ch.deficit += int32(turnBytes * c.core.cfg.Channels[i].Weight)
			}
			for ch.deficit > 0 {
				size := c.offer(k, i)
				if size == 0 {
					break
				}
				ch.deficit -= int32(size)
				took = true
			}
		}
		if !ch.waiting() {
			ch.deficit = 0 // who has nothing to send saves nothing up
			c.busy &^= setOf(i)
		} else if ch.deficit > 0 {
			stuck = true
		}
		if !stuck {
			*turn = uint8((at + 1) % n)
		}
		if idle++; took {
			idle = 0
		}
	}
}
