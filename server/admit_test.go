package server_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/token"
	"github.com/reckon-engine/reckon/server"
)

// TestTokens: a backend's token lets one player in, and nobody else who has
// seen it.
func TestTokens(t *testing.T) {
	backend := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) {
		c.Tokens = &token.Verifier{
			Keys:     map[string]ed25519.PublicKey{"": backend.Public().(ed25519.PublicKey)},
			Audience: "match-17",
		}
	})
	player, err := netcode.GenerateKeyPair(seeded(99))
	if err != nil {
		t.Fatal(err)
	}
	text, err := token.Issue(backend, "", token.Claims{
		Subject: "ada", Audience: []string{"match-17"}, Expires: st.now.Add(time.Minute),
		ClientKey: player.Public, Data: json.RawMessage(`{"team":2}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	with := func(key netcode.KeyPair, text string) *actor {
		return st.enter(func(c *client.Config[walkInput]) {
			c.Key, c.Token = key, func() []byte { return []byte(text) }
		})
	}
	a := with(player, text)
	st.mustPlay(a)
	claims, ok := st.server.Claims(a.Player())
	if !ok || claims.Subject != "ada" || string(claims.Data) != `{"team":2}` {
		t.Errorf("Claims = %+v, %v", claims, ok)
	}
	thief := with(netcode.KeyPair{}, text)
	st.mustClose(thief, netcode.CloseNotAdmitted)
	if text := thief.Err().Error(); !strings.Contains(text, "another client's key") {
		t.Errorf("the thief hears %q", text)
	}
	st.mustClose(st.enter(nil), netcode.CloseNotAdmitted)
	st.run(2 * time.Minute)
	late := with(player, text)
	st.mustClose(late, netcode.CloseNotAdmitted)
	if text := late.Err().Error(); !strings.Contains(text, "expired") {
		t.Errorf("the late one hears %q", text)
	}
	if a.State() != client.Playing {
		t.Errorf("the first player is %v: others' attempts disturbed it, or its token's end did", a.State())
	}
	if _, ok := st.server.Claims(200); ok {
		t.Error("an empty seat has claims")
	}
}

func TestTokensNeedEncryption(t *testing.T) {
	game := newWalk(1)
	_, err := server.New(server.Config[walkInput]{
		Schema: game.schema, Input: game.input, Game: game, Plaintext: true, Tokens: new(token.Verifier),
	})
	if err == nil || !strings.Contains(err.Error(), "Config.Tokens") {
		t.Errorf("New: %v", err)
	}
	var closed *netcode.CloseError
	if errors.As(err, &closed) {
		t.Error("a wrong configuration is no closed connection")
	}
}

// TestTokenIsAskedAgain: a player who comes back with a ticket does so at once
// while the token that it first came with is good, and shows another then.
func TestTokenIsAskedAgain(t *testing.T) {
	backend := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	player, err := netcode.GenerateKeyPair(seeded(99))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		wait    time.Duration
		fresh   bool
		rejoins uint64
	}{
		{"good", 0, false, 1},
		{"expired", 2 * time.Minute, false, 0},
		{"expired, and a fresh one", 2 * time.Minute, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []netcode.Applicant
			st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) {
				c.Tokens = &token.Verifier{
					Keys:     map[string]ed25519.PublicKey{"": backend.Public().(ed25519.PublicKey)},
					Audience: "match-17",
				}
				c.Admit = func(a netcode.Applicant, _ string) error {
					asked = append(asked, a)
					return nil
				}
			})
			issue := func(subject string) []byte {
				text, err := token.Issue(backend, "", token.Claims{
					Subject: subject, Audience: []string{"match-17"}, Expires: st.now.Add(time.Minute), ClientKey: player.Public,
				})
				if err != nil {
					t.Fatal(err)
				}
				return []byte(text)
			}
			text := issue("ada")
			a := st.enter(func(c *client.Config[walkInput]) {
				c.Key, c.Token = player, func() []byte { return text }
			})
			st.mustPlay(a)
			st.run(test.wait + time.Second)
			if test.fresh {
				text = issue("ada again")
			}
			a.path.Remote = netip.MustParseAddrPort("10.0.9.9:6000")
			if err := a.Rejoin(st.now); err != nil {
				t.Fatal(err)
			}
			if test.wait > 0 && !test.fresh {
				st.mustClose(a, netcode.CloseNotAdmitted)
				if text := a.Err().Error(); !strings.Contains(text, "expired") {
					t.Errorf("it hears %q", text)
				}
				if st.server.Stats().Players != 1 {
					t.Error("who was not let back in lost its seat")
				}
			} else {
				st.mustPlay(a)
				claims, ok := st.server.Claims(a.Player())
				if want := map[bool]string{true: "ada again", false: "ada"}[test.fresh]; !ok || claims.Subject != want {
					t.Errorf("Claims = %+v, %v", claims, ok)
				}
				if back := asked[len(asked)-1]; len(asked) != 2 || (back.Prior != nil) != (test.rejoins > 0) {
					t.Errorf("asked %+v", asked)
				}
			}
			if got := st.server.Stats().Network; got.Rejoins != test.rejoins || got.RejoinsDenied != 1-test.rejoins {
				t.Errorf("%d rejoins, %d denied", got.Rejoins, got.RejoinsDenied)
			}
		})
	}
}
