package trace

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"unicode/utf8"

	"github.com/reckon-engine/reckon/netcode"
)

// A json appends JSON to b, with commas where they belong. Encoding/json would
// allocate, and lose the order of the fields.
type json struct{ b []byte }

func (j *json) raw(s string) { j.b = append(j.b, s...) }

func (j *json) open(bracket byte) *json {
	j.b = append(j.b, bracket)
	return j
}

func (j *json) close(bracket byte) *json {
	j.b = append(j.b, bracket)
	return j
}

// item begins an element: a comma unless it is the first.
func (j *json) item() *json {
	if last := j.b[len(j.b)-1]; last != '{' && last != '[' {
		j.b = append(j.b, ',')
	}
	return j
}

func (j *json) key(name string) *json {
	j.item()
	j.b = append(j.b, '"')
	j.b = append(j.b, name...)
	j.b = append(j.b, '"', ':')
	return j
}

func (j *json) number(n uint64) { j.b = strconv.AppendUint(j.b, n, 10) }

// milliseconds writes nanoseconds as qlog wants times.
func (j *json) milliseconds(nanoseconds int64) {
	if nanoseconds < 0 {
		j.b = append(j.b, '-')
		nanoseconds = -nanoseconds
	}
	j.b = strconv.AppendInt(j.b, nanoseconds/1e6, 10)
	if rest := nanoseconds % 1e6; rest != 0 {
		j.b = append(j.b, '.')
		for digit := int64(1e5); rest > 0; digit /= 10 {
			j.b = append(j.b, byte('0'+rest/digit))
			rest %= digit
		}
	}
}

func (j *json) hex(b []byte) {
	j.b = append(j.b, '"')
	j.b = hex.AppendEncode(j.b, b)
	j.b = append(j.b, '"')
}

// text writes a field with text in it, which may come from a stranger.
func (j *json) text(name, value string) {
	j.key(name)
	j.b = append(j.b, '"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			j.b = append(j.b, '\\', byte(r))
		case r < 0x20:
			const digits = "0123456789abcdef"
			j.b = append(j.b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			j.b = utf8.AppendRune(j.b, r) // what is no UTF-8 becomes U+FFFD
		}
	}
	j.b = append(j.b, '"')
}

// path writes where a datagram came from or goes to.
func (j *json) path(name string, p netcode.Path) {
	j.key(name).open('{')
	j.key("remote")
	j.address(p.Remote.Addr(), p.Remote)
	if p.Local.IsValid() {
		j.key("local")
		j.address(p.Local, netip.AddrPort{})
	}
	if p.Carrier != 0 {
		j.key("carrier").number(uint64(p.Carrier))
	}
	j.close('}')
}

// address writes a with the port of both, if that is valid. Zones come from
// the system and need no escaping.
func (j *json) address(a netip.Addr, both netip.AddrPort) {
	j.b = append(j.b, '"')
	switch {
	case both.IsValid():
		j.b = both.AppendTo(j.b)
	case a.IsValid():
		j.b = a.AppendTo(j.b)
	}
	j.b = append(j.b, '"')
}
