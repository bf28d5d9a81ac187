package handshake

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
)

// TestCastagnoli uses the check value of CRC-32C in the catalogue of CRCs, for
// the input 123456789.
func TestCastagnoli(t *testing.T) {
	got := crc32.Checksum([]byte("123456789"), crc32.MakeTable(crc32.Castagnoli))
	if want := uint32(0xe3069283); got != want {
		t.Errorf("CRC-32C = %#x, want %#x", got, want)
	}
	if got := referenceCRC32C([]byte("123456789")); got != 0xe3069283 {
		t.Errorf("reference CRC-32C = %#x, want 0xe3069283", got)
	}
}

func TestChecksumSeparatesConnections(t *testing.T) {
	sealed := NewChecksum(1, [8]byte{2}).Seal(nil, []byte("h"), []byte("p"), 3)
	for _, test := range []struct {
		name string
		p    Protector
		want bool
	}{
		{"same", NewChecksum(1, [8]byte{2}), true},
		{"protocol", NewChecksum(2, [8]byte{2}), false},
		{"salt", NewChecksum(1, [8]byte{3}), false},
	} {
		if _, err := test.p.Open(nil, []byte("h"), sealed, 3); (err == nil) != test.want {
			t.Errorf("%s: Open: %v, want success %t", test.name, err, test.want)
		}
	}
}

// TestChecksumDetectsShortErrors tries every error of one, two and three bits in
// a small packet, header and tag included.
func TestChecksumDetectsShortErrors(t *testing.T) {
	const headerLen, plaintextLen = 4, 8
	c := NewChecksum(1, [8]byte{2})
	packet := c.Seal(counting(7, headerLen), counting(7, headerLen), counting(9, plaintextLen), 11)
	opened := make([]byte, 0, plaintextLen)
	refused := func() bool {
		_, err := c.Open(opened, packet[:headerLen], packet[headerLen:], 11)
		return errors.Is(err, ErrOpen)
	}
	flip := func(bit int) { packet[bit/8] ^= 1 << (bit % 8) }
	bits := len(packet) * 8
	tried := 0
	for i := range bits {
		flip(i)
		if !refused() {
			t.Errorf("bit %d goes unnoticed", i)
		}
		for j := range i {
			flip(j)
			if !refused() {
				t.Errorf("bits %d, %d go unnoticed", i, j)
			}
			for k := range j {
				flip(k)
				if !refused() {
					t.Errorf("bits %d, %d, %d go unnoticed", i, j, k)
				}
				flip(k)
				tried++
			}
			flip(j)
		}
		flip(i)
	}
	if want := bits * (bits - 1) * (bits - 2) / 6; tried != want {
		t.Errorf("%d triples tried, want %d", tried, want)
	}
	if refused() {
		t.Error("the packet was not restored")
	}
}

// TestChecksumDetectsErrorsInFullPacket covers a packet of 1,200 bytes without
// trying its 1.5·10¹¹ triples. A CRC is linear: an error passes exactly if the
// syndromes of its bits, what each bit alone changes in the comparison of the
// tags, cancel out. One bit passes if its syndrome is zero, two if theirs are
// equal, three if one is the sum of two.
func TestChecksumDetectsErrorsInFullPacket(t *testing.T) {
	const length = 1200
	c := NewChecksum(1, [8]byte{2})
	plaintext := counting(5, length)
	tag := func() uint32 {
		return binary.BigEndian.Uint32(c.Seal(nil, nil, plaintext, 11)[length:])
	}
	good := tag()
	var syndromes []uint32
	for i := range length * 8 {
		plaintext[i/8] ^= 1 << (i % 8)
		syndromes = append(syndromes, tag()^good)
		plaintext[i/8] ^= 1 << (i % 8)
	}
	for i := range ChecksumLen * 8 {
		syndromes = append(syndromes, 1<<i)
	}
	// An open hash table of 2¹⁵ places, zero for empty.
	var table [1 << 15]uint32
	place := func(s uint32) uint32 { return s * 0x9e3779b1 >> 17 }
	find := func(s uint32) (at uint32, found bool) {
		for at = place(s); table[at] != 0 && table[at] != s; {
			at = (at + 1) % uint32(len(table))
		}
		return at, table[at] == s
	}
	for i, s := range syndromes {
		at, found := find(s)
		if s == 0 || found {
			t.Fatalf("syndrome %d is %#x: zero, or that of another bit", i, s)
		}
		table[at] = s
	}
	for i, a := range syndromes {
		for _, b := range syndromes[:i] {
			if _, found := find(a ^ b); found {
				t.Fatalf("syndromes %#x and %#x add up to a third", a, b)
			}
		}
	}
}
