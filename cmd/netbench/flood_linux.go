package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// connectLimit is how long a newcomer may take.
const connectLimit = 2 * time.Second

// measure runs a server, players and a flooder.
func (o *floodOptions) measure(ctx context.Context, stderr io.Writer) (*floodFigures, error) {
	cores, err := twoCores()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var children []*process
	defer func() {
		for _, p := range children {
			p.end()
		}
	}()
	begin := func(core int, args ...string) (*process, report, error) {
		p, err := start(ctx, core, append(args, "--hz", strconv.Itoa(o.hz)))
		if err != nil {
			return nil, report{}, err
		}
		children = append(children, p)
		r, err := p.hear()
		return p, r, err
	}
	server, hello, err := begin(cores[0], "flood-server", "--listen", "127.0.0.1:0", "--n", strconv.Itoa(o.n), "--buffer", strconv.Itoa(o.buffer))
	if err != nil {
		return nil, err
	}
	to := []string{"--server", hello.Address, "--key", hello.Key}
	players, _, err := begin(cores[1], append([]string{"flood-players", "--n", strconv.Itoa(o.n), "--newcomers", strconv.Itoa(o.newcomers)}, to...)...)
	if err != nil {
		return nil, err
	}
	flooder, _, err := begin(cores[1], append([]string{"flood-raw", "--rate", strconv.Itoa(o.rate), "--kind", o.kind}, to...)...)
	if err != nil {
		return nil, err
	}
	return o.talk(ctx, server, players, flooder)
}

// talk leads the three through the flood.
func (o *floodOptions) talk(ctx context.Context, server, players, flooder *process) (*floodFigures, error) {
	before, err := server.ask(sayIdle)
	if err != nil {
		return nil, err
	}
	for _, step := range []struct {
		word string
		wait time.Duration
	}{{sayGo, time.Second}, {sayBegin, o.seconds}} {
		for _, p := range []*process{flooder, players, server} {
			p.tell(step.word)
		}
		if err := pause(ctx, step.wait); err != nil {
			return nil, err
		}
	}
	var ends [3]report
	for i, p := range []*process{players, server, flooder} { // what is under way arrives while the flood goes on
		if ends[i], err = p.ask(sayEnd); err != nil {
			return nil, err
		}
		if i == 0 {
			if err := pause(ctx, drainTime); err != nil {
				return nil, err
			}
		}
	}
	after, err := server.ask(sayIdle)
	if err != nil {
		return nil, err
	}
	atPlayers, err := players.ask(sayStop)
	if err != nil {
		return nil, err
	}
	atServer, err := server.ask(sayStop)
	if err != nil {
		return nil, err
	}
	return floodResult(before, after, atPlayers, atServer, ends), nil
}

func floodResult(before, after, atPlayers, atServer report, ends [3]report) *floodFigures {
	load, server, flooder := ends[0], ends[1], ends[2]
	slices.Sort(load.Times)
	var times sample
	inTime := 0
	for _, seconds := range load.Times {
		took := time.Duration(seconds * float64(time.Second))
		times = append(times, took)
		if took <= connectLimit {
			inTime++
		}
	}
	ms := func(d time.Duration) float64 { return rounded(d.Seconds()*1000, 1) }
	cookie := server.Cookie * 1e6
	return &floodFigures{
		Rate:      rounded(float64(flooder.Packets)/flooder.Wall, 0),
		Connects:  rounded(share(float64(inTime), float64(len(times))), 5),
		Newcomers: len(times), P50: ms(times.percentile(50)), P99: ms(times.percentile(99)),
		Delivery:   rounded(share(float64(atPlayers.Received+atServer.Received), float64(atPlayers.Sent+atServer.Sent)), 5),
		HeapGrowth: after.Idle - before.Idle,
		BytesIn:    server.BytesIn, BytesOut: server.BytesOut, Overflowed: server.Overflowed,
		Busy: rounded(server.CPU/server.Wall, 3), LoadBusy: rounded((load.CPU+flooder.CPU)/flooder.Wall, 3),
		CookieTime: rounded(cookie, 2),
		CookieCPU:  rounded(cookie/1e6*float64(server.Cookies)/server.Wall, 5),
		CookieCap:  rounded(cookie/1e6*netcodeMaxCookies, 5),
	}
}

// netcodeMaxCookies is how many cookies a second a server makes at most
// (maxCookies in netcode/gate.go).
const netcodeMaxCookies = 20_000

// floodConfig is of the game that is flooded.
func floodConfig(conns int) netcode.Config {
	return netcode.Config{Game: netcode.Identity{Name: "netbench", Build: 1}, Channels: w1Channels(), MaxConns: conns}
}

// capture keeps what a Core sends.
type capture struct{ datagrams [][]byte }

func (c *capture) SendDatagram(_ netcode.Path, datagram []byte) {
	c.datagrams = append(c.datagrams, slices.Clone(datagram))
}

// firstDatagrams returns the Hello and the Initiate of a handshake.
func firstDatagrams(key [32]byte, server netcode.Path) (hello, initiate []byte, err error) {
	serving, err := netcode.NewCore(floodConfig(1))
	if err != nil {
		return nil, nil, err
	}
	core, err := netcode.NewCore(floodConfig(0))
	if err != nil {
		return nil, nil, err
	}
	now := time.Unix(0, 0)
	if _, err := core.Dial(now, server, netcode.DialOptions{ServerKey: key}); err != nil {
		return nil, nil, err
	}
	var out, back capture
	core.Flush(now, &out)
	serving.Receive(now, server, out.datagrams[0])
	serving.Flush(now, &back)
	core.Receive(now, server, back.datagrams[0])
	core.Flush(now, &out)
	if len(out.datagrams) != 2 || len(out.datagrams[0]) != floodBytes || len(out.datagrams[1]) != floodBytes {
		return nil, nil, fmt.Errorf("a handshake begins with %d datagrams", len(out.datagrams))
	}
	return out.datagrams[0], out.datagrams[1], nil
}
