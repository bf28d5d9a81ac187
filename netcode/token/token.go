package token

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MaxLen is the longest token, in bytes: what the first encrypted flight has
// room for, shared with the client's Hello (docs/PROTOCOL.md, section 6.5).
const MaxLen = 1000

// Claims are what a token says. Times have a resolution of one second.
type Claims struct {
	Issuer    string    // who issued it; a Verifier may require one
	Subject   string    // the player, by the backend's name for it
	Audience  []string  // the servers or matches it opens; a Verifier requires one of them
	ID        string    // of the token itself; optional
	IssuedAt  time.Time // optional
	NotBefore time.Time // optional
	Expires   time.Time // required; not good from then on

	// ClientKey is the player's public key (netcode.Core.PublicKey). Required.
	ClientKey [32]byte

	// Data is anything for the game, as JSON; optional.
	Data json.RawMessage
}

// payload is Claims as they travel.
type payload struct {
	Issuer       string           `json:"iss,omitempty"`
	Subject      string           `json:"sub,omitempty"`
	Audience     audience         `json:"aud,omitempty"`
	Expires      *jwt.NumericDate `json:"exp,omitempty"`
	NotBefore    *jwt.NumericDate `json:"nbf,omitempty"`
	IssuedAt     *jwt.NumericDate `json:"iat,omitempty"`
	ID           string           `json:"jti,omitempty"`
	Confirmation confirmation     `json:"cnf"`
	Data         json.RawMessage  `json:"data,omitempty"`
}

// confirmation binds a token to a key (RFC 7800, section 3.2; the curve's name
// is of RFC 8037, section 2).
type confirmation struct {
	Key struct {
		Type  string `json:"kty"`
		Curve string `json:"crv"`
		X     string `json:"x"`
	} `json:"jwk"`
}

// audience is one string or several (RFC 7519, section 4.1.3). One is written
// as a string: tokens must be short.
type audience []string

// MarshalJSON implements json.Marshaler.
func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// These make a payload what the JWT library validates.

func (p *payload) GetExpirationTime() (*jwt.NumericDate, error) { return p.Expires, nil }
func (p *payload) GetNotBefore() (*jwt.NumericDate, error)      { return p.NotBefore, nil }
func (p *payload) GetIssuedAt() (*jwt.NumericDate, error)       { return p.IssuedAt, nil }
func (p *payload) GetIssuer() (string, error)                   { return p.Issuer, nil }
func (p *payload) GetSubject() (string, error)                  { return p.Subject, nil }
func (p *payload) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings(p.Audience), nil }

// Issue signs a token. keyID names the key, so that a server can know several
// while one replaces another; it may be empty. It fails if the token would be
// longer than MaxLen, if c.Expires or c.ClientKey is missing, or if Data is
// not JSON.
func Issue(key ed25519.PrivateKey, keyID string, c Claims) (string, error) {
	switch {
	case len(key) != ed25519.PrivateKeySize:
		return "", fmt.Errorf("token: the signing key has %d bytes, want %d", len(key), ed25519.PrivateKeySize)
	case c.Expires.IsZero():
		return "", errors.New("token: Claims.Expires is missing")
	case c.ClientKey == [32]byte{}:
		return "", errors.New("token: Claims.ClientKey is missing")
	case len(c.Data) > 0 && !json.Valid(c.Data):
		return "", errors.New("token: Claims.Data is not JSON")
	}
	p := &payload{
		Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, ID: c.ID, Data: c.Data,
		Expires: date(c.Expires), NotBefore: date(c.NotBefore), IssuedAt: date(c.IssuedAt),
	}
	p.Confirmation.Key.Type, p.Confirmation.Key.Curve = "OKP", "X25519"
	p.Confirmation.Key.X = base64.RawURLEncoding.EncodeToString(c.ClientKey[:])
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, p)
	if keyID != "" {
		t.Header["kid"] = keyID
	}
	text, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	if len(text) > MaxLen {
		return "", fmt.Errorf("token: %d bytes, more than the %d that travel: shorten Data or the names", len(text), MaxLen)
	}
	return text, nil
}

func date(t time.Time) *jwt.NumericDate {
	if t.IsZero() {
		return nil
	}
	return jwt.NewNumericDate(t)
}

// claims converts a payload whose signature and times are good.
func (p *payload) claims() (Claims, error) {
	c := Claims{
		Issuer: p.Issuer, Subject: p.Subject, Audience: p.Audience, ID: p.ID, Data: p.Data,
	}
	for field, d := range map[*time.Time]*jwt.NumericDate{
		&c.Expires: p.Expires, &c.NotBefore: p.NotBefore, &c.IssuedAt: p.IssuedAt,
	} {
		if d != nil {
			*field = d.Time
		}
	}
	k := &p.Confirmation.Key
	x, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
	if err != nil || len(x) != 32 || k.Type != "OKP" || k.Curve != "X25519" {
		return Claims{}, ErrUnbound
	}
	c.ClientKey = [32]byte(x)
	return c, nil
}
