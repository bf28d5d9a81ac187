package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

// Latest receives the values of a ReliableLatest channel: each version of a
// key at most once, and never after a newer one.
type Latest struct {
	MaxKeys  int
	MaxValue int

	Stale      uint64 // values that came after a newer one
	Duplicates uint64 // values that had arrived before

	known []known // by key; as long as the largest key that was seen needs
}

// known is what was received of one key. Whoever sends puts only the newest
// version into a packet, so that the packet's number says which is newer, and
// the version only whether it is the same.
type known struct {
	packet  uint64 // newest that carried the key
	version uint16
	any     bool
}

// Check reports whether f is a frame this channel can have.
func (l *Latest) Check(f *wire.Frame) error {
	if f.Kind != wire.FrameMessage {
		return ErrViolation
	}
	key, _, data, ok := consumeKey(f.Data)
	if !ok || int(key) >= l.MaxKeys || len(data) > l.MaxValue {
		return ErrViolation
	}
	return nil
}

// Add takes a checked frame from the packet of the given number and pushes
// its value on q if it is news.
func (l *Latest) Add(packet uint64, f *wire.Frame, q *Queue) {
	key, version, data, _ := consumeKey(f.Data)
	for int(key) >= len(l.known) {
		grown := make([]known, min(l.MaxKeys, max(8, 2*len(l.known), int(key)+1)))
		copy(grown, l.known)
		l.known = grown
	}
	k := &l.known[key]
	switch {
	case k.any && packet < k.packet:
		l.Stale++
	case k.any && version == k.version:
		l.Duplicates++
		k.packet = packet
	default:
		*k = known{packet, version, true}
		q.PushKey(f.Channel, key, data)
	}
}
