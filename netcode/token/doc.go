// Package token issues and verifies connect tokens: a backend (a lobby, a
// matchmaker, a shop) says with its signature that a player may join a server,
// and the server believes it without asking anyone.
//
// A connect token is a JSON Web Token (RFC 7519) signed with Ed25519 (EdDSA,
// RFC 8037), which backends in any language can make; testdata/vectors.json has
// examples with keys, for those who write one. It is bound to the player's
// key by the claim cnf (RFC 7800): the handshake proves that the client holds
// that key, so that a token which somebody else reads is useless to them. It
// travels encrypted only.
//
//	{"alg":"EdDSA","kid":"2026-11","typ":"JWT"}
//	{
//	  "iss": "https://lobby.example",        who issued it
//	  "sub": "player-4711",                  whom for
//	  "aud": "match-17",                     which server or match it opens
//	  "iat": 1795000000, "exp": 1795000060,  when issued, until when good
//	  "cnf": {"jwk": {"kty":"OKP","crv":"X25519","x":"…"}},
//	  "data": {"team": 2}                    anything for the game
//	}
//
// A token works until it expires, also for coming back after a lost
// connection: seconds to a minute are enough for joining.
//
// Nothing here reads the clock or a socket. A [Verifier] may be used by several
// goroutines at once as long as its fields do not change.
package token
