package handshake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/curve25519"
)

// A reference writes the messages of a handshake straight from the Noise
// specification (revision 34, section 5) and shares no code with State or with
// flynn/noise. It plays both ends at once, so it needs no reading. The vectors
// are checked against it: they cannot merely repeat our own mistakes.
type reference struct {
	h, ck    []byte
	k        []byte // nil before the first MixKey
	n        uint64
	messages [][]byte
}

func blake2sNew() hash.Hash {
	h, err := blake2s.New256(nil)
	if err != nil {
		panic(err)
	}
	return h
}

func referenceHMAC(h func() hash.Hash, key []byte, parts ...[]byte) []byte {
	m := hmac.New(h, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// referenceHKDF is RFC 5869 with an empty info, two blocks.
func referenceHKDF(ck, input []byte) (a, b []byte) {
	temp := referenceHMAC(blake2sNew, ck, input)
	a = referenceHMAC(blake2sNew, temp, []byte{1})
	return a, referenceHMAC(blake2sNew, temp, a, []byte{2})
}

func (r *reference) mixHash(data []byte) {
	sum := blake2s.Sum256(append(append([]byte{}, r.h...), data...))
	r.h = sum[:]
}

func (r *reference) mixKey(private, public []byte) {
	dh, err := curve25519.X25519(private, public)
	if err != nil {
		panic(err)
	}
	r.ck, r.k = referenceHKDF(r.ck, dh)
	r.n = 0
}

func (r *reference) encrypt(plaintext []byte) []byte {
	out := plaintext
	if r.k != nil {
		c, err := chacha20poly1305.New(r.k)
		if err != nil {
			panic(err)
		}
		nonce := binary.LittleEndian.AppendUint64(make([]byte, 4), r.n)
		out = c.Seal(nil, nonce, plaintext, r.h)
		r.n++
	}
	r.mixHash(out)
	return out
}

// runReference performs a whole handshake with the keys of v.
func runReference(v *vector) *reference {
	base := curve25519.Basepoint
	si, sr := v.InitiatorStatic, v.ResponderStatic
	ei, er := v.InitiatorEphemeral, v.ResponderEphemeral
	public := func(private []byte) []byte {
		p, err := curve25519.X25519(private, base)
		if err != nil {
			panic(err)
		}
		return p
	}
	name := "Noise_" + v.Pattern + "_25519_ChaChaPoly_BLAKE2s"
	sum := blake2s.Sum256([]byte(name)) // longer than 32 bytes
	r := &reference{h: sum[:], ck: append([]byte{}, sum[:]...)}
	r.mixHash(v.Prologue)

	var m []byte
	e := func(private []byte) {
		m = append(m, public(private)...)
		r.mixHash(public(private))
		if v.Shared != nil { // Noise, section 9.2
			r.ck, r.k = referenceHKDF(r.ck, public(private))
			r.n = 0
		}
	}
	s := func(private []byte) { m = append(m, r.encrypt(public(private))...) }
	end := func() {
		m = append(m, r.encrypt(v.Payloads[len(r.messages)])...)
		r.messages = append(r.messages, m)
		m = nil
	}
	switch v.Pattern {
	case "IK": // ← s … → e, es, s, ss  ← e, ee, se
		r.mixHash(public(sr))
		e(ei)
		r.mixKey(ei, public(sr))
		s(si)
		r.mixKey(si, public(sr))
		end()
		e(er)
		r.mixKey(er, public(ei))
		r.mixKey(er, public(si))
		end()
	case "NNpsk0": // → psk, e  ← e, ee
		temp := referenceHMAC(blake2sNew, r.ck, v.Shared) // MixKeyAndHash: HKDF with three outputs
		r.ck = referenceHMAC(blake2sNew, temp, []byte{1})
		hash := referenceHMAC(blake2sNew, temp, r.ck, []byte{2})
		r.k, r.n = referenceHMAC(blake2sNew, temp, hash, []byte{3}), 0
		r.mixHash(hash)
		e(ei)
		end()
		e(er)
		r.mixKey(er, public(ei))
		end()
	case "XX": // → e  ← e, ee, s, es  → s, se
		e(ei)
		end()
		e(er)
		r.mixKey(er, public(ei))
		s(sr)
		r.mixKey(sr, public(ei))
		end()
		s(si)
		r.mixKey(si, public(er))
		end()
	}
	return r
}

// referenceKeys derives a packet key and IV of a key phase with HKDF written
// out.
func referenceKeys(suite string, secret, transcript []byte, phase int) (key, iv []byte) {
	seed := referenceHMAC(sha256.New, transcript, secret)
	expand := func(what string) []byte {
		return referenceHMAC(sha256.New, seed, []byte("reckon v1 "+suite+" "+what), []byte{1})
	}
	for range phase {
		seed = expand("next")
	}
	return expand("key"), expand("iv")[:12]
}

// referenceTicket derives the resume secret and the key of a ticket from the
// key of the client's direction.
func referenceTicket(v *vector, client, transcript []byte) (resume, ticket []byte) {
	seed := referenceHMAC(sha256.New, transcript, client)
	resume = referenceHMAC(sha256.New, seed, []byte("reckon v1 resume"), []byte{1})
	if v.TicketID == nil {
		return resume, nil
	}
	clientKey, err := curve25519.X25519(v.InitiatorStatic, curve25519.Basepoint)
	if err != nil {
		panic(err)
	}
	serverKey, err := curve25519.X25519(v.ResponderStatic, curve25519.Basepoint)
	if err != nil {
		panic(err)
	}
	ticket = referenceHMAC(sha256.New, resume, []byte("reckon v1 ticket"), v.TicketID, clientKey, serverKey, []byte{1})
	return resume, ticket
}
