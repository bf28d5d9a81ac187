package session_test

import (
	"fmt"

	"github.com/reckon-engine/reckon/engine/session"
)

// The first reliable message tells a client who it is.
func ExampleWelcome() {
	data := session.AppendWelcome(nil, session.Welcome{
		Player: 3, MaxPlayers: 16, SnapshotEvery: 1, TickRate: 60, Tick: 1000,
	})
	welcome, err := session.ConsumeWelcome(data)
	fmt.Printf("%d bytes: player %d of %d, %d ticks a second, %v\n",
		len(data), welcome.Player, welcome.MaxPlayers, welcome.TickRate, err)

	_, err = session.ConsumeWelcome(data[:len(data)-1])
	fmt.Println(err)
	// Output:
	// 10 bytes: player 3 of 16, 60 ticks a second, <nil>
	// session: malformed message
}
