package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

var errCookies = errors.New("not every question had a cookie for an answer")

// playerHello is what players say of themselves.
const playerHello = "player"

// floodLoad is the process flood-players.
type floodLoad struct {
	*coreLoad
	crowd newcomers
}

func (c *child) floodPlayers() error {
	server, err := netip.ParseAddrPort(c.server)
	if err != nil {
		return err
	}
	socket, err := openBatch(netip.MustParseAddrPort("0.0.0.0:0"), true)
	if err != nil {
		return err
	}
	l := &floodLoad{coreLoad: &coreLoad{child: c, socket: socket, server: server, hello: playerHello}}
	if err := l.connect(); err != nil {
		return err
	}
	c.say(report{})
	if err := c.startTicks(0.5); err != nil {
		return err
	}
	err = c.run(l)
	l.crowd.stop()
	return errors.Join(err, l.err)
}

// mark implements marker: the newcomers come.
func (l *floodLoad) mark() { l.crowd.start(l.child.newcomers, l.server, l.key) }

// detail implements marker.
func (l *floodLoad) detail(r *report) {
	l.crowd.over.Store(true) // who is connecting just now does not count
	l.crowd.mutex.Lock()
	defer l.crowd.mutex.Unlock()
	r.Times = slices.Clone(l.crowd.times)
	if l.crowd.err != nil {
		r.Error = l.crowd.err.Error()
	}
}

// arrivalSpace lies between two newcomers of one place: what they compute takes
// the flooder's time.
const arrivalSpace = 200 * time.Millisecond

// newcomers connect one after another, in several places at a time.
type newcomers struct {
	group sync.WaitGroup
	over  atomic.Bool

	mutex sync.Mutex
	times []float64 // seconds; connectLimit and more for those who gave up
	err   error
}

func (n *newcomers) start(places int, server netip.AddrPort, key string) {
	for place := range places {
		n.group.Go(func() {
			for number := 0; !n.over.Load(); number++ {
				took, err := arrive(place, number, server, key)
				n.mutex.Lock()
				time.Sleep(arrivalSpace - took)
				if err == nil {
					n.times = append(n.times, took.Seconds())
				} else {
					n.err = err
				}
				n.mutex.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
}

func (n *newcomers) stop() {
	n.over.Store(true)
	n.group.Wait()
}

// arrive connects through a socket and an address of its own, and leaves.
func arrive(place, number int, server netip.AddrPort, keyText string) (took time.Duration, err error) {
	var key [32]byte
	if _, err = hex.Decode(key[:], []byte(keyText)); err != nil {
		return 0, err
	}
	core, err := netcode.NewCore(floodConfig(0))
	if err != nil {
		return 0, err
	}
	bind := fmt.Sprintf("127.2.%d.%d:0", place, number%250+1)
	endpoint, err := netcode.Listen(bind, core, netcode.EndpointOptions{ReceiveBufferBytes: 64 << 10, SendBufferBytes: 64 << 10, Batch: 8})
	if err != nil {
		return 0, err
	}
	defer endpoint.Close()
	begun := time.Now()
	conn, err := core.Dial(begun, netcode.Path{Remote: server}, netcode.DialOptions{ServerKey: key})
	if err != nil {
		return 0, err
	}
	limit := begun.Add(connectLimit + connectLimit/10)
	for conn.State() == netcode.StateConnecting && time.Now().Before(limit) {
		if err := endpoint.Wait(limit); err != nil {
			return 0, err
		}
	}
	took = time.Since(begun)
	if conn.State() == netcode.StateClosed {
		return 0, conn.Err()
	}
	conn.Close(time.Now(), netcode.CloseNormal, "")
	endpoint.Flush(time.Now())
	return took, nil
}
