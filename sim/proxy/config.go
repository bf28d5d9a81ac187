package proxy

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Config configures a Proxy.
type Config struct {
	// Listen is the UDP address that clients connect to, such as ":7778" or
	// "127.0.0.1:0". Required.
	Listen string

	// Target is the UDP address of the server behind the proxy, "host:port".
	// Required. A name is resolved once.
	Target string

	// Up is the link from a client to the target, Down the way back. Each
	// client has its own pair.
	Up, Down link.Config

	// Seed decides all chance. Client number n, counted from 0 in the order
	// of their first datagrams, has links with the seeds
	// SubSeed(SubSeed(Seed, n), 0) up and (…, 1) down.
	Seed uint64

	// FirstSeeds, if not nil, are the seeds of the links of client 0, up and
	// down, instead of those that follow from Seed: so a run with one client
	// can have the chance of a run in virtual time.
	FirstSeeds *[2]uint64

	// Changes happen to the links of all clients while the proxy runs, in
	// order of time.
	Changes []Change

	// Hosts, if any, are whom the clients stand for, instead of Up, Down,
	// FirstSeeds and Changes: client number n is Hosts[n], and from the last
	// on they begin again from the first, with another chance.
	Hosts []Host

	// FromFirst makes Changes and the models that depend on time count from
	// the first datagram of the first client, instead of New.
	FromFirst bool

	// Observe, if not nil, is told of every datagram. It is called under the
	// proxy's lock: it should be quick, must not keep Datagram.Data and must
	// not call the proxy.
	Observe func(Datagram)

	// MaxClients bounds how many clients there are at once; datagrams from
	// further ones are dropped. If zero, 256. At most 65536.
	MaxClients int

	// IdleTimeout is how long a client is remembered after the last datagram
	// to or from it. If zero, 2 minutes, the shortest a NAT should have for
	// UDP (RFC 4787, section 4.3). If negative, forever.
	IdleTimeout time.Duration

	// MaxBytes bounds the datagrams on their way in one direction of one
	// client; those beyond are dropped and counted as DroppedLimit. If zero,
	// 4 MiB.
	MaxBytes int
}

const (
	defaultMaxClients  = 256
	limitMaxClients    = 1 << 16
	defaultIdleTimeout = 2 * time.Minute
	defaultMaxBytes    = 4 << 20

	// minDatagramBytes is what an empty datagram counts for, as MaxBytes also
	// bounds what the bookkeeping of tiny ones takes.
	minDatagramBytes = 64
)

// withDefaults returns c with defaults filled in, or an error that names the
// field.
func (c Config) withDefaults() (Config, error) {
	if c.MaxClients == 0 {
		c.MaxClients = defaultMaxClients
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	switch {
	case c.Listen == "":
		return c, fmt.Errorf("proxy: Listen is empty")
	case c.Target == "":
		return c, fmt.Errorf("proxy: Target is empty")
	case c.MaxClients < 0 || c.MaxClients > limitMaxClients:
		return c, fmt.Errorf("proxy: MaxClients is %d, want 1 to %d", c.MaxClients, limitMaxClients)
	case c.MaxBytes < 0:
		return c, fmt.Errorf("proxy: MaxBytes is %d, want more than 0", c.MaxBytes)
	}
	if len(c.Hosts) == 0 {
		c.Hosts = []Host{{Up: c.Up, Down: c.Down, Changes: c.Changes}}
	}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		if err := checkLinks(h.Up, h.Down); err != nil {
			return c, err
		}
		if err := checkChanges(h.Changes); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *Config) limits() link.PipeLimits {
	return link.PipeLimits{Bytes: c.MaxBytes, Datagrams: c.MaxBytes/minDatagramBytes + 1}
}
