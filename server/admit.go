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
		if tokens != nil {
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
		return claims, nil
	}
}

// Claims returns what a player's connect token said; false for bots, empty
// seats, and servers without Config.Tokens.
func (s *Server[I]) Claims(p engine.PlayerID) (token.Claims, bool) {
	if int(p) >= len(s.seats) || s.seats[p] == nil || s.seats[p].claims == nil {
		return token.Claims{}, false
	}
	return *s.seats[p].claims, true
}
