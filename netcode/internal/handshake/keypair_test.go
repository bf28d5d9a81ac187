package handshake

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// lowOrderPoints are the encodings below 2²⁵⁵ with which X25519 gives zero: 0,
// 1, the two points of order 8, p−1, p and p+1 (p = 2²⁵⁵−19).
var lowOrderPoints = [][32]byte{
	{},
	{1},
	[32]byte(unhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")),
	[32]byte(unhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")),
	[32]byte(unhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")),
	[32]byte(unhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")),
	[32]byte(unhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")),
}

func TestLowOrderPoints(t *testing.T) {
	own := mustKeyPair(t, 1)
	private, err := own.private()
	if err != nil {
		t.Fatal(err)
	}
	dh := &x25519{static: private}
	for _, point := range lowOrderPoints {
		if secret, err := dh.DH(own.Private[:], point[:]); err == nil {
			t.Errorf("DH with %x = %x, want an error", point, secret)
		}
		point[31] |= 0x80 // ignored by X25519
		if secret, err := dh.DH(own.Private[:], point[:]); err == nil {
			t.Errorf("DH with %x = %x, want an error", point, secret)
		}
	}
	good := mustKeyPair(t, 2).Public
	if _, err := dh.DH(own.Private[:], good[:]); err != nil {
		t.Errorf("DH with a good key: %v", err)
	}
	if _, err := dh.DH(own.Private[:], good[:31]); err == nil {
		t.Error("DH with a key of 31 bytes succeeds")
	}
}

// TestGenerateKeyPair uses Alice's key of RFC 7748, section 6.1.
func TestGenerateKeyPair(t *testing.T) {
	private := unhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
	public := unhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
	random := bytes.NewReader(append(private, "rest"...))
	k, err := GenerateKeyPair(random)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(k.Private[:], private) || !bytes.Equal(k.Public[:], public) {
		t.Errorf("GenerateKeyPair = %x, %x, want %x, %x", k.Private, k.Public, private, public)
	}
	if random.Len() != len("rest") {
		t.Errorf("%d bytes left in the random source, want %d", random.Len(), len("rest"))
	}
	if err := k.Check(); err != nil {
		t.Errorf("Check: %v", err)
	}
	k.Public[0] ^= 1
	if k.Check() == nil {
		t.Error("Check accepts another public key")
	}
}

func TestGenerateKeyPairErrors(t *testing.T) {
	if _, err := GenerateKeyPair(nil); err == nil {
		t.Error("GenerateKeyPair(nil) succeeds")
	}
	if _, err := GenerateKeyPair(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("GenerateKeyPair with 31 bytes succeeds")
	}
	if k, err := GenerateKeyPair(bytes.NewReader(make([]byte, 32))); err == nil || k != (KeyPair{}) {
		t.Errorf("GenerateKeyPair with zeros = %v, %v, want an error", k, err)
	}
	if (KeyPair{}).Check() == nil {
		t.Error("Check accepts the zero value")
	}
}
