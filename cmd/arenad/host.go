package main

import (
	"encoding/hex"
	"fmt"
	"io"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/server"
)

// A host is the game as this server runs it: the rules, and a word to the
// operator and the players about what happens. All of it runs on the
// goroutine of the server's loop.
type host struct {
	*arena.Game
	server *server.Server[arena.Input]
	name   string
	out    io.Writer // the log

	// notices wait for the end of Advance: the rules are no place to send.
	notices []notice
	greet   []engine.PlayerID
	round   uint16 // that was last announced
	quietly bool   // the bots take their seats
	keyless bool   // plaintext: nothing proves who we are
}

type notice struct {
	kind arena.NoticeKind
	text string
}

// key returns the public key of the server in hexadecimal, "none" in
// plaintext mode.
func (h *host) key() string {
	if h.keyless {
		return "none"
	}
	key := h.server.PublicKey()
	return hex.EncodeToString(key[:])
}

// Join is that of the rules, announced.
func (h *host) Join(w *engine.World, p engine.PlayerID, name string) {
	h.Game.Join(w, p, name)
	if h.quietly {
		return
	}
	h.announce(h.PlayerName(w, p) + " joined")
	h.greet = append(h.greet, p)
}

// Leave is that of the rules, announced.
func (h *host) Leave(w *engine.World, p engine.PlayerID) {
	h.announce(h.PlayerName(w, p) + " left")
	h.Game.Leave(w, p)
}

// Step is that of the rules; the end of a round is announced.
func (h *host) Step(w *engine.World, in *engine.Inputs[arena.Input]) {
	h.Game.Step(w, in)
	_, m := h.Match.Slot(w, 0)
	if m == nil || m.Phase != arena.PhaseFrozen || m.Round == h.round {
		return
	}
	h.round = m.Round
	if m.Winner == engine.NoPlayer {
		h.announce(fmt.Sprintf("round %d: nobody won", m.Round))
		return
	}
	h.announce(fmt.Sprintf("round %d: %s won", m.Round, h.PlayerName(w, m.Winner)))
}

func (h *host) killed(w *engine.World, k arena.Kill) {
	text := h.KillText(w, k)
	h.log("%s", text)
	h.notices = append(h.notices, notice{arena.NoticeKill, text})
}

func (h *host) announce(text string) {
	h.log("%s", text)
	h.notices = append(h.notices, notice{arena.NoticeInfo, text})
}

func (h *host) log(format string, args ...any) {
	fmt.Fprintf(h.out, "arenad: "+format+"\n", args...)
}

// tell sends what has been noted since the last time. Whoever cannot take a
// line misses it; the game itself never depends on one.
func (h *host) tell() {
	var line []byte
	for _, p := range h.greet {
		line = arena.AppendNotice(line[:0], arena.NoticeInfo, "welcome to "+h.name)
		_ = h.server.Send(p, line) // a bot, or one who has gone again
	}
	for _, n := range h.notices {
		line = arena.AppendNotice(line[:0], n.kind, n.text)
		h.server.Broadcast(line)
	}
	h.greet, h.notices = h.greet[:0], h.notices[:0]
}

// addBots seats n bots.
func (h *host) addBots(n int) error {
	h.quietly = true
	defer func() { h.quietly = false }()
	for i := range n {
		if err := h.addBot(i); err != nil {
			return err
		}
	}
	return nil
}

// addBot seats the nth bot.
func (h *host) addBot(n int) error {
	bot := h.NewBot(uint64(h.Seed)<<8 + uint64(n))
	p, err := h.server.AddBot(arena.BotName(n), bot.Think)
	if err != nil {
		return fmt.Errorf("bot %d: %w", n+1, err)
	}
	h.SetBot(h.server.World(), p, true)
	return nil
}
