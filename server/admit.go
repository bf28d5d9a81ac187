package server

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/token"
)

// admit returns the core's question to the application; nil if everyone may
// come in.
func (c *Config[I]) admit() func(time.Time, netcode.Applicant) (any, error) {
	if c.Tokens == nil && c.Admit == nil {
		return nil
	}
	tokens, ask := c.Tokens, c.Admit
	return func(now time.Time, a netcode.Applicant) (any, error) {
		var claims *token.Claims
		switch {
		case tokens == nil:
		case a.Prior != nil:
			if err := again[I](now, tokens, a); err != nil {
				return nil, err
			}
		default:
			said, err := tokens.Verify(now, a.Token, a.PeerKey)
			if err != nil {
				return nil, err
			}
			claims = &said
		}
		if ask != nil {
			if err := ask(a, session.CleanName(a.Hello)); err != nil {
				return nil, err
			}
		}
		if a.Prior != nil {
			return nil, nil // its User, the seat, stays
		}
		return claims, nil
	}
}

// again asks whether the token that a player came with the first time still
// opens the door. If nobody knows any more, the player shows one.
func again[I any](now time.Time, tokens *token.Verifier, a netcode.Applicant) error {
	var claims *token.Claims
	switch user := a.Prior.User().(type) {
	case *seat[I]:
		claims = user.claims
	case *token.Claims: // it was not seated yet
		claims = user
	}
	if claims == nil {
		return token.ErrMissing
	}
	return tokens.Again(now, *claims, a.PeerKey)
}

// Claims returns what a player's connect token said; false for bots, empty
// seats, and servers without Config.Tokens.
func (s *Server[I]) Claims(p engine.PlayerID) (token.Claims, bool) {
	if int(p) >= len(s.seats) || s.seats[p] == nil || s.seats[p].claims == nil {
		return token.Claims{}, false
	}
	return *s.seats[p].claims, true
}
