package secondhand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"strings"

	"github.com/flynn/noise"
)

// Types of handshake datagram, and modes (sections 6.1 and 6.2).
const (
	typeHello    = 0x50
	typeRetry    = 0x51
	typeInitiate = 0x52
	typeRespond  = 0x53
	typeFinish   = 0x54
	typeRefuse   = 0x55
	typeRejoin   = 0x56
	typeResume   = 0x57
)

const (
	modeIK = iota
	modeXX
	modePlaintext
	modeRejoin
)

// version is the one that the page describes.
const version = 1

// handshakeSize is that of datagrams that a client pads.
const handshakeSize = 1200

func appendDatagram(kind, mode uint8, clientID [8]byte, body []byte, size int) []byte {
	b := append([]byte{kind, version, 0, mode}, clientID[:]...)
	b = append(b, body...)
	return append(b, make([]byte, max(0, size-len(b)))...)
}

// appendInitiate appends what follows a client ID in an Initiate or a Rejoin.
func appendInitiate(cookie, message []byte) []byte {
	b := binary.LittleEndian.AppendUint16(bytes.Clone(cookie), uint16(len(message)))
	return append(b, message...)
}

// A game is what both ends must agree on (section 6.5).
type game struct {
	name     string
	build    uint32
	schema   uint64 // the game's own fingerprint
	channels []channel
}

// Modes of channels, in the order of section 6.5.
const (
	unreliable = iota
	sequenced
	ordered
	unordered
	latest
)

type channel struct {
	mode, maxMessage, window, maxKeys int
}

func (g game) identity() []byte {
	h := fnv.New64a()
	fmt.Fprint(h, g.schema)
	names := []string{"Unreliable", "UnreliableSequenced", "ReliableOrdered", "ReliableUnordered", "ReliableLatest"}
	for _, c := range g.channels {
		fmt.Fprintf(h, "|%s %d %d", names[c.mode], c.maxMessage, c.window)
		if c.mode == latest {
			fmt.Fprintf(h, " %d", c.maxKeys)
		}
	}
	b := append([]byte{byte(len(g.name))}, g.name...)
	b = binary.LittleEndian.AppendUint32(b, g.build)
	return binary.LittleEndian.AppendUint64(b, h.Sum64())
}

// clientInfo returns a ClientInfo. Parameters of type 1 and 3 are a token and
// early data; 200 is from the future.
func clientInfo(o options, token, early []byte) []byte {
	b := binary.LittleEndian.AppendUint16(o.game.identity(), uint16(len(o.hello)))
	b = append(b, o.hello...)
	for _, p := range []struct {
		kind  byte
		value []byte
	}{{1, token}, {3, early}, {200, o.future}} {
		if len(p.value) > 0 {
			b = binary.LittleEndian.AppendUint16(append(b, p.kind), uint16(len(p.value)))
			b = append(b, p.value...)
		}
	}
	return b
}

// A serverInfo is what a server answers.
type serverInfo struct {
	suite    uint8
	id       []byte
	identity []byte
}

func consumeServerInfo(b []byte) (s serverInfo, err error) {
	if len(b) < 2 || b[1] < 1 || b[1] > 8 || len(b) < 2+int(b[1])+1 {
		return s, errors.New("malformed ServerInfo")
	}
	s.suite, s.id = b[0], bytes.Clone(b[2:2+b[1]])
	b = b[2+b[1]:]
	n := 1 + int(b[0]) + 12
	if len(b) < n {
		return s, errors.New("short Identity")
	}
	s.identity, b = b[:n], b[n:]
	seen := map[byte]bool{}
	for len(b) > 0 { // parameters: none is known
		if len(b) < 3 || seen[b[0]] {
			return s, errors.New("malformed parameter")
		}
		seen[b[0]] = true
		n := 3 + int(binary.LittleEndian.Uint16(b[1:]))
		if len(b) < n {
			return s, errors.New("short parameter")
		}
		b = b[n:]
	}
	return s, nil
}

// cipherSuite is the one of all handshakes (section 6.4).
var cipherSuite = noise.NewCipherSuite(noise.DH25519, noise.CipherChaChaPoly, noise.HashBLAKE2s)

func prologue(mode uint8, clientID [8]byte) []byte {
	return append([]byte{'r', 'e', 'c', 'k', 'o', 'n', version, 0, mode}, clientID[:]...)
}

// newNoise begins a handshake as the client. The server's key is used in IK.
func newNoise(mode uint8, clientID [8]byte, static noise.DHKey, serverKey []byte, random io.Reader) *noise.HandshakeState {
	config := noise.Config{
		CipherSuite:   cipherSuite,
		Random:        random,
		Pattern:       noise.HandshakeXX,
		Initiator:     true,
		Prologue:      prologue(mode, clientID),
		StaticKeypair: static,
	}
	if mode == modeIK {
		config.Pattern, config.PeerStatic = noise.HandshakeIK, serverKey
	}
	state, err := noise.NewHandshakeState(config)
	if err != nil {
		panic(err)
	}
	return state
}

// A checksum takes the place of an AEAD in plaintext mode (section 6.8).
type checksum struct{ protocol, salt []byte }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (c checksum) sum(number uint64, header, data []byte) []byte {
	b := bytes.Join([][]byte{c.protocol, c.salt, binary.BigEndian.AppendUint64(nil, number), header, data}, nil)
	return binary.BigEndian.AppendUint32(nil, crc32.Checksum(b, castagnoli))
}

func (c checksum) seal(number uint64, header, data []byte) []byte {
	return append(bytes.Clone(data), c.sum(number, header, data)...)
}

func (c checksum) open(number uint64, header, sealed []byte) ([]byte, error) {
	n := len(sealed) - 4
	if n < 0 || !bytes.Equal(c.sum(number, header, sealed[:n]), sealed[n:]) {
		return nil, errors.New("wrong checksum")
	}
	return sealed[:n], nil
}

// handshakeChecksum and packetChecksum are the two rows of the table.
func handshakeChecksum(clientID [8]byte) checksum {
	return checksum{[]byte("reckon\x00\x01"), clientID[:]}
}

func packetChecksum(name string, clientID [8]byte, salt []byte) checksum {
	protocol, mixed := fnv.New64a(), fnv.New64a()
	protocol.Write([]byte("reckon 1 " + name))
	mixed.Write(clientID[:])
	mixed.Write(salt)
	return checksum{
		protocol.Sum(nil), // big-endian, like all of the section
		binary.LittleEndian.AppendUint64(nil, mixed.Sum64()),
	}
}

// readable is for errors.
func readable(b []byte) string { return strings.ToValidUTF8(string(b), "?") }
