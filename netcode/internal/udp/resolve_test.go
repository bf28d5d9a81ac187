package udp

import (
	"net"
	"net/netip"
	"strconv"
	"testing"
)

func TestResolve(t *testing.T) {
	for _, test := range []struct{ listen, address, want, wantErr string }{
		{":0", "192.0.2.1:7777", "192.0.2.1:7777", ""},
		{":0", "[2001:db8::1]:7777", "[2001:db8::1]:7777", ""},
		{":0", "[::ffff:192.0.2.1]:7777", "192.0.2.1:7777", ""},
		{":0", ":7777", "127.0.0.1:7777", ""},
		{":0", "0.0.0.0:7777", "127.0.0.1:7777", ""},
		{":0", "localhost:7777", "127.0.0.1:7777", ""},
		{"127.0.0.1:0", "[::1]:7777", "", "netcode: resolve [::1]:7777: this socket speaks IPv4 only"},
		{"[::1]:0", "127.0.0.1:7777", "", "netcode: resolve 127.0.0.1:7777: this socket speaks IPv6 only"},
		{"[::1]:0", ":7777", "[::1]:7777", ""},
		{":0", "127.0.0.1", "", "netcode: resolve 127.0.0.1: missing port in address"},
		{":0", "127.0.0.1:0", "", "netcode: resolve 127.0.0.1:0: port 0 cannot be sent to"},
		{":0", "127.0.0.1:x7", "", "netcode: resolve 127.0.0.1:x7: unknown port"},
		{":0", "[fe80::1%nosuch]:7777", "", "netcode: resolve [fe80::1%nosuch]:7777: no interface \"nosuch\""},
		{":0", "[fe80::1%1]:7777", "[fe80::1%1]:7777", ""},
	} {
		s := listen(t, test.listen, Options{})
		got, err := s.Resolve(test.address)
		switch {
		case err != nil && err.Error() != test.wantErr:
			t.Errorf("%s: Resolve(%q): %q, want %q", test.listen, test.address, err, test.wantErr)
		case err == nil && test.wantErr != "":
			t.Errorf("%s: Resolve(%q) = %v, want an error", test.listen, test.address, got)
		case err == nil && got != netip.MustParseAddrPort(test.want):
			t.Errorf("%s: Resolve(%q) = %v, want %v", test.listen, test.address, got, test.want)
		}
	}
}

func TestResolveMakesZonesNumbers(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		got, err := listen(t, ":0", Options{}).Resolve("[fe80::1%" + i.Name + "]:7777")
		if err != nil || got.Addr().Zone() != strconv.Itoa(i.Index) {
			t.Errorf("zone %s: %v, %v, want number %d", i.Name, got, err, i.Index)
		}
	}
}
