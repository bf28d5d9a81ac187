package wire

import "encoding/binary"

// The types of parameter of this build, both of a client: a connect token, and
// early data. ClientInfo and ServerInfo end in parameters: type (1), length (2),
// value (section 6.5). Whoever does not know a type skips it, so that a later
// build can say more without a new version.
const (
	paramToken = 1
	paramEarly = 3
)

// params are the values of the parameters that this build knows.
type params struct{ token, early []byte }

// paramHeaderLen is what a parameter adds to its value.
const paramHeaderLen = 1 + 2

// MaxFirstFlight is how many bytes Hello and Token have together. In ModeIK
// they share 1,166 bytes of handshake message with 96 of Noise, the suites
// (1), the longest identity (45), the length of Hello (2) and the header of the
// token (3); 19 are left to parameters of later builds.
const MaxFirstFlight = 1000

// MaxEarly is the most early data in bytes. In a Rejoin they share 1,170 bytes of
// handshake message with 48 of Noise, the suites (1), the longest identity (45),
// a Hello of MaxHello with its length (2), and the header of the parameter (3);
// 47 are left to parameters of later builds.
const MaxEarly = 512

func appendParam(b []byte, kind uint8, value []byte) []byte {
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// consumeParams decodes parameters to the end of b. None may come twice: of
// those that this build does not know it would not be clear which one counts.
func consumeParams(b []byte) (p params, err error) {
	var seen [256 / 32]uint32
	for len(b) > 0 {
		if len(b) < paramHeaderLen {
			return p, ErrShort
		}
		kind, n := b[0], int(binary.LittleEndian.Uint16(b[1:]))
		b = b[paramHeaderLen:]
		if n > len(b) {
			return p, ErrShort
		}
		bit := uint32(1) << (kind % 32)
		if seen[kind/32]&bit != 0 || n == 0 && (kind == paramToken || kind == paramEarly) {
			return p, ErrMalformed
		}
		seen[kind/32] |= bit
		switch kind {
		case paramToken:
			p.token = b[:n]
		case paramEarly:
			p.early = b[:n]
		}
		b = b[n:]
	}
	return p, nil
}
