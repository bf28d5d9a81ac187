package netcode

import (
	"errors"
	"fmt"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/udp"
)

// limitShards keeps what a byte can say spread evenly enough: over 64 shards
// exactly, over 63 with one that gets a quarter more.
const limitShards = 64

// NewShards returns n Cores of one server, 1 to 64, each for a goroutine of
// its own, such as one for each processor: they share the key and nothing
// else, so that a match and all its players belong to one of them. Every Core
// takes MaxConns players. Config.Random and the functions in cfg, such as
// Admit, are called by all of them, at the same time.
//
// [ListenShards] gives them one address. A player reaches the shard that
// DialOptions.Route asks for.
func NewShards(cfg Config, n int) ([]*Core, error) {
	if n < 1 || n > limitShards {
		return nil, fmt.Errorf("netcode: NewShards: %d shards, want 1 to %d", n, limitShards)
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Key == (KeyPair{}) {
		if cfg.Key, err = handshake.GenerateKeyPair(cfg.Random); err != nil {
			return nil, fmt.Errorf("netcode: key: %w", err)
		}
	}
	cores := make([]*Core, n)
	for i := range cores {
		cfg.Shard, cfg.Shards = i, n
		if cores[i], err = NewCore(cfg); err != nil {
			return nil, err
		}
	}
	return cores, nil
}

// checkShards fills in the default of Shards.
func (c *Config) checkShards() error {
	if c.Shards == 0 {
		c.Shards = 1
	}
	switch {
	case c.Shards < 1 || c.Shards > limitShards:
		return fmt.Errorf("netcode: Config.Shards is %d, want 0 to %d", c.Shards, limitShards)
	case c.Shard < 0 || c.Shard >= c.Shards:
		return fmt.Errorf("netcode: Config.Shard is %d, want 0 to Shards-1, %d", c.Shard, c.Shards-1)
	}
	return nil
}

// checkCores reports what would keep cores from serving one address together.
func checkCores(cores []*Core) error {
	if len(cores) == 0 || len(cores) > limitShards {
		return fmt.Errorf("netcode: ListenShards: %d Cores, want 1 to %d", len(cores), limitShards)
	}
	for i, core := range cores {
		switch {
		case core == nil:
			return fmt.Errorf("netcode: ListenShards: Core %d is nil", i)
		case core.cfg.Shard != i || core.cfg.Shards != len(cores):
			return fmt.Errorf("netcode: ListenShards: Core %d is shard %d of %d, want %d of %d",
				i, core.cfg.Shard, core.cfg.Shards, i, len(cores))
		case core.PublicKey() != cores[0].PublicKey():
			return fmt.Errorf("netcode: ListenShards: Cores 0 and %d have different keys", i)
		}
	}
	return nil
}

// errShardDials explains what Dial does not do: a server's packets carry no
// connection ID by which they would find the shard that dialled.
var errShardDials = errors.New("netcode: Dial: this Core shares its address with other shards; dial from one that does not")

// steering says which shard a datagram belongs to (docs/PROTOCOL.md, section
// 3.1): the first byte of the client ID, or of the connection ID, modulo the
// number of shards. All else goes anywhere.
func steering() []udp.Rule {
	return []udp.Rule{
		{Mask: 0xf0, Value: 0x50, Offset: 4}, // handshake datagrams
		{Mask: 0xe1, Value: 0xc1, Offset: 1}, // packets with a connection ID
	}
}

// shardID makes of a random connection ID one that is steered to shard. It
// reports false where there is none of this kind: less than one time in five.
func shardID(id uint64, shard, shards int) (_ uint64, ok bool) {
	first := int(id & 0xff)
	first += shard - first%shards
	return id&^0xff | uint64(first), first <= 0xff
}

// routeID makes of a random client ID one whose handshake is steered by
// route; zero leaves it as it is.
func routeID(id uint64, route uint8) uint64 {
	if route == 0 {
		return id
	}
	return id&^0xff | uint64(route)
}
