package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// Where the two ends live in virtual time.
var (
	clientAddress = netip.MustParseAddrPort("10.0.0.1:7777")
	serverAddress = netip.MustParseAddrPort("10.0.0.2:7777")
)

// connectTimeout is how long the two ends may take to connect.
const connectTimeout = 10 * time.Second

// virtualEpoch is the beginning of virtual time.
func virtualEpoch() time.Time { return time.Unix(0, 0) }

// dialVirtual puts a pair on a network and lets the client dial. The hosts are
// the cores, unless others are given that contain them.
func dialVirtual(n *vnet.Network, p pair, clientHost, serverHost vnet.Host) error {
	if err := n.Add(clientAddress, clientHost, p.client); err != nil {
		return err
	}
	if err := n.Add(serverAddress, serverHost, p.server); err != nil {
		return err
	}
	_, err := p.client.core.Dial(n.Now(), netcode.Path{Remote: serverAddress}, netcode.DialOptions{ServerKey: p.server.core.PublicKey()})
	return err
}

// measureVirtual is netbench latency in virtual time.
func (o *latencyOptions) measureVirtual() (*latencyFigures, error) {
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	var times []time.Duration
	n, err := vnet.New(vnet.Config{Seed: o.seed, Link: cfg, Observer: func(e vnet.Event) {
		if e.Kind == vnet.Sent && e.Fate.Cause == link.Delivered {
			times = append(times, e.Fate.Delay)
		}
	}})
	if err != nil {
		return nil, err
	}
	talk := messages(messageBytes, o.seconds)
	p, err := newPair(o.mode, talk, talk, o.seed, virtualEpoch())
	if err != nil {
		return nil, err
	}
	if err := dialVirtual(n, p, p.client.core, p.server.core); err != nil {
		return nil, err
	}
	limit := n.Now().Add(connectTimeout + o.seconds + o.drain())
	for n.Now().Before(limit) && !p.done() {
		if err := n.Run(n.Now().Add(100 * time.Millisecond)); err != nil {
			return nil, err
		}
	}
	if err := p.check(o.mode); err != nil {
		return nil, err
	}
	f := o.figures(p, sorted(times))
	f.Digest = fmt.Sprintf("%#016x", n.Digest())
	return f, nil
}
