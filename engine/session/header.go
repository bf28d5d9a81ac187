package session

import (
	"encoding/binary"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

// A SnapshotHeader stands before every snapshot and tells a client how its
// inputs are doing.
type SnapshotHeader struct {
	Epoch uint8 // the client's timeline that Input and Slack are about

	HasInput bool        // whether Input means anything
	Input    engine.Tick // the newest input received

	// Slack is the least slack of the inputs received since the snapshot
	// before, if there were any.
	HasSlack bool
	Slack    Slack
}

// AppendSnapshotHeader appends h, which is about the client's inputs at the
// time of the snapshot of tick, to dst. The encoded snapshot follows.
//
//	7 6 5 4 3 2 1 0
//	0 0 0 0 S I E E   then Input-tick if I, then Slack if S: zigzag varints
func AppendSnapshotHeader(dst []byte, h SnapshotHeader, tick engine.Tick) []byte {
	flags := h.Epoch
	if h.HasInput {
		flags |= 1 << epochBits
	}
	if h.HasSlack {
		flags |= 2 << epochBits
	}
	dst = append(dst, flags)
	if h.HasInput {
		dst = binary.AppendUvarint(dst, bitio.Zigzag(int64(h.Input.Sub(tick))))
	}
	if h.HasSlack {
		dst = binary.AppendUvarint(dst, bitio.Zigzag(int64(h.Slack)))
	}
	return dst
}

// ConsumeSnapshotHeader reads a header and returns the tick of the snapshot
// and the snapshot itself, of which nothing but its own header was looked at.
func ConsumeSnapshotHeader(data []byte) (h SnapshotHeader, tick engine.Tick, encoded []byte, err error) {
	if len(data) < 1 || data[0]>>(epochBits+2) != 0 {
		return h, 0, nil, ErrMalformed
	}
	flags := data[0]
	data = data[1:]
	h.Epoch = flags & (1<<epochBits - 1)
	h.HasInput = flags&(1<<epochBits) != 0
	h.HasSlack = flags&(2<<epochBits) != 0
	ahead, slack := int64(0), int64(0)
	if h.HasInput {
		if ahead, data, err = consumeVarint(data); err != nil || ahead != int64(int32(ahead)) {
			return SnapshotHeader{}, 0, nil, ErrMalformed
		}
	}
	if h.HasSlack {
		if slack, data, err = consumeVarint(data); err != nil || slack < -maxSlack || slack > maxSlack {
			return SnapshotHeader{}, 0, nil, ErrMalformed
		}
	}
	tick, _, _, err = snapshot.Peek(data)
	if err != nil {
		return SnapshotHeader{}, 0, nil, ErrMalformed
	}
	if h.HasInput {
		h.Input = tick + engine.Tick(int32(ahead))
	}
	h.Slack = Slack(slack)
	return h, tick, data, nil
}

// consumeVarint reads a zigzag varint in its shortest form.
func consumeVarint(data []byte) (v int64, rest []byte, err error) {
	u, n := binary.Uvarint(data)
	if n <= 0 || n > 1 && data[n-1] == 0 {
		return 0, nil, ErrMalformed
	}
	return bitio.Unzigzag(u), data[n:], nil
}
