package netcode

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A KeyPair is a Curve25519 key pair: the long-lived identity of a server or
// a player.
type KeyPair = handshake.KeyPair

// GenerateKeyPair returns a fresh key pair made from exactly 32 bytes of
// random; nil means crypto/rand.
func GenerateKeyPair(random io.Reader) (KeyPair, error) {
	if random == nil {
		random = rand.Reader
	}
	return handshake.GenerateKeyPair(random)
}

// An Identity says which game, and which build of it, speaks. Peers whose
// identities differ are told how and do not connect.
type Identity struct {
	Name   string // the game; at most 32 bytes
	Build  uint32 // grows with every release that does not talk to older ones
	Schema uint64 // fingerprint of what the game replicates
}

// A Suite names the cipher that protects packets after the handshake.
type Suite uint8

// The suites. SuiteAuto takes AES-256-GCM if both ends have hardware for it,
// else ChaCha20-Poly1305. The others are for tests that must give the same
// bytes on every machine.
const (
	SuiteAuto Suite = iota
	SuiteChaCha20Poly1305
	SuiteAES256GCM
)

// A Config configures a Core. The zero value, with Game and Channels filled
// in, is a client that connects out and accepts nobody.
type Config struct {
	Game     Identity
	Channels []Channel

	// Key is the static key. A server keeps one for long so that clients can
	// pin it. If zero, a fresh one is made.
	Key KeyPair

	// MaxConns is how many incoming connections are held at once. If zero,
	// none is accepted. At most 65,535.
	MaxConns int

	// Shard and Shards say which of several Cores behind one address this is:
	// the connection IDs it hands out lead to it. If Shards is zero, the only
	// one. At most 64 Shards; see NewShards.
	Shard, Shards int

	// Plaintext turns encryption off: packets carry a CRC-32C instead of an
	// AEAD tag. For local networks and debugging only. Both ends must choose
	// it; it is never negotiated.
	Plaintext bool

	// Suite restricts the cipher. Both ends must agree or leave it SuiteAuto.
	Suite Suite

	// Admit, if not nil, decides about every client that has proven its key,
	// before the application hears of it: whether its connect token is good
	// (package token), say, or its key banned. What it returns becomes the
	// connection's User. An error turns the client away with CloseNotAdmitted
	// and the error's text, or with the reason and text of a *CloseError. It
	// is called from Receive and must not call the Core; its argument's bytes
	// are valid during the call.
	//
	// A client that comes back with a ticket is asked about as well, without a
	// token, before anything is taken from it: Applicant.Prior tells who it was.
	// If the User returned is nil, that of Prior stays. An error sends the
	// client to the ordinary handshake, with its token: Admit is called again,
	// and what it says then is what the client hears. So an Admit that knows
	// nothing of tickets and wants tokens is safe, but lets nobody come back
	// without one. Ticket and Prior are untouched by a denial, and a recorded
	// datagram can ask again: an Admit should be quick where Prior is not nil.
	Admit func(now time.Time, a Applicant) (user any, err error)

	// HandshakeRate is how many handshakes a second one host, an IPv4 address
	// or the 64-bit prefix of an IPv6 one, may have computed, after 64 at
	// once. If zero, 20. If negative, there is no limit.
	HandshakeRate int

	// TicketLifetime is how long a client whose connection timed out can come
	// back with its ticket (DialOptions.Ticket), in whole seconds. While a
	// connection is open its ticket is good. If zero, 60 seconds; if
	// negative, no tickets are given. At most 24 hours. A Core remembers at most
	// MaxConns lost connections, and forgets the oldest first.
	TicketLifetime time.Duration

	// Timeout is how long a connection survives silence from its peer. If
	// zero, 10 seconds (the default of netcode and GameNetworkingSockets). If
	// negative, connections never time out.
	Timeout time.Duration

	// HandshakeTimeout is how long Dial tries. If zero, 10 seconds.
	HandshakeTimeout time.Duration

	// Keepalive is the longest time without sending. If zero, 1 second. It
	// must be shorter than Timeout. KeepaliveNAT makes it as long as holds the
	// mapping of a NAT; not with Plaintext.
	Keepalive time.Duration

	// MaxDatagram bounds the size of datagrams, in bytes of UDP payload.
	// Connections begin with 1,200 bytes and find out what their path carries
	// (RFC 8899). If zero, 1,472, or 1,452 over IPv6: what fits in an Ethernet
	// frame. If 1,200, nobody looks.
	MaxDatagram int

	// MaxAckDelay is the longest time an acknowledgement waits for a packet
	// to ride in. If zero, 25 ms (RFC 9000, section 18.2). At most 60 ms,
	// which is what the wire's ack delay can express.
	MaxAckDelay time.Duration

	// MaxQueued bounds the bytes of received messages that wait for the
	// application in one connection. Packets beyond it are dropped without
	// being acknowledged. If zero, 1 MiB plus the largest MaxMessage.
	MaxQueued int

	// Random is the source of keys, cookies and connection IDs. If nil,
	// crypto/rand. A deterministic source makes a deterministic Core, and no
	// secrets: only for simulation.
	Random io.Reader

	// Tracer watches everything that happens. If nil, nobody does, and it
	// costs nothing. A KeyTracer is given the secrets of all connections.
	Tracer Tracer
}

const (
	defaultTicketLifetime   = time.Minute
	limitTicketLifetime     = 24 * time.Hour
	defaultTimeout          = 10 * time.Second
	defaultHandshakeTimeout = 10 * time.Second
	defaultKeepalive        = time.Second
	defaultMaxAckDelay      = 25 * time.Millisecond
	limitMaxAckDelay        = 60 * time.Millisecond
	defaultMaxQueued        = 1 << 20
	limitMaxConns           = 65535
	maxNameLen              = 32
)

// withDefaults returns c with defaults filled in, or an error that names the
// field and the limit.
func (c Config) withDefaults() (Config, error) {
	if c.Random == nil {
		c.Random = rand.Reader
	}
	setDefault(&c.HandshakeRate, defaultHandshakeRate)
	setDefault(&c.TicketLifetime, defaultTicketLifetime)
	setDefault(&c.Timeout, defaultTimeout)
	setDefault(&c.HandshakeTimeout, defaultHandshakeTimeout)
	setDefault(&c.Keepalive, defaultKeepalive)
	setDefault(&c.MaxAckDelay, defaultMaxAckDelay)
	if c.MaxDatagram == 0 {
		c.MaxDatagram = limitDatagram
	}
	channels, largest, err := checkChannels(c.Channels)
	if err != nil {
		return c, err
	}
	c.Channels = channels
	if err := c.checkShards(); err != nil {
		return c, err
	}
	if c.MaxQueued == 0 {
		c.MaxQueued = defaultMaxQueued + largest
	}
	switch {
	case c.Game.Name == "" || len(c.Game.Name) > maxNameLen:
		err = fmt.Errorf("netcode: Config.Game.Name has %d bytes, want 1 to %d", len(c.Game.Name), maxNameLen)
	case c.MaxConns < 0 || c.MaxConns > limitMaxConns:
		err = fmt.Errorf("netcode: Config.MaxConns is %d, want 0 to %d", c.MaxConns, limitMaxConns)
	case c.TicketLifetime >= 0 && (c.TicketLifetime < time.Second || c.TicketLifetime > limitTicketLifetime):
		err = fmt.Errorf("netcode: Config.TicketLifetime is %v, want 1 second to %v", c.TicketLifetime, limitTicketLifetime)
	case c.Suite > SuiteAES256GCM:
		err = fmt.Errorf("netcode: Config.Suite is %d, want 0 to %d", c.Suite, SuiteAES256GCM)
	case c.HandshakeTimeout < 0:
		err = fmt.Errorf("netcode: Config.HandshakeTimeout is %v, want 0 or more", c.HandshakeTimeout)
	case c.Keepalive == KeepaliveNAT && c.Plaintext:
		err = errors.New("netcode: Config.Keepalive is KeepaliveNAT, which needs encryption: a plaintext connection does not survive the end of a mapping")
	case c.Keepalive == KeepaliveNAT && c.Timeout > 0 && c.Timeout < minTimeoutNAT:
		err = fmt.Errorf("netcode: Config.Timeout is %v, want %v or more, or less than zero, with KeepaliveNAT", c.Timeout, minTimeoutNAT)
	case c.Keepalive < 0 && c.Keepalive != KeepaliveNAT || (c.Timeout > 0 && c.Keepalive >= c.Timeout):
		err = fmt.Errorf("netcode: Config.Keepalive is %v, want more than zero and less than Timeout, %v, or KeepaliveNAT", c.Keepalive, c.Timeout)
	case c.MaxAckDelay < 0 || c.MaxAckDelay > limitMaxAckDelay:
		err = fmt.Errorf("netcode: Config.MaxAckDelay is %v, want 0 to %v", c.MaxAckDelay, limitMaxAckDelay)
	case c.MaxDatagram < wire.MaxDatagram || c.MaxDatagram > limitDatagram:
		err = fmt.Errorf("netcode: Config.MaxDatagram is %d, want %d to %d", c.MaxDatagram, wire.MaxDatagram, limitDatagram)
	case c.MaxQueued < largest:
		err = fmt.Errorf("netcode: Config.MaxQueued is %d, less than the largest MaxMessage, %d", c.MaxQueued, largest)
	}
	return c, err
}

func setDefault[T int | time.Duration](d *T, value T) {
	if *d == 0 {
		*d = value
	}
}
