package handshake

import (
	"github.com/reckon-engine/reckon/netcode/internal/cache"
	"github.com/reckon-engine/reckon/netcode/internal/pack"
)

// ReplayWindowLen is how many packet numbers, counted back from the newest, a
// ReplayWindow tells apart at least. WireGuard uses the same 8,128: 63 s at
// 128 packets a second, 0.8 s at 10,000.
const ReplayWindowLen = (replayBlocks - 1) * replayBlockBits

const (
	replayBlocks    = 128
	replayBlockBits = 64
)

// A ReplayWindow remembers which packets were received, so that none is taken
// twice. It follows RFC 6479: blocks of bits in a ring, of which one is always
// partly used, so that advancing clears whole blocks and shifts nothing.
//
//	◂─ refused as too old ─┤ 8,129 to 8,192 numbers ├─ accepted, not seen ─▸
//	                       oldest             newest
//
// Packet numbers never wrap. The window itself is exact up to 2⁶⁴−1: once that
// was marked everything newer would be 0 again, which it refuses as too old.
//
// The zero value has seen nothing and is ready to use. It takes about 1 KiB and
// is not safe for concurrent use.
type ReplayWindow struct {
	newest uint64
	blocks [replayBlocks]uint64
}

// Check reports whether number is neither seen nor too old. It changes nothing
// and is cheap enough to come before decryption.
func (w *ReplayWindow) Check(number uint64) bool {
	if number > w.newest {
		return true
	}
	if w.tooOld(number) {
		return false
	}
	block, bit := replayPosition(number)
	return w.blocks[block]&bit == 0
}

// Mark records number as seen. It may only be called for a packet that opened:
// otherwise a forged number pushes the window past all true ones. Marking a
// number that is too old does nothing.
func (w *ReplayWindow) Mark(number uint64) {
	if number > w.newest {
		w.advance(number)
	} else if w.tooOld(number) {
		return
	}
	block, bit := replayPosition(number)
	w.blocks[block] |= bit
}

// tooOld reports whether number ≤ newest lies in a block that the ring no
// longer holds. Both sides are differences: number+window would overflow
// (netcode's IMPLEMENTERS.md tells of a replay check that did).
func (w *ReplayWindow) tooOld(number uint64) bool {
	return w.newest/replayBlockBits-number/replayBlockBits >= replayBlocks
}

// advance makes number the newest and forgets the blocks this reuses.
func (w *ReplayWindow) advance(number uint64) {
	block := w.newest / replayBlockBits
	reused := min(number/replayBlockBits-block, replayBlocks)
	for i := uint64(1); i <= reused; i++ {
		w.blocks[(block+i)%replayBlocks] = 0
	}
	w.newest = number
}

// Touch brings what the next Check needs near the processor.
func (w *ReplayWindow) Touch() byte {
	return cache.Of(&w.blocks[w.newest/replayBlockBits%replayBlocks])
}

func replayPosition(number uint64) (block int, bit uint64) {
	return int(number / replayBlockBits % replayBlocks), 1 << (number % replayBlockBits)
}

// AppendState appends what was seen.
func (w *ReplayWindow) AppendState(b []byte) []byte {
	b = pack.Uint(b, w.newest)
	for _, block := range w.blocks {
		b = pack.Uint(b, block)
	}
	return b
}

// ConsumeState takes what AppendState appended.
func (w *ReplayWindow) ConsumeState(r *pack.Reader) {
	w.newest = r.Uint(MaxPacketNumber)
	for i := range w.blocks {
		w.blocks[i] = r.Uint(1<<64 - 1)
	}
}
