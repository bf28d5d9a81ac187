package netcode

import (
	"encoding/binary"
	"io"
	"math/bits"
	"net/netip"
	"time"
)

// A gate bounds what strangers can make a Core do: how many cookies it makes
// and checks, and how many handshakes a host can have it compute.
//
// Cookies are given at once while few are asked for. In a flood the first
// datagram of a client is only noted, in a Bloom filter, and its repetition
// 200 ms later is answered: who floods with a new address or a new client ID
// each time, so as to cost the most, gets no answers, and honest clients are a
// moment late (greylisting, known from mail: RFC 6647). The total is capped all
// the same.
type gate struct {
	random io.Reader
	keys   [2]uint64 // of the filters' hash; drawn in the first flood
	cookie bucket    // answered at once
	total  bucket    // answered at all
	check  bucket    // cookies that came back and say that they are fresh
	seen   [2]*bloom // this second and the one before; nil without a flood
	turned time.Time // when seen was last turned over

	hosts map[netip.Prefix]*bucket
	other bucket    // shared by hosts beyond maxHosts
	swept time.Time // when hosts was last looked through
}

// Rates in events a second and bursts. A cookie takes 1.1 to 1.9 µs, with its
// answer's datagram (netbench flood), so that maxCookies are 2 to 4 % of a core.
// The datagrams that get none cost a server 1.8 µs each all the same, nearly
// all of it the kernel's.
const (
	freeCookies  = 1000
	maxCookies   = 20_000
	maxChecks    = 100_000     // of 0.3 µs: 3 % of a core
	turnInterval = time.Second // five repetitions of a client

	// defaultHandshakeRate is WireGuard's limit for one address
	// (device/ratelimiter: 20 a second). Its burst of 5 is too few for games:
	// behind one address a whole LAN comes back after a restart, and 64 is as
	// many as a match commonly has.
	defaultHandshakeRate = 20
	handshakeBurst       = 64
	maxHosts             = 4096
)

func newGate(random io.Reader) *gate {
	return &gate{random: random, hosts: map[netip.Prefix]*bucket{}}
}

// drawKeys reports whether the filters' hash has keys.
func (g *gate) drawKeys() bool {
	if g.keys != [2]uint64{} {
		return true
	}
	var b [16]byte
	if _, err := io.ReadFull(g.random, b[:]); err != nil {
		return false
	}
	g.keys = [2]uint64{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
	return true
}

// allowCookie reports whether the client at path that calls itself clientID
// is to get a cookie now.
func (g *gate) allowCookie(now time.Time, path Path, clientID uint64) bool {
	if g.cookie.take(now, freeCookies, freeCookies/4) {
		if g.seen[0] != nil && now.Sub(g.turned) > 2*turnInterval {
			g.seen = [2]*bloom{} // the flood is over
		}
		return g.total.take(now, maxCookies, maxCookies/10)
	}
	if !g.drawKeys() {
		return false
	}
	g.turn(now)
	if !g.repeated(g.hash(path, clientID)) {
		return false
	}
	return g.total.take(now, maxCookies, maxCookies/10)
}

// turn forgets what is older than two seconds.
func (g *gate) turn(now time.Time) {
	if g.seen[0] != nil && now.Sub(g.turned) < turnInterval {
		return
	}
	old := g.seen[1]
	if old == nil {
		old = new(bloom)
	} else {
		clear(old[:])
	}
	if now.Sub(g.turned) >= 2*turnInterval && g.seen[0] != nil {
		clear(g.seen[0][:])
	}
	g.seen = [2]*bloom{old, g.seen[0]}
	g.turned = now
}

// repeated reports whether h was noted before, and notes it.
func (g *gate) repeated(h uint64) bool {
	before := g.seen[0].has(h) || g.seen[1] != nil && g.seen[1].has(h)
	g.seen[0].add(h)
	return before
}

// hash mixes by multiplication, as wyhash does; the keys keep anyone from
// choosing what collides.
func (g *gate) hash(path Path, clientID uint64) uint64 {
	address := path.Remote.Addr().As16()
	a := binary.LittleEndian.Uint64(address[:]) ^ g.keys[0]
	b := binary.LittleEndian.Uint64(address[8:]) ^ g.keys[1]
	hi, lo := bits.Mul64(a|1, b|1)
	c := hi ^ lo ^ clientID ^ uint64(path.Remote.Port())<<48 ^ uint64(path.Carrier)<<32
	hi, lo = bits.Mul64((c^g.keys[1])|1, (clientID^g.keys[0])|1)
	return hi ^ lo
}

// A bloom is a Bloom filter of 2²² bits with two hashes: of 200,000 strangers a
// second in it, one in a hundred is taken for one that was there before.
type bloom [1 << 22 / 64]uint64

func (f *bloom) has(h uint64) bool {
	a, b := h&(1<<22-1), h>>22&(1<<22-1)
	return f[a/64]>>(a%64)&1 != 0 && f[b/64]>>(b%64)&1 != 0
}

func (f *bloom) add(h uint64) {
	a, b := h&(1<<22-1), h>>22&(1<<22-1)
	f[a/64] |= 1 << (a % 64)
	f[b/64] |= 1 << (b % 64)
}

// allowHandshake reports whether the host with a proven address may have
// another handshake computed. rate is per second; negative is no limit.
func (g *gate) allowHandshake(now time.Time, a netip.Addr, rate int) bool {
	if rate < 0 {
		return true
	}
	host := hostOf(a)
	b := g.hosts[host]
	if b == nil {
		b = &g.other
		if g.room(now, rate) {
			b = new(bucket)
			g.hosts[host] = b
		}
	}
	return b.take(now, rate, handshakeBurst)
}

// room reports whether there is place for another host, and makes some from
// those that have been quiet, at most once a second.
func (g *gate) room(now time.Time, rate int) bool {
	if len(g.hosts) < maxHosts {
		return true
	}
	if now.Sub(g.swept) < time.Second {
		return false
	}
	g.swept = now
	for host, b := range g.hosts {
		if b.full(now, rate) {
			delete(g.hosts, host)
		}
	}
	return len(g.hosts) < maxHosts
}

// hostOf returns what counts as one host: an IPv6 host has 64 bits to choose
// its address from.
func hostOf(a netip.Addr) netip.Prefix {
	width := a.BitLen()
	if a.Is6() {
		width = 64
	}
	host, err := a.WithZone("").Prefix(width)
	if err != nil {
		return netip.Prefix{}
	}
	return host
}

// A bucket is a token bucket: rate tokens a second, burst at most. The zero
// value is full.
type bucket struct {
	used    float64 // tokens taken and not yet grown again
	touched time.Time
}

func (b *bucket) take(now time.Time, rate, burst int) bool {
	b.settle(now, rate)
	if b.used+1 > float64(burst) {
		return false
	}
	b.used++
	return true
}

func (b *bucket) full(now time.Time, rate int) bool {
	b.settle(now, rate)
	return b.used == 0
}

func (b *bucket) settle(now time.Time, rate int) {
	if passed := now.Sub(b.touched); passed > 0 {
		if !b.touched.IsZero() {
			b.used = max(0, b.used-float64(passed.Seconds()*float64(rate)))
		}
		b.touched = now
	}
}
