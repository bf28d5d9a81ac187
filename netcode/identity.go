package netcode

import (
	"fmt"
	"hash/fnv"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// wireIdentity returns the identity that travels: the schema fingerprint also
// covers the channels, which both ends must declare alike.
func (c *Config) wireIdentity() wire.Identity {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d", c.Game.Schema)
	for _, ch := range c.Channels {
		fmt.Fprintf(h, "|%s %d %d", ch.Mode, ch.MaxMessage, ch.WindowBytes)
		if ch.Mode == ReliableLatest {
			fmt.Fprintf(h, " %d", ch.MaxKeys)
		}
	}
	return wire.Identity{Name: c.Game.Name, Build: c.Game.Build, Schema: h.Sum64()}
}

// protocolID goes into every checksum of a plaintext connection, so that
// packets of other games and versions do not pass.
func protocolID(id wire.Identity) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "reckon %d %s", wire.Version, id.Name)
	return h.Sum64()
}

// describeMismatch says how the identities differ, in words that tell people
// which side to update; empty if they agree.
func describeMismatch(client, server wire.Identity) string {
	switch {
	case client.Name != server.Name:
		return fmt.Sprintf("the server runs %q, the client %q", server.Name, client.Name)
	case client.Build < server.Build:
		return fmt.Sprintf("the client is older: build %d, the server has %d", client.Build, server.Build)
	case client.Build > server.Build:
		return fmt.Sprintf("the server is older: build %d, the client has %d", server.Build, client.Build)
	case client.Schema != server.Schema:
		return fmt.Sprintf("both have build %d, but they replicate different data (server %016x, client %016x)",
			client.Build, server.Schema, client.Schema)
	}
	return ""
}

// describeVersion says which side speaks an older protocol.
func describeVersion(server uint16) string {
	older := "the server"
	if server > wire.Version {
		older = "the client"
	}
	return fmt.Sprintf("%s is older: the server speaks protocol version %d, the client %d", older, server, wire.Version)
}
