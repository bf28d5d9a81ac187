package capture

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/tshark"
)

// Wireshark reads the file, and finds nothing wrong with it.
func TestWireshark(t *testing.T) {
	var file bytes.Buffer
	w := NewWriter(&file)
	client, server := netip.MustParseAddrPort("10.0.0.2:50000"), netip.MustParseAddrPort("198.18.0.1:7777")
	client6, server6 := netip.MustParseAddrPort("[2001:db8::2]:50000"), netip.MustParseAddrPort("[2001:db8::1]:7777")
	at := time.Unix(0, 0)
	w.Sent("client", at, client, server, []byte("hello"))
	w.Arrived("server", at.Add(20*time.Millisecond), client, server, []byte("hello"))
	w.Sent("client", at.Add(time.Second), client6, server6, []byte("hello!"))
	w.Keys(at.Add(2*time.Second), []byte("RECKON1\n"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Datagrams() != 4 {
		t.Errorf("%d datagrams", w.Datagrams())
	}
	name := filepath.Join(t.TempDir(), "two.pcapng")
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", name, "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"}
	for _, f := range []string{
		"frame.interface_name", "frame.time_epoch", "ip.src", "ipv6.src", "udp.srcport", "udp.dstport", "udp.checksum.status", "ip.checksum.status",
	} {
		args = append(args, "-e", f)
	}
	got := strings.TrimSpace(tshark.Run(t, args...))
	want := "client\t0.000000000\t10.0.0.2\t\t50000\t7777\t1\t1\n" +
		"server\t0.020000000\t10.0.0.2\t\t50000\t7777\t1\t1\n" +
		"client\t1.000000000\t\t2001:db8::2\t50000\t7777\t1\t\n" +
		"keys\t2.000000000\t127.0.0.1\t\t9\t9\t1\t1"
	if got != want {
		t.Errorf("tshark reads\n%s\nwant\n%s", got, want)
	}
}

func TestWriterError(t *testing.T) {
	want := errors.New("no room")
	w := NewWriter(failing{want})
	w.Sent("client", time.Unix(0, 0), keyPort, keyPort, make([]byte, 1000))
	if err := w.Close(); !errors.Is(err, want) {
		t.Errorf("Close() = %v, want %v", err, want)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
