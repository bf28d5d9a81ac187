package token

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Why Verify refuses a token. Their texts may be shown to the player.
var (
	ErrMissing   = errors.New("token: this server wants a connect token")
	ErrMalformed = errors.New("token: malformed")
	ErrTooLong   = errors.New("token: too long")
	ErrSignature = errors.New("token: not signed with a key this server knows")
	ErrExpired   = errors.New("token: expired")
	ErrNotYet    = errors.New("token: not valid yet")
	ErrIssuer    = errors.New("token: of another issuer")
	ErrAudience  = errors.New("token: for another server")
	ErrUnbound   = errors.New("token: not bound to a client key")
	ErrClientKey = errors.New("token: bound to another client's key")
)

// defaultLeeway is how far the clocks of issuer and server may disagree. RFC
// 7519, section 4.1.4, speaks of a few minutes at most; machines that keep
// their time by NTP are off by far less.
const defaultLeeway = 10 * time.Second

// A Verifier checks tokens.
type Verifier struct {
	// Keys are the public keys of issuers by key ID. The one under "" is for
	// tokens that name none.
	Keys map[string]ed25519.PublicKey

	// Issuer, unless empty, must be the token's.
	Issuer string

	// Audience must be one of the token's: the name of this server or match.
	// It is required, so that a token for one server does not open another.
	Audience string

	// Leeway is how far clocks may disagree; if zero 10 seconds, if negative
	// none.
	Leeway time.Duration
}

// Verify returns what a token says if all of it is good at now for a client
// with the given proven key (netcode.Conn.PeerKey); else one of the errors
// above.
func (v *Verifier) Verify(now time.Time, token []byte, clientKey [32]byte) (Claims, error) {
	switch {
	case v.Audience == "":
		return Claims{}, errors.New("token: Verifier.Audience is empty")
	case len(token) == 0:
		return Claims{}, ErrMissing
	case len(token) > MaxLen:
		return Claims{}, ErrTooLong
	}
	if bytes.ContainsAny(token, "\r\n") {
		// Go's decoder of base64 passes over them (RFC 7515, section 2, wants
		// none), so that one signature would be good for many tokens.
		return Claims{}, fmt.Errorf("%w: a line break", ErrMalformed)
	}
	opts := []jwt.ParserOption{
		// The one algorithm: what the header says is compared with it, never
		// followed (RFC 8725, section 3.1).
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithExpirationRequired(), jwt.WithStrictDecoding(),
		jwt.WithAudience(v.Audience), jwt.WithLeeway(v.leeway()),
		jwt.WithTimeFunc(func() time.Time { return now }),
	}
	if v.Issuer != "" {
		opts = append(opts, jwt.WithIssuer(v.Issuer))
	}
	var p payload
	if _, err := jwt.NewParser(opts...).ParseWithClaims(string(token), &p, v.key); err != nil {
		return Claims{}, v.reason(err, &p)
	}
	c, err := p.claims()
	if err == nil && c.ClientKey != clientKey {
		err = ErrClientKey
	}
	if err != nil {
		return Claims{}, err
	}
	return c, nil
}

// Again returns nil if what Verify returned of a token is still good at now for
// a client with the given proven key, who comes back without the token
// (netcode.Applicant.Prior); else ErrExpired or ErrClientKey.
func (v *Verifier) Again(now time.Time, c Claims, clientKey [32]byte) error {
	switch {
	case c.ClientKey != clientKey:
		return ErrClientKey
	case !now.Before(c.Expires.Add(v.leeway())):
		return ErrExpired
	}
	return nil
}

func (v *Verifier) leeway() time.Duration {
	if v.Leeway == 0 {
		return defaultLeeway
	}
	return max(0, v.Leeway)
}

// key finds the key that a token names.
func (v *Verifier) key(t *jwt.Token) (any, error) {
	id := ""
	if named, ok := t.Header["kid"]; ok {
		if id, ok = named.(string); !ok {
			return nil, ErrMalformed
		}
	}
	if _, critical := t.Header["crit"]; critical {
		return nil, ErrMalformed // RFC 7515, section 4.1.11: we understand none
	}
	key, ok := v.Keys[id]
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, ErrSignature
	}
	return key, nil
}

// reason turns the library's error into one of ours.
func (v *Verifier) reason(err error, p *payload) error {
	if errors.Is(err, jwt.ErrTokenRequiredClaimMissing) && p.Expires != nil {
		if len(p.Audience) == 0 {
			return ErrAudience
		}
		return ErrIssuer
	}
	for _, r := range []struct{ of, is error }{
		{ErrMalformed, ErrMalformed},
		{ErrSignature, ErrSignature},
		{jwt.ErrTokenMalformed, ErrMalformed},
		{jwt.ErrTokenSignatureInvalid, ErrSignature},
		{jwt.ErrTokenUnverifiable, ErrSignature},
		{jwt.ErrTokenExpired, ErrExpired},
		{jwt.ErrTokenNotValidYet, ErrNotYet},
		{jwt.ErrTokenInvalidIssuer, ErrIssuer},
		{jwt.ErrTokenInvalidAudience, ErrAudience},
	} {
		if errors.Is(err, r.of) {
			return r.is
		}
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
