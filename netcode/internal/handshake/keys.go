package handshake

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

var (
	errNotDone   = errors.New("handshake: not finished")
	errKeysTaken = errors.New("handshake: Secrets was called before")
)

// Secrets are what the keys of a connection come from. Whoever has them can
// read and forge its packets from this key phase on, but not those of earlier
// phases.
type Secrets struct {
	// Send and Receive are the secrets of the two directions, as this side
	// sees them.
	Send, Receive Seed

	// Resume is where tickets come from (Seed.Ticket): the same at both
	// ends, and in every phase.
	Resume Seed
}

// A Seed is what the keys of one direction in one key phase come from.
type Seed [KeyLen]byte

// Secrets returns what protects the packets that this side sends and receives
// from now on, under the suite the two ends agreed on.
//
// They depend on fresh randomness of both ends, on every byte of the transcript
// and on the suite. Secrets succeeds once: a second pair of keys from the same
// would start again at packet number 0, and repeat nonces.
func (s *State) Secrets(suite Suite) (*Secrets, error) {
	if !s.Done() {
		return nil, errNotDone
	}
	if s.taken {
		return nil, errKeysTaken
	}
	if suite.MaxSealed() == 0 {
		return nil, fmt.Errorf("handshake: unknown suite %d", suite)
	}
	client, err := extract(s.split.initiator, s.split.hash)
	if err != nil {
		return nil, err
	}
	server, err := extract(s.split.responder, s.split.hash)
	if err != nil {
		return nil, err
	}
	s.taken = true
	clear(s.split.initiator[:])
	clear(s.split.responder[:])
	secrets := &Secrets{Send: client, Receive: server, Resume: client.expand("reckon v1 resume")}
	if !s.params.Initiator {
		secrets.Send, secrets.Receive = server, client
	}
	return secrets, nil
}

// Protectors returns the protection of the first key phase: Secrets for a
// connection that never changes its keys.
func (s *State) Protectors(suite Suite) (send, receive Protector, err error) {
	secrets, err := s.Secrets(suite)
	if err != nil {
		return nil, nil, err
	}
	if send, err = secrets.Send.Protector(suite); err != nil {
		return nil, nil, err
	}
	receive, err = secrets.Receive.Protector(suite)
	return send, receive, err
}

// extract makes the secret of the first phase from the Noise key of one
// direction (HKDF-SHA256, RFC 5869). The transcript's hash is the salt, because
// Noise's own keys come from the Diffie-Hellman results alone and do not cover
// the payloads, in which the suite was agreed.
func extract(k [KeyLen]byte, transcript []byte) (Seed, error) {
	prk, err := hkdf.Extract(sha256.New, k[:], transcript)
	if err != nil {
		return Seed{}, fmt.Errorf("handshake: %w", err)
	}
	return Seed(prk), nil
}

// Protector returns the protection of packets under s. One secret makes one
// Protector that seals, in the life of a connection.
func (s *Seed) Protector(suite Suite) (Protector, error) {
	label := "reckon v1 " + suite.String()
	key := s.expand(label + " key")
	iv := s.expand(label + " iv") // the first bytes of HKDF-Expand do not depend on how many follow
	return newAEAD(suite, key[:], iv[:ivLen])
}

// Next replaces s by the secret of the next key phase, from which there is no
// way back (RFC 9001, section 6.1).
func (s *Seed) Next(suite Suite) {
	*s = s.expand("reckon v1 " + suite.String() + " next")
}

func (s *Seed) expand(info string) Seed {
	out, err := hkdf.Expand(sha256.New, s[:], info, KeyLen)
	if err != nil {
		panic("handshake: BUG: " + err.Error()) // only a length can be wrong
	}
	return Seed(out)
}

// TicketIDLen is the length in bytes of the name of a ticket.
const TicketIDLen = 16

// Ticket returns the pre-shared key of the ticket named id, from the Resume
// secret of the connection that issues it. It is bound to the static keys that
// the two ends proved to have: who comes back with the ticket is who left.
func (s *Seed) Ticket(id [TicketIDLen]byte, client, server [KeyLen]byte) Seed {
	info := make([]byte, 0, 16+TicketIDLen+2*KeyLen)
	info = append(info, "reckon v1 ticket"...)
	info = append(info, id[:]...)
	info = append(info, client[:]...)
	info = append(info, server[:]...)
	return s.expand(string(info))
}
