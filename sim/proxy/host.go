package proxy

import (
	"net"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Host is whom a client stands for, as of a scenario.
type Host struct {
	// Up and Down are its links, in the beginning.
	Up, Down link.Config

	// Seeds are those of its links, up and down. If nil, they follow from
	// Config.Seed and the number of the client.
	Seeds *[2]uint64

	// Changes happen to it, in order of time.
	Changes []Change
}

// A host is a Host as it is now. The proxy's mutex guards it.
type host struct {
	links   [2]link.Config
	seeds   *[2]uint64
	changes []Change         // still to be made
	gone    [2]link.Counters // of links that are no more
}

// hostsOf returns the hosts as they begin.
func hostsOf(list []Host) []host {
	hosts := make([]host, len(list))
	for i, h := range list {
		hosts[i] = host{links: [2]link.Config{h.Up, h.Down}, seeds: h.Seeds, changes: h.Changes}
	}
	return hosts
}

// HostCounters returns what the links of all clients counted that stood for
// Config.Hosts[n], or for the only one there is.
func (p *Proxy) HostCounters(n int) (up, down link.Counters) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &p.hosts[n]
	up, down = h.gone[toTarget], h.gone[toClient]
	for _, c := range p.slots {
		if c != nil && c.host == h {
			up.Add(c.pipes[toTarget].Counters())
			down.Add(c.pipes[toClient].Counters())
		}
	}
	return up, down
}

// Links returns the links that the next client would have, which are those of
// all unless they were set for one, or there are several hosts.
func (p *Proxy) Links() (up, down link.Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := p.hosts[p.stats.ClientsTotal%uint64(len(p.hosts))].links
	return links[toTarget], links[toClient]
}

// A Client is what is known of a client.
type Client struct {
	Address  netip.AddrPort // as the proxy sees it
	Upstream netip.AddrPort // as the target sees it
	Host     int            // the index in Config.Hosts of whom it stands for
	Since    time.Time      // of its first datagram

	Up, Down                 link.Config
	UpCounters, DownCounters link.Counters
	UpBacklog, DownBacklog   int // bytes that wait for the bottleneck
	Held                     int // datagrams on their way
}

// Clients returns the clients there are, in the order of their places.
func (p *Proxy) Clients() []Client {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Client
	for _, c := range p.slots {
		if c == nil {
			continue
		}
		up, down := c.pipes[toTarget], c.pipes[toClient]
		client := Client{
			Address: c.address, Upstream: c.outside, Host: int(c.number % uint64(len(p.hosts))), Since: c.since,
			Up: up.Config(), Down: down.Config(), UpCounters: up.Counters(), DownCounters: down.Counters(),
			UpBacklog: up.Backlog(now).Bytes, DownBacklog: down.Backlog(now).Bytes, Held: up.Len() + down.Len(),
		}
		p.schedule(2*c.slot+toTarget, up) // asking settles what an active queue has decided
		p.schedule(2*c.slot+toClient, down)
		list = append(list, client)
	}
	return list
}

// newPipes gives a client the links of its host, with their chance. The mutex
// is held.
func (p *Proxy) newPipes(c *client, now time.Time) {
	seeds := p.seedsOf(c)
	for direction, cfg := range c.host.links {
		pipe, err := link.NewPipe(cfg, seeds[direction], p.cfg.limits())
		if err != nil {
			panic("proxy: BUG: a valid configuration was refused: " + err.Error())
		}
		pipe.ShareSequence(&p.sequence)
		pipe.SetEpoch(now) // the clock begins, and the models count from their own
		pipe.SetEpoch(p.epoch)
		p.observeDrops(c, direction, pipe)
		c.pipes[direction] = pipe
	}
}

// seedsOf returns those of the links of a client.
func (p *Proxy) seedsOf(c *client) [2]uint64 {
	if seeds := c.host.seeds; seeds != nil {
		lap := c.number / uint64(len(p.hosts))
		if lap == 0 {
			return *seeds
		}
		return [2]uint64{link.SubSeed(seeds[toTarget], lap), link.SubSeed(seeds[toClient], lap)}
	}
	if c.number == 0 && p.cfg.FirstSeeds != nil {
		return *p.cfg.FirstSeeds
	}
	seed := link.SubSeed(p.cfg.Seed, c.number)
	return [2]uint64{link.SubSeed(seed, toTarget), link.SubSeed(seed, toClient)}
}

// renew gives a client new links instead of those it has. What is on its way
// on them is lost. The mutex is held.
func (p *Proxy) renew(c *client, now time.Time) {
	p.retire(c)
	p.newPipes(c, now)
}

// retire counts what a client's links did, and forgets what is on its way.
func (p *Proxy) retire(c *client) {
	for direction, total := range [2]*link.Counters{&p.stats.Up, &p.stats.Down} {
		counters := c.pipes[direction].Counters()
		total.Add(counters)
		c.host.gone[direction].Add(counters)
		p.agenda.Remove(2*c.slot + direction)
	}
}

// rebind gives a client another socket towards the target. If there is none to
// be had, it keeps the one it has. The mutex is held.
func (p *Proxy) rebind(c *client) {
	conn, err := net.DialUDP("udp", nil, p.target)
	if err != nil {
		p.stats.SocketErrors++
		return
	}
	_ = c.upstream.Close() // ends its readTarget
	p.connect(c, conn)
}

// connect makes a socket the client's and reads it. The mutex is held.
func (p *Proxy) connect(c *client, conn *net.UDPConn) {
	enlarge(conn)
	c.upstream, c.outside = conn, unmapped(conn.LocalAddr().(*net.UDPAddr).AddrPort())
	p.stats.Rebinds++
	p.running.Add(1)
	go p.readTarget(c, conn)
}

// unmapped writes an IPv4 address as one.
func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Rebind gives all clients another port towards the target at once.
func (p *Proxy) Rebind() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.slots {
		if c != nil {
			p.rebind(c)
		}
	}
}
