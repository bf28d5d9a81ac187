package main

import (
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/tcpmodel"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A neck watches the bottleneck from client to server: what leaves it when,
// and how long our datagrams wait for it. It does the link's sums again, since
// what is lost behind the bottleneck has passed it all the same.
type neck struct {
	rate  int64
	begin time.Time // counting; zero = not yet
	end   time.Time
	free  time.Time // when the transmitter is next idle

	ours, others uint64 // bytes that left between begin and end, as IP packets
	waited       []time.Duration
}

// observe is told of every datagram.
func (k *neck) observe(e vnet.Event) {
	if e.Kind != vnet.Sent || e.From != clientAddress || e.Fate.Cause == link.DroppedQueue {
		return
	}
	k.pass(e.Time, int64(len(e.Datagram)+udpOverhead), tcpmodel.Is(e.Datagram))
}

// pass takes a packet that the queue has taken, in bytes of IP.
func (k *neck) pass(now time.Time, bytes int64, others bool) {
	if k.free.Before(now) {
		k.free = now
	}
	wait := k.free.Sub(now)
	k.free = k.free.Add(time.Duration(bytes * 8 * int64(time.Second) / k.rate))
	if k.begin.IsZero() || now.Before(k.begin) || k.free.After(k.end) {
		return
	}
	if others {
		k.others += uint64(bytes)
		return
	}
	k.ours += uint64(bytes)
	k.waited = append(k.waited, wait)
}

// A transferred is a run of netbench bulk.
type transferred struct {
	pair
	neck   neck
	digest uint64
}

// transfer runs it once.
func (o *bulkOptions) transfer(blob bool) (*transferred, error) {
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	down := messages(messageBytes, o.seconds)
	up := down
	up.blob = blob
	t := &transferred{neck: neck{rate: o.rate}}
	n, err := vnet.New(vnet.Config{Seed: o.seed, Link: cfg, Observer: t.neck.observe})
	if err != nil {
		return nil, err
	}
	if t.pair, err = newPair(stateMode, up, down, o.seed, virtualEpoch()); err != nil {
		return nil, err
	}
	var clientHost, serverHost vnet.Host = t.client.core, t.server.core
	var rival *tcpmodel.Sender
	if blob && o.competitor == competitorModel {
		rival = tcpmodel.NewSender()
		clientHost = newShared(t.client.core, rival)
		serverHost = newShared(t.server.core, &tcpmodel.Receiver{})
	}
	if err := dialVirtual(n, t.pair, clientHost, serverHost); err != nil {
		return nil, err
	}
	for limit := n.Now().Add(connectTimeout); t.client.conn == nil; {
		if n.Now().After(limit) {
			return nil, errNotConnected
		}
		if err := n.Run(n.Now().Add(time.Millisecond)); err != nil {
			return nil, err
		}
	}
	t.neck.begin, t.neck.end = t.client.began, t.client.ends()
	t.server.blobUntil = t.client.ends()
	if rival != nil {
		rival.Start(t.client.began)
	}
	// What is on its way at the end may still arrive.
	if err := n.Run(t.client.ends().Add(o.rtt + o.queue + time.Second)); err != nil {
		return nil, err
	}
	t.digest = n.Digest()
	return t, t.check(stateMode)
}
