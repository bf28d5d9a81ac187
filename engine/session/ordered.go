package session

import (
	"encoding/binary"

	"github.com/reckon-engine/reckon/engine"
)

// The kinds of message in the ordered channel: their first byte. Append only:
// the values are part of the protocol.
const (
	KindWelcome     = 0 // to the client, once and first
	KindApplication = 1 // the rest of the message is the application's
)

// A Welcome tells a client who it is and how the game runs.
type Welcome struct {
	Player        engine.PlayerID
	MaxPlayers    uint8       // 1..255, more than Player
	SnapshotEvery uint8       // ticks from one snapshot to the next, 1..32
	TickRate      uint16      // ticks a second, 1..1000
	Tick          engine.Tick // the server's, when it was written
}

const welcomeLen = 1 + 1 + 1 + 1 + 2 + 4

// MaxTickRate is the highest tick rate, in Hz.
const MaxTickRate = 1000

// MaxSnapshotEvery is the largest number of ticks between snapshots.
const MaxSnapshotEvery = 32

// AppendWelcome appends w with its kind to dst.
func AppendWelcome(dst []byte, w Welcome) []byte {
	dst = append(dst, KindWelcome, byte(w.Player), w.MaxPlayers, w.SnapshotEvery)
	dst = binary.LittleEndian.AppendUint16(dst, w.TickRate)
	return binary.LittleEndian.AppendUint32(dst, uint32(w.Tick))
}

// ConsumeWelcome reads a whole message of [KindWelcome].
func ConsumeWelcome(data []byte) (Welcome, error) {
	if len(data) != welcomeLen || data[0] != KindWelcome {
		return Welcome{}, ErrMalformed
	}
	w := Welcome{
		Player:        engine.PlayerID(data[1]),
		MaxPlayers:    data[2],
		SnapshotEvery: data[3],
		TickRate:      binary.LittleEndian.Uint16(data[4:]),
		Tick:          engine.Tick(binary.LittleEndian.Uint32(data[6:])),
	}
	switch {
	case uint8(w.Player) >= w.MaxPlayers,
		w.SnapshotEvery < 1, w.SnapshotEvery > MaxSnapshotEvery,
		w.TickRate < 1, w.TickRate > MaxTickRate:
		return Welcome{}, ErrMalformed
	}
	return w, nil
}

// AppendApplication appends an application's message with its kind to dst.
func AppendApplication(dst, message []byte) []byte {
	return append(append(dst, KindApplication), message...)
}

// ConsumeApplication returns the application's message within data.
func ConsumeApplication(data []byte) ([]byte, error) {
	if len(data) < 1 || data[0] != KindApplication {
		return nil, ErrMalformed
	}
	return data[1:], nil
}
