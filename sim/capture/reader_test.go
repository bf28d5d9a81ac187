package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/tshark"
)

var (
	client4 = netip.MustParseAddrPort("10.0.0.2:50000")
	server4 = netip.MustParseAddrPort("198.18.0.1:7777")
	client6 = netip.MustParseAddrPort("[2001:db8::2]:50000")
	server6 = netip.MustParseAddrPort("[2001:db8::1]:7777")
)

// written is a small capture by the Writer.
func written(t testing.TB) []byte {
	var file bytes.Buffer
	w := NewWriter(&file)
	at := time.Unix(1_000_000_000, 123_456_789)
	w.Sent("client", at, client4, server4, []byte("hello"))
	w.Arrived("server", at.Add(20*time.Millisecond), client4, server4, []byte("hello"))
	w.Sent("client", at.Add(time.Second), client6, server6, []byte("hello!"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// all reads a capture to its end.
func all(data []byte) ([]Packet, *Reader, error) {
	r, err := NewReader("x.pcap", bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	var packets []Packet
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return packets, r, nil
		}
		if err != nil {
			return packets, r, err
		}
		p.Payload = bytes.Clone(p.Payload)
		packets = append(packets, p)
	}
}

// What the Writer writes comes back.
func TestReadWritten(t *testing.T) {
	packets, r, err := all(written(t))
	if err != nil || len(packets) != 3 {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	if in := r.Interfaces(); len(in) != 2 || in[0].Name != "client" || in[1].Name != "server" {
		t.Errorf("interfaces %+v", in)
	}
	p := packets[1]
	if p.Number != 2 || p.Interface != 1 || p.Time != 1_000_000_000_143_456_789 || !p.Timed || p.Direction != Inbound ||
		p.Protocol != UDP || p.From != client4 || p.To != server4 || string(p.Payload) != "hello" || p.Size != 5 {
		t.Errorf("second packet %+v", p)
	}
	if p = packets[2]; p.From != client6 || p.To != server6 || string(p.Payload) != "hello!" || p.Direction != Outbound {
		t.Errorf("third packet %+v", p)
	}
}

// record is a pcap file of one packet.
func record(order binary.AppendByteOrder, magic, linkType, fraction uint32, packet []byte) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = order.AppendUint32(b, 1<<16)
	b = order.AppendUint32(b, linkType)
	b = order.AppendUint32(b, 1_000_000_000)
	b = order.AppendUint32(b, fraction)
	b = order.AppendUint32(b, uint32(len(packet)))
	b = order.AppendUint32(b, uint32(len(packet)))
	return append(b, packet...)
}

// Every link type that is known has the datagram found in it.
func TestLinkTypes(t *testing.T) {
	four, six := appendUDP(nil, client4, server4, []byte("hello")), appendUDP(nil, client6, server6, []byte("hello"))
	options := append([]byte{six[0], 0, 0, 0, 0, six[5] + 8, nextDestinations, 64}, six[8:40]...)
	options = append(append(options, udp, 0, 1, 4, 0, 0, 0, 0), six[40:]...)
	mac := make([]byte, 12)
	for _, test := range []struct {
		name     string
		link     uint32
		head, ip []byte
		want     Direction
	}{
		{"Ethernet", linkEthernet, append(mac[:12:12], 8, 0), append(four[:len(four):len(four)], make([]byte, 18)...), Unknown},
		{"Ethernet IPv6", linkEthernet, append(mac[:12:12], 0x86, 0xdd), six, Unknown},
		{"VLAN", linkEthernet, append(mac[:12:12], 0x81, 0, 0, 7, 8, 0), four, Unknown},
		{"two VLANs", linkEthernet, append(mac[:12:12], 0x88, 0xa8, 0, 7, 0x81, 0, 0, 7, 0x86, 0xdd), six, Unknown},
		{"extension header", linkRaw, nil, options, Unknown},
		{"raw", linkRaw, nil, six, Unknown},
		{"raw BSD", linkRawBSD, nil, four, Unknown},
		{"IPv4", linkIPv4, nil, four, Unknown},
		{"IPv6", linkIPv6, nil, six, Unknown},
		{"loopback", linkNull, []byte{2, 0, 0, 0}, four, Unknown},
		{"OpenBSD loopback", linkLoop, []byte{0, 0, 0, 24}, six, Unknown},
		{"cooked", linkCooked, append([]byte{0, 4}, append(make([]byte, 12), 8, 0)...), four, Outbound},
		{"cooked 2", linkCooked2, append([]byte{0x86, 0xdd}, make([]byte, 18)...), six, Inbound},
	} {
		packets, _, err := all(record(binary.LittleEndian, magicMicroseconds, test.link, 0, append(test.head[:len(test.head):len(test.head)], test.ip...)))
		if err != nil || len(packets) != 1 || packets[0].Protocol != UDP || string(packets[0].Payload) != "hello" || packets[0].Direction != test.want {
			t.Errorf("%s: %+v, %v", test.name, packets, err)
		}
	}
}

func TestPcapTimes(t *testing.T) {
	ip := appendUDP(nil, client4, server4, nil)
	for _, test := range []struct {
		order    binary.AppendByteOrder
		magic    uint32
		fraction uint32
		want     int64
	}{
		{binary.LittleEndian, magicMicroseconds, 999_999, 999_999_000},
		{binary.BigEndian, magicMicroseconds, 1, 1_000},
		{binary.LittleEndian, magicNanoseconds, 999_999_999, 999_999_999},
		{binary.BigEndian, magicNanoseconds, 1, 1},
	} {
		packets, _, err := all(record(test.order, test.magic, linkRaw, test.fraction, ip))
		if err != nil || len(packets) != 1 || packets[0].Time != 1e18+test.want {
			t.Errorf("%v %x: %+v, %v", test.order, test.magic, packets, err)
		}
	}
}

// What is not UDP is there, and is not mistaken for it.
func TestOthers(t *testing.T) {
	udp4 := appendUDP(nil, client4, server4, []byte("hello"))
	change := func(at int, value byte) []byte {
		b := bytes.Clone(udp4)
		b[at] = value
		return b
	}
	for _, test := range []struct {
		name   string
		packet []byte
		want   Protocol
	}{
		{"UDP", udp4, UDP},
		{"TCP", change(9, tcp), TCP},
		{"ICMP", change(9, 1), Other},
		{"a fragment", change(7, 1), Other},
		{"a first fragment", change(6, 0x20), Other},
		{"a short header", change(0, 0x44), Other},
		{"version 5", change(0, 0x55), Other},
		{"a UDP length below 8", change(25, 7), Other},
		{"nothing", nil, Other},
		{"cut short", udp4[:27], Other},
	} {
		packets, _, err := all(record(binary.LittleEndian, magicMicroseconds, linkRaw, 0, test.packet))
		if err != nil || len(packets) != 1 || packets[0].Protocol != test.want {
			t.Errorf("%s: %+v, %v", test.name, packets, err)
		}
	}
	packets, _, err := all(record(binary.LittleEndian, magicMicroseconds, linkRaw, 0, udp4[:30]))
	if err != nil || packets[0].Size != 5 || string(packets[0].Payload) != "he" {
		t.Errorf("cut by the snap length: %+v, %v", packets, err)
	}
}

// Wireshark's own files are read: it writes ours again, in every format.
func TestReadWireshark(t *testing.T) {
	dir := t.TempDir()
	ours := filepath.Join(dir, "ours.pcapng")
	if err := os.WriteFile(ours, written(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"pcap", "nsecpcap", "pcapng"} {
		theirs := filepath.Join(dir, format)
		tshark.Run(t, "-r", ours, "-w", theirs, "-F", format)
		data, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		packets, _, err := all(data)
		if err != nil || len(packets) != 3 || packets[0].Time/1000 != 1_000_000_000_123_456 || string(packets[2].Payload) != "hello!" {
			t.Errorf("%s: %+v, %v", format, packets, err)
		}
	}
}

// Errors say which packet, and what was expected.
func TestReadErrors(t *testing.T) {
	good := written(t)
	pcap := record(binary.LittleEndian, magicMicroseconds, linkRaw, 0, []byte("abc"))
	change := func(b []byte, at int, value byte) []byte {
		b = bytes.Clone(b)
		b[at] = value
		return b
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "x.pcap: before the first packet: want a capture, pcap or pcapng, got 0 bytes"},
		{"text", []byte("hello world"), "begins with 68656c6c"},
		{"cut header", pcap[:20], "want 24 bytes of the file header, got 20: the file ends early"},
		{"version", change(pcap, 4, 3), "want version 2 of pcap, got 3"},
		{"link type", change(pcap, 20, 105), "got link type 105"},
		{"cut record", pcap[:30], "x.pcap: packet 1: want 16 bytes of a packet's header, got 6"},
		{"cut packet", pcap[:42], "x.pcap: packet 1: want 3 bytes of a packet, got 2"},
		{"fraction", change(pcap, 31, 1), "want a fraction of a second below 1000000"},
		{"too long", change(pcap, 35, 1), "want at most 262144 bytes captured, got 16777219"},
		{"section magic", change(good, 8, 0), "want the byte-order magic 1a2b3c4d"},
		{"section version", change(good, 12, 2), "want version 1 of pcapng"},
		{"section length", change(good, 4, 3), "want a section header of 28 to"},
		{"cut block", good[:len(good)-9], "x.pcap: packet 3: want"},
		{"last length", change(good, len(good)-4, 0), "x.pcap: packet 3: want the block's length"},
	} {
		_, _, err := all(test.data)
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	for n := range good {
		if _, _, err := all(good[:n]); err != nil && !strings.HasPrefix(err.Error(), "x.pcap: ") {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func TestReaderBelow(t *testing.T) {
	want := errors.New("disk on fire")
	if _, err := NewReader("x", io.MultiReader(strings.NewReader("ab"), broken{want})); !errors.Is(err, want) {
		t.Errorf("NewReader: %v", err)
	}
	r, err := NewReader("x", io.MultiReader(bytes.NewReader(written(t)), broken{want}))
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, want) {
		t.Errorf("Next: %v", err)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Whatever is read, it ends, in at most as many packets as there are bytes,
// and by an error that names the file.
func FuzzReader(f *testing.F) {
	f.Add(written(f))
	ip := appendUDP(nil, client4, server4, []byte("hello"))
	f.Add(record(binary.LittleEndian, magicMicroseconds, linkRaw, 1, ip))
	f.Add(record(binary.BigEndian, magicNanoseconds, linkEthernet, 1, append(make([]byte, 14), ip...)))
	f.Add(record(binary.BigEndian, magicNanoseconds, linkCooked2, 1, append(make([]byte, 20), ip...)))
	f.Fuzz(func(t *testing.T, data []byte) {
		packets, _, err := all(data)
		if len(packets) > len(data) {
			t.Fatalf("%d packets of %d bytes", len(packets), len(data))
		}
		if err != nil && !strings.HasPrefix(err.Error(), "x.pcap: ") {
			t.Fatalf("error %v", err)
		}
		for _, p := range packets {
			if p.Protocol == UDP && (len(p.Payload) > p.Size || !p.From.IsValid()) {
				t.Fatalf("packet %+v", p)
			}
		}
	})
}
