package stage

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// A Config configures a Match. The zero value is ready to use.
type Config struct {
	// Players is the number of clients, 1 to arena.MaxPlayers. If zero, 16.
	Players int

	// Seed decides everything that is chance on the hosts: keys, cookies,
	// connection IDs, bots, and the rules' random numbers.
	Seed uint64

	// Suite is the cipher. If zero, AES-256-GCM: the one that nearly every
	// pair of machines agrees on, and the faster one where there is hardware
	// for it. Its bytes are the same where there is none.
	Suite netcode.Suite

	// Plaintext turns encryption off.
	Plaintext bool

	// InterpolationDelay fixes the players'; zero leaves it to their network.
	InterpolationDelay time.Duration

	// Separate makes every player decode every snapshot itself, and keep it,
	// as on a machine of its own. Else they share the work, which changes
	// nothing but the time it takes: see snapshot.Pool.
	Separate bool

	// Tracer watches the server's side of the protocol; nil is nobody.
	Tracer netcode.Tracer

	// OnSnapshot and OnMessage, if not nil, are the server's callbacks of
	// that name: see server.Config.
	OnSnapshot func(tick engine.Tick, hash uint64)
	OnMessage  func(p engine.PlayerID, message []byte)

	// OnDecoded, if not nil, is every client's OnSnapshot: see client.Config.
	OnDecoded func(player int, tick engine.Tick, hash uint64)
}

// defaultPlayers is the number of players unless told otherwise: that of an
// arenad.
const defaultPlayers = 16

// A Match is the hosts of one match of Arena.
type Match struct {
	Server  *Server
	Players []*Player
}

// A Server is the match's server. It is a vnet.Loop; its Core is the host.
type Server struct {
	*server.Server[arena.Input]
}

// NextDeadline returns when the next tick is due.
func (s *Server) NextDeadline() time.Time { return s.NextTick() }

// A Player is a client and the bot that plays it. It is a vnet.Loop; its Core
// is the host.
type Player struct {
	*client.Client[arena.Input]

	// OnMessage, if not nil, is the client's callback of that name: see
	// client.Config.
	OnMessage func(message []byte)

	bot     *arena.Bot
	input   arena.Input
	thinkAt time.Time
}

// thinkEvery is how often a player looks at the screen: the frame rate of a
// display that is no faster than the ticks.
const thinkEvery = time.Second / arena.TickRate

// Advance lets the bot look at the view, and the client play what it decides.
func (p *Player) Advance(now time.Time) {
	if !now.Before(p.thinkAt) {
		if view := p.View(now); view != nil {
			p.thinkAt = now.Add(thinkEvery)
			p.input = p.bot.Think(view, p.Player())
		}
	}
	p.Update(now, p.input)
}

// New makes the hosts of a match. Nobody is connected yet.
func New(cfg Config) (*Match, error) {
	if cfg.Players == 0 {
		cfg.Players = defaultPlayers
	}
	if cfg.Suite == netcode.SuiteAuto {
		cfg.Suite = netcode.SuiteAES256GCM
	}
	if cfg.Players < 1 || cfg.Players > arena.MaxPlayers {
		return nil, fmt.Errorf("stage: Config.Players is %d, want 1 to %d", cfg.Players, arena.MaxPlayers)
	}
	game := arena.New()
	game.Seed = uint32(cfg.Seed)
	s, err := server.New(server.Config[arena.Input]{
		Schema: game.Schema, Input: game.Input, Game: game, Neutral: arena.Neutral,
		TickRate: arena.TickRate, MaxPlayers: cfg.Players,
		Random: seeded(cfg.Seed, 0), Suite: cfg.Suite, Plaintext: cfg.Plaintext, Tracer: cfg.Tracer,
		OnSnapshot: cfg.OnSnapshot, OnMessage: cfg.OnMessage,
	})
	if err != nil {
		return nil, err
	}
	m := &Match{Server: &Server{s}}
	var pool *snapshot.Pool
	if !cfg.Separate {
		pool = snapshot.NewPool(game.Schema)
	}
	for i := range cfg.Players {
		p, err := newPlayer(cfg, game.Another(), pool, i)
		if err != nil {
			return nil, err
		}
		m.Players = append(m.Players, p)
	}
	return m, nil
}

func newPlayer(cfg Config, game *arena.Game, pool *snapshot.Pool, number int) (*Player, error) {
	p := &Player{bot: game.NewBot(cfg.Seed<<8 + uint64(number))}
	var decoded func(tick engine.Tick, hash uint64)
	if cfg.OnDecoded != nil {
		decoded = func(tick engine.Tick, hash uint64) { cfg.OnDecoded(number, tick, hash) }
	}
	var err error
	p.Client, err = client.New(client.Config[arena.Input]{
		Schema: game.Schema, Input: game.Input, Rules: game, Name: arena.BotName(number),
		Random: seeded(cfg.Seed, number+1), Suite: cfg.Suite, Plaintext: cfg.Plaintext,
		InterpolationDelay: cfg.InterpolationDelay,
		Pool:               pool, OnSnapshot: decoded,
		OnMessage: func(message []byte) {
			if p.OnMessage != nil {
				p.OnMessage(message)
			}
		},
	})
	return p, err
}

// seeded returns a source of randomness for one of the hosts.
func seeded(seed uint64, host int) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(host))
	return rand.NewChaCha8(key)
}

// Playing reports whether every client plays.
func (m *Match) Playing() bool {
	for _, p := range m.Players {
		if p.State() != client.Playing {
			return false
		}
	}
	return true
}
