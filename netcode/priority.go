package netcode

import (
	"cmp"
	"slices"

	"github.com/reckon-engine/reckon/netcode/internal/channel"
)

// A rank is the channels that take turns: those of one priority, and of them
// the unreliable or the reliable ones.
type rank struct {
	priority int
	reliable bool
	channels []uint8
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
// largest frame's data, so that every turn sends something.
const turnBytes = channel.MaxSegment

// sendRank lets the channels of a rank fill a packet by turns: deficit round
// robin (Shreedhar and Varghese, 1996), with what a turn overdraws taken off
// the next one. A turn that the end of the packet cuts short goes on in the
// next packet; what is left of this one goes to whoever fits.
func (c *Conn) sendRank(k *packing, r *rank, turn *uint8) {
	n := len(r.channels)
	at, stuck := int(*turn), false
	for idle := 0; idle < n; at = (at + 1) % n {
		i := r.channels[at]
		ch := &c.channels[i]
		took := false
		if ch.waiting() {
			if ch.deficit <= 0 {
				ch.deficit += turnBytes * c.core.cfg.Channels[i].Weight
			}
			for ch.deficit > 0 {
				size := c.offer(k, i)
				if size == 0 {
					break
				}
				ch.deficit -= size
				took = true
			}
		}
		if !ch.waiting() {
			ch.deficit = 0 // who has nothing to send saves nothing up
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
