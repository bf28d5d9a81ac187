package wire

import (
	"net/netip"
	"testing"
)

func TestAddress(t *testing.T) {
	for _, r := range rows(t, "A.4") {
		if r.uint("kind") != 0 || r.uint("channel") != ControlObserved {
			continue
		}
		want := netip.MustParseAddrPort("10.0.0.2:5000")
		if data := r.data("data"); data[0] != 0 {
			want = netip.MustParseAddrPort("[2001:db8::1]:7777")
		}
		if got := Address(r.data("data")); got != want {
			t.Errorf("Address(%s) = %v, want %v", r.field("data"), got, want)
		}
		check(t, "AppendAddress", AppendAddress(nil, want), r.data("data"))
	}
}

// TestOnlyProbes: what moves a connection, and what does not.
func TestOnlyProbes(t *testing.T) {
	for frames, want := range map[string]bool{
		"":                                      false, // an ack and nothing else comes from where the peer is
		"03 0102030405060708":                   true,
		"04 0102030405060708":                   true,
		"00 04 0102030405060708 00":             true,
		"00":                                    false,
		"01 04 0102030405060708":                false,
		"04 0102030405060708 01":                false,
		"04 0102030405060708 2061":              false,
		"06 00×18 04 0102030405060708":          false,
		"04 0102030405060708 03 01020304050607": false, // malformed
	} {
		if got := OnlyProbes(unhex(t, frames)); got != want {
			t.Errorf("OnlyProbes(%s) = %v", frames, got)
		}
	}
}
