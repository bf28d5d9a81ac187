package netcode_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// The five modes of channels, in one packet each way of what a game may say.
func Example_channels() {
	const (
		state = iota
		input
		chat
		events
		scores
		level
	)
	channels := []netcode.Channel{
		// What is old as soon as the next one is there: no order, no repetition.
		state: {Name: "state", Mode: netcode.Unreliable, Lifetime: 50 * time.Millisecond},
		// The same, where an old one after a new one would do harm.
		input: {Name: "input", Mode: netcode.UnreliableSequenced},
		// All of it, in order: a lost line makes the next ones wait.
		chat: {Name: "chat", Mode: netcode.ReliableOrdered, Priority: 1},
		// All of it, each as soon as it is there.
		events: {Name: "events", Mode: netcode.ReliableUnordered, Weight: 2},
		// The newest value of each key.
		scores: {Name: "scores", Mode: netcode.ReliableLatest, MaxKeys: 64},
		// Large things, behind everything else.
		level: {Name: "level", Mode: netcode.ReliableOrdered, Priority: 9, MaxMessage: 1 << 20},
	}
	w := openWorld(channels)
	now, server, guest := w.now, w.server, w.client
	server.Send(now, state, []byte("positions"))
	server.SendWith(now, events, []byte("door opens"), netcode.SendOptions{Urgent: true, Notify: true})
	server.SendWith(now, scores, []byte("10"), netcode.SendOptions{Key: 3})
	server.SendWith(now, scores, []byte("11"), netcode.SendOptions{Key: 3}) // 10 never leaves
	server.Send(now, chat, []byte("hello"))
	_, err := server.Send(now, level, make([]byte, 2<<20))
	fmt.Println(err)
	w.exchange()
	for m, ok := guest.NextMessage(); ok; m, ok = guest.NextMessage() {
		fmt.Printf("%s, key %d: %s\n", channels[m.Channel].Name, m.Key, m.Data)
	}
	fmt.Println("replaced:", server.ChannelStats(scores).Replaced)
	// Output:
	// netcode: message of 2097152 bytes is larger than channel 5 (level) takes, 1048576
	// events, key 0: door opens
	// state, key 0: positions
	// scores, key 3: 11
	// chat, key 0: hello
	// replaced: 1
}

// A world is two cores in one program, without a network: what one sends, the
// other receives at once.
type world struct {
	now            time.Time
	cores          [2]*netcode.Core // server, client
	server, client *netcode.Conn    // the two ends of one connection
	to             int
}

var addresses = [2]netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:7777"), netip.MustParseAddrPort("10.0.0.2:5000")}

// SendDatagram delivers.
func (w *world) SendDatagram(_ netcode.Path, datagram []byte) {
	w.cores[w.to].Receive(w.now, netcode.Path{Remote: addresses[1-w.to]}, datagram)
}

// exchange lets both ends say what they have to say.
func (w *world) exchange() {
	for range 3 {
		for from, core := range w.cores {
			w.to = 1 - from
			core.Flush(w.now, w)
			if e, ok := core.NextEvent(); ok && from == 0 {
				w.server = e.Conn
			}
		}
	}
}

func openWorld(channels []netcode.Channel) *world {
	w := &world{now: time.Unix(0, 0)}
	for i := range w.cores {
		core, err := netcode.NewCore(netcode.Config{
			Game: netcode.Identity{Name: "example", Build: 1}, Channels: channels, MaxConns: 1 - i,
		})
		if err != nil {
			panic(err)
		}
		w.cores[i] = core
	}
	path := netcode.Path{Remote: addresses[0]}
	var err error
	if w.client, err = w.cores[1].Dial(w.now, path, netcode.DialOptions{ServerKey: w.cores[0].PublicKey()}); err != nil {
		panic(err)
	}
	w.exchange()
	w.exchange()
	return w
}
