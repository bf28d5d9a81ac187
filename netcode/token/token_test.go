package token_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/token"
)

// results are the words of testdata/vectors.json.
var results = map[string]error{
	"ok": nil, "missing": token.ErrMissing, "malformed": token.ErrMalformed, "too long": token.ErrTooLong,
	"signature": token.ErrSignature, "expired": token.ErrExpired, "not yet": token.ErrNotYet,
	"issuer": token.ErrIssuer, "audience": token.ErrAudience, "unbound": token.ErrUnbound,
	"client key": token.ErrClientKey,
}

type vectorFile struct {
	Seed, PublicKey, KeyID, ClientKey string

	Vectors []struct {
		Name, Token, Result string
		Now                 int64
	}
}

func readVectors(t testing.TB) (f vectorFile, v *token.Verifier, clientKey [32]byte) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	v = &token.Verifier{
		Keys:   map[string]ed25519.PublicKey{f.KeyID: decode(t, f.PublicKey)},
		Issuer: "https://lobby.example", Audience: "match-17",
	}
	return f, v, [32]byte(decode(t, f.ClientKey))
}

func decode(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectors holds the file that other languages test with against us.
func TestVectors(t *testing.T) {
	f, v, clientKey := readVectors(t)
	for _, vector := range f.Vectors {
		want, ok := results[vector.Result]
		if !ok {
			t.Fatalf("%s: no result %q", vector.Name, vector.Result)
		}
		c, err := v.Verify(time.Unix(vector.Now, 0), []byte(vector.Token), clientKey)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", vector.Name, err, want)
		}
		if err != nil && !reflect.DeepEqual(c, token.Claims{}) {
			t.Errorf("%s: claims of a refused token: %+v", vector.Name, c)
		}
	}
}

// TestIssueIsTheVector: the same claims give the same token as the other
// program made, since Ed25519 has no randomness.
func TestIssueIsTheVector(t *testing.T) {
	f, v, clientKey := readVectors(t)
	key := ed25519.NewKeyFromSeed(decode(t, f.Seed))
	claims := token.Claims{
		Issuer: "https://lobby.example", Subject: "player-4711", Audience: []string{"match-17"},
		IssuedAt: time.Unix(1795000000, 0), Expires: time.Unix(1795000060, 0),
		ClientKey: clientKey, Data: json.RawMessage(`{"team":2}`),
	}
	got, err := token.Issue(key, f.KeyID, claims)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(f.Vectors[0].Token, ".")
	if parts := strings.Split(got, "."); parts[0] != want[0] {
		t.Errorf("header %s, want %s", decode(t, parts[0]), decode(t, want[0]))
	} else if parts[1] != want[1] {
		t.Errorf("claims\n%s, want\n%s", decode(t, parts[1]), decode(t, want[1]))
	} else if parts[2] != want[2] {
		t.Errorf("signature %s, want %s", parts[2], want[2])
	}
	back, err := v.Verify(time.Unix(1795000010, 0), []byte(got), clientKey)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, claims) {
		t.Errorf("%+v comes back as %+v", claims, back)
	}
}

func TestIssueErrors(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	good := token.Claims{Expires: time.Unix(1, 0), ClientKey: [32]byte{1}}
	for _, test := range []struct {
		name   string
		key    ed25519.PrivateKey
		change func(*token.Claims)
		want   string
	}{
		{"key", key[:10], func(*token.Claims) {}, "10 bytes, want 64"},
		{"expiry", key, func(c *token.Claims) { c.Expires = time.Time{} }, "Claims.Expires"},
		{"client key", key, func(c *token.Claims) { c.ClientKey = [32]byte{} }, "Claims.ClientKey"},
		{"data", key, func(c *token.Claims) { c.Data = []byte("{") }, "Claims.Data"},
		{"length", key, func(c *token.Claims) { c.Subject = strings.Repeat("x", 900) }, "more than the 1000"},
	} {
		c := good
		test.change(&c)
		if _, err := token.Issue(test.key, "", c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", test.name, err, test.want)
		}
	}
}

// TestEveryFlippedBit: no change of a token goes unnoticed.
func TestEveryFlippedBit(t *testing.T) {
	f, v, clientKey := readVectors(t)
	good := []byte(f.Vectors[0].Token)
	for i := range good {
		for bit := range 8 {
			bad := []byte(string(good))
			bad[i] ^= 1 << bit
			if _, err := v.Verify(time.Unix(1795000010, 0), bad, clientKey); err == nil {
				t.Fatalf("byte %d, bit %d: taken", i, bit)
			}
		}
	}
}

// TestLineBreaks: Go's base64 passes over line breaks, in the middle of a
// signature as well; a token has none (FuzzVerify found it).
func TestLineBreaks(t *testing.T) {
	f, v, clientKey := readVectors(t)
	good := f.Vectors[0].Token
	for i := range len(good) + 1 {
		for _, broken := range []string{"\n", "\r", "\r\n\n"} {
			if _, err := v.Verify(time.Unix(1795000010, 0), []byte(good[:i]+broken+good[i:]), clientKey); !errors.Is(err, token.ErrMalformed) {
				t.Fatalf("%q before byte %d: %v, want %v", broken, i, err, token.ErrMalformed)
			}
		}
	}
}

func TestVerifierWantsAnAudience(t *testing.T) {
	f, v, clientKey := readVectors(t)
	v.Audience = ""
	if _, err := v.Verify(time.Unix(1795000010, 0), []byte(f.Vectors[0].Token), clientKey); err == nil {
		t.Error("a verifier without an audience takes tokens for any server")
	}
}

func FuzzVerify(f *testing.F) {
	file, v, clientKey := readVectors(f)
	good := map[string]bool{}
	for _, vector := range file.Vectors {
		f.Add([]byte(vector.Token))
		good[vector.Token] = good[vector.Token] || vector.Result == "ok"
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := v.Verify(time.Unix(1795000010, 0), b, clientKey); err == nil && !good[string(b)] {
			t.Fatalf("forged: %s", b)
		}
	})
}

// TestAgain: claims are good for as long as their token, and for its key.
func TestAgain(t *testing.T) {
	end := time.Unix(1000, 0)
	c := token.Claims{Expires: end, ClientKey: [32]byte{1}}
	for _, test := range []struct {
		leeway time.Duration
		at     time.Duration // after end
		key    byte
		want   error
	}{
		{0, 9 * time.Second, 1, nil},
		{0, 10 * time.Second, 1, token.ErrExpired},
		{-1, -1, 1, nil},
		{-1, 0, 1, token.ErrExpired},
		{time.Minute, 59 * time.Second, 1, nil},
		{0, -time.Hour, 2, token.ErrClientKey},
	} {
		v := token.Verifier{Leeway: test.leeway}
		if got := v.Again(end.Add(test.at), c, [32]byte{test.key}); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
