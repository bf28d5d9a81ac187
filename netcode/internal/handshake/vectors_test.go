package handshake

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json again")

const vectorsFile = "testdata/vectors.json"

// hexBytes are bytes that JSON shows in hexadecimal.
type hexBytes []byte

func (b hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

func (b *hexBytes) UnmarshalText(text []byte) error {
	v, err := hex.DecodeString(string(text))
	*b = v
	return err
}

// The types below are the layout of testdata/vectors.json, which
// testdata/README.md describes.
type vectors struct {
	Handshakes []*vector         `json:"handshakes"`
	Checksums  []*checksumVector `json:"checksums"`
}

type vector struct {
	Pattern            string          `json:"pattern"`
	Prologue           hexBytes        `json:"prologue"`
	Shared             hexBytes        `json:"psk,omitempty"`
	InitiatorStatic    hexBytes        `json:"initiator_static_private,omitempty"`
	ResponderStatic    hexBytes        `json:"responder_static_private,omitempty"`
	InitiatorEphemeral hexBytes        `json:"initiator_ephemeral_private"`
	ResponderEphemeral hexBytes        `json:"responder_ephemeral_private"`
	Payloads           []hexBytes      `json:"payloads"`
	Messages           []hexBytes      `json:"messages"`
	HandshakeHash      hexBytes        `json:"handshake_hash"`
	SplitInitiator     hexBytes        `json:"split_initiator"`
	SplitResponder     hexBytes        `json:"split_responder"`
	Resume             hexBytes        `json:"resume"`
	TicketID           hexBytes        `json:"ticket_id,omitempty"`
	TicketKey          hexBytes        `json:"ticket_key,omitempty"`
	Packets            []*packetVector `json:"packets"`
}

type packetVector struct {
	Suite     string   `json:"suite"`
	From      string   `json:"from"`
	Key       hexBytes `json:"key"`
	IV        hexBytes `json:"iv"`
	Next      []keyIV  `json:"next_phases"`
	Number    string   `json:"number"` // decimal; JSON numbers are not exact
	Nonce     hexBytes `json:"nonce"`
	Header    hexBytes `json:"header"`
	Plaintext hexBytes `json:"plaintext"`
	Sealed    hexBytes `json:"sealed"`
}

type keyIV struct {
	Key hexBytes `json:"key"`
	IV  hexBytes `json:"iv"`
}

type checksumVector struct {
	ProtocolID hexBytes `json:"protocol_id"` // 8 bytes, big-endian
	Salt       hexBytes `json:"salt"`
	Number     string   `json:"number"`
	Header     hexBytes `json:"header"`
	Plaintext  hexBytes `json:"plaintext"`
	Sealed     hexBytes `json:"sealed"`
}

func parseNumber(t *testing.T, s string) (n uint64) {
	t.Helper()
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil {
		t.Fatalf("number %q: %v", s, err)
	}
	return n
}

func counting(from byte, n int) hexBytes {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// newVectors returns the inputs; fill adds the outputs.
func newVectors() *vectors {
	v := &vectors{}
	for _, p := range []Pattern{IK, XX, NNpsk0} {
		h := &vector{
			Pattern:            p.String(),
			Prologue:           hexBytes("reckon vector"),
			InitiatorEphemeral: counting(0x80, 32),
			ResponderEphemeral: counting(0xc0, 32),
		}
		if p == NNpsk0 {
			h.Shared = counting(0x20, 32)
		} else {
			h.InitiatorStatic, h.ResponderStatic = counting(0x00+1, 32), counting(0x40, 32)
			h.TicketID = counting(0xf0, TicketIDLen)
		}
		for i := range p.Messages() {
			h.Payloads = append(h.Payloads, testPayload(i))
		}
		for _, suite := range []Suite{ChaCha20Poly1305, AES256GCM} {
			for i, from := range []string{"initiator", "responder"} {
				h.Packets = append(h.Packets, &packetVector{
					Suite: suite.String(), From: from,
					Number: []string{"0", "4611686018427387903"}[i],
					Header: counting(0xa0, 6), Plaintext: hexBytes("a packet from the " + from),
				})
			}
		}
		v.Handshakes = append(v.Handshakes, h)
	}
	for _, c := range []checksumVector{
		{Number: "0"},
		{Number: "258", Header: counting(0xa0, 6), Plaintext: hexBytes("in the clear")},
		{Number: "4611686018427387903", Header: counting(0xa0, 3), Plaintext: counting(0, 256)},
	} {
		c.ProtocolID, c.Salt = hexBytes("reckon1\x00"), counting(0x10, 8)
		v.Checksums = append(v.Checksums, &c)
	}
	return v
}

// start returns the two ends of h.
func (h *vector) start(t *testing.T) *pair {
	t.Helper()
	params := func(static, ephemeral hexBytes) Params {
		if h.Shared != nil {
			return Params{Pattern: NNpsk0, Shared: Seed(h.Shared), Prologue: h.Prologue, Random: bytes.NewReader(ephemeral)}
		}
		k, err := GenerateKeyPair(bytes.NewReader(static))
		if err != nil {
			t.Fatal(err)
		}
		return Params{Pattern: XX, Static: k, Prologue: h.Prologue, Random: bytes.NewReader(ephemeral)}
	}
	p := &pair{
		initiator: params(h.InitiatorStatic, h.InitiatorEphemeral),
		responder: params(h.ResponderStatic, h.ResponderEphemeral),
	}
	p.initiator.Initiator = true
	if h.Pattern == "IK" {
		p.initiator.Pattern, p.responder.Pattern = IK, IK
		p.initiator.PeerStatic = p.responder.Static.Public
	}
	return p.start(t)
}

// fill computes the outputs of h with the package.
func (h *vector) fill(t *testing.T) {
	t.Helper()
	p := h.start(t).upTo(t, len(h.Payloads))
	h.Messages = nil
	for _, m := range p.messages {
		h.Messages = append(h.Messages, m)
	}
	split := *p.i.split
	h.HandshakeHash, h.SplitInitiator, h.SplitResponder = split.hash, split.initiator[:], split.responder[:]
	secrets, err := p.r.withKeys().Secrets(ChaCha20Poly1305)
	if err != nil {
		t.Fatal(err)
	}
	h.Resume = secrets.Resume[:]
	if h.TicketID != nil {
		psk := secrets.Resume.Ticket([TicketIDLen]byte(h.TicketID), p.initiator.Static.Public, p.responder.Static.Public)
		h.TicketKey = psk[:]
	}
	for _, v := range h.Packets {
		suite := ChaCha20Poly1305
		if v.Suite == AES256GCM.String() {
			suite = AES256GCM
		}
		sender, receiver, secret := p.i, p.r, split.initiator
		if v.From == "responder" {
			sender, receiver, secret = p.r, p.i, split.responder
		}
		seal, _ := p.protectors(t, sender.withKeys(), suite)
		_, open := p.protectors(t, receiver.withKeys(), suite)
		seed, err := extract(secret, split.hash)
		if err != nil {
			t.Fatal(err)
		}
		number := parseNumber(t, v.Number)
		v.Key, v.IV = keysOf(t, seed, suite)
		v.Next = nil
		for range 2 {
			seed.Next(suite)
			key, iv := keysOf(t, seed, suite)
			v.Next = append(v.Next, keyIV{key, iv})
		}
		v.Sealed = seal.Seal(nil, v.Header, v.Plaintext, number)
		v.Nonce = bytes.Clone(seal.(*aead).nonce[:])
		if got, err := open.Open(nil, v.Header, v.Sealed, number); err != nil || !bytes.Equal(got, v.Plaintext) {
			t.Errorf("%s, %s: Open = %q, %v, want %q", h.Pattern, v.Suite, got, err, v.Plaintext)
		}
	}
}

func keysOf(t *testing.T, seed Seed, suite Suite) (key, iv hexBytes) {
	t.Helper()
	p, err := seed.Protector(suite)
	if err != nil {
		t.Fatal(err)
	}
	k, i, _ := Secret(p)
	return k[:], i[:]
}

// withKeys returns a copy of s, because Protectors gives the keys away.
func (s *State) withKeys() *State {
	trial, keys := *s, *s.split
	trial.split = &keys
	return &trial
}

func (v *checksumVector) fill(t *testing.T) {
	t.Helper()
	c := NewChecksum(binary.BigEndian.Uint64(v.ProtocolID), [8]byte(v.Salt))
	v.Sealed = c.Seal(nil, v.Header, v.Plaintext, parseNumber(t, v.Number))
}

// TestVectors computes every vector again and compares the file byte by byte.
func TestVectors(t *testing.T) {
	v := newVectors()
	for _, h := range v.Handshakes {
		h.fill(t)
	}
	for _, c := range v.Checksums {
		c.fill(t)
	}
	got, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(vectorsFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what this code produces: the wire format has changed", vectorsFile)
	}
}

// TestVectorsAgainstReference checks the file with code written from the Noise
// specification and docs/PROTOCOL.md alone.
func TestVectorsAgainstReference(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Handshakes) != 3 || len(v.Checksums) != 3 {
		t.Fatalf("%d handshakes and %d checksums, want 3 and 3", len(v.Handshakes), len(v.Checksums))
	}
	for _, h := range v.Handshakes {
		r := runReference(h)
		check(t, h.Pattern+" hash", h.HandshakeHash, r.h)
		for i, m := range h.Messages {
			check(t, fmt.Sprint(h.Pattern, " message ", i), m, r.messages[i])
		}
		k1, k2 := referenceHKDF(r.ck, nil)
		check(t, h.Pattern+" split initiator", h.SplitInitiator, k1)
		check(t, h.Pattern+" split responder", h.SplitResponder, k2)
		resume, ticket := referenceTicket(h, k1, r.h)
		check(t, h.Pattern+" resume", h.Resume, resume)
		check(t, h.Pattern+" ticket", h.TicketKey, ticket)
		for _, p := range h.Packets {
			secret := k1
			if p.From == "responder" {
				secret = k2
			}
			key, iv := referenceKeys(p.Suite, secret, r.h, 0)
			name := h.Pattern + " " + p.Suite + " " + p.From
			check(t, name+" key", p.Key, key)
			check(t, name+" IV", p.IV, iv)
			for i, next := range p.Next {
				key, iv := referenceKeys(p.Suite, secret, r.h, i+1)
				check(t, fmt.Sprint(name, " key of phase ", i+1), next.Key, key)
				check(t, fmt.Sprint(name, " IV of phase ", i+1), next.IV, iv)
			}
			nonce := binary.BigEndian.AppendUint64(make([]byte, 4), parseNumber(t, p.Number))
			for i := range nonce {
				nonce[i] ^= iv[i]
			}
			check(t, name+" nonce", p.Nonce, nonce)
		}
	}
	for i, c := range v.Checksums {
		input := bytes.Join([][]byte{
			c.ProtocolID, c.Salt, binary.BigEndian.AppendUint64(nil, parseNumber(t, c.Number)), c.Header, c.Plaintext,
		}, nil)
		want := binary.BigEndian.AppendUint32(bytes.Clone(c.Plaintext), referenceCRC32C(input))
		check(t, fmt.Sprint("checksum ", i), c.Sealed, want)
	}
}

// referenceCRC32C computes the checksum bit by bit.
func referenceCRC32C(data []byte) uint32 {
	const polynomial = 0x82f63b78 // 0x1edc6f41 reversed
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			crc = crc>>1 ^ polynomial&-(crc&1)
		}
	}
	return ^crc
}

func check(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s = %x, want %x", what, got, want)
	}
}
