package client

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/predict"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
)

// A State is where a client stands.
//
//	Connecting → Joining → Playing → Closed
//	     └──────────┴─────────────────┘
type State uint8

// The states of a client.
const (
	Connecting State = iota // shaking hands, or not yet told whom to connect to
	Joining                 // waiting for a seat and the first snapshot
	Playing                 // View has a world
	Closed                  // Err says why; Connect may begin again
)

// String returns the state's name.
func (s State) String() string {
	return [...]string{"connecting", "joining", "playing", "closed"}[min(s, Closed)]
}

// ErrNotConnected means that there is no connection to send through.
var ErrNotConnected = errors.New("client: not connected")

// A Client plays in one match at a time. It belongs to one goroutine, which
// all its callbacks run on.
type Client[I any] struct {
	cfg  Config[I]
	core *netcode.Core

	endpoint *netcode.Endpoint // nil unless dialled
	conn     *netcode.Conn     // nil before Connect, and while wanted waits
	state    State
	err      error
	now      time.Time // of the newest Update

	ticket *netcode.Ticket // to come back with; nil for a fresh start
	lost   time.Time       // when the connection that gave it was lost

	wanted netcode.Path // what to dial when it is free; zero: nothing
	called time.Time    // when it was dialled

	snapshots *snapshot.Ring
	newest    engine.Tick // of the snapshots decoded
	anyNewest bool
	codec     *snapshot.Codec
	writer    *session.InputCodec[I]
	message   session.InputMessage[I] // scratch
	out       []byte                  // scratch
	view      *engine.World

	match *match[I] // nil until the server said who we are
	stats counters
	rates rates
}

// A match is everything that ends with a connection: it is made when the
// server's welcome has come.
type match[I any] struct {
	session.Welcome
	interval time.Duration

	server   *clock.ServerTime
	lead     *clock.Lead
	playhead *clock.Playhead
	buffer   *interp.Buffer
	predict  *predict.Predictor[I]

	epoch      uint8
	ran        engine.Tick // the newest tick predicted
	acked      engine.Tick // the newest input the server has
	anyAcked   bool
	needFull   bool
	stalled    bool                      // arrivals say nothing about the clock until the backlog is read
	reconciled engine.Tick               // the newest snapshot the prediction knows
	views      [predict.Ring]interp.View // of the inputs, by tick
	seen       interp.View               // what was last shown
	drawn      bool                      // whether that was by View, since the last Update
}

// New returns a client that is not connected, or an error that says what is
// wrong with cfg.
func New[I any](cfg Config[I]) (*Client[I], error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	core, err := netcode.NewCore(netcode.Config{
		Game: netcode.Identity{
			Name: cfg.Schema.Name(), Build: cfg.Schema.Version(), Schema: cfg.Schema.Fingerprint(),
		},
		Channels:  channels(),
		Key:       cfg.Key,
		Plaintext: cfg.Plaintext,
		Suite:     cfg.Suite,
		Random:    cfg.Random,
		Timeout:   cfg.Timeout,
		Tracer:    cfg.Tracer,
	})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c := &Client[I]{
		cfg: cfg, core: core,
		writer: session.NewInputCodec(cfg.Input),
		view:   cfg.Schema.NewWorld(),
	}
	if pool := cfg.Pool; pool != nil {
		c.snapshots, c.codec = pool.NewRing(snapshot.DefaultRing), pool.NewCodec()
	} else {
		c.snapshots, c.codec = snapshot.NewRing(cfg.Schema, snapshot.DefaultRing), snapshot.NewCodec(cfg.Schema)
	}
	return c, nil
}

// Core returns the client's connection, to be driven by whoever called
// Connect.
func (c *Client[I]) Core() *netcode.Core { return c.core }

// Connect begins to connect to a server, giving up what was before. The
// caller drives the Core; [Client.Dial] does so by itself.
func (c *Client[I]) Connect(now time.Time, path netcode.Path) error {
	c.ticket = nil
	if c.conn != nil {
		c.conn.SetUser(nil)
		c.conn.Close(now, netcode.CloseNormal, "")
	}
	return c.begin(now, path)
}

// ErrNoTicket means that the server has given us nothing to come back with.
var ErrNoTicket = errors.New("client: the server has given no ticket to come back with")

// Rejoin comes back into the seat that we have, or had until the connection was
// lost, as over a new network: at once, if the server holds it. It happens by
// itself when the connection times out. If the server does not know us any
// more, it is like Connect. The error is ErrNoTicket, and nothing has changed,
// or what is wrong on this side.
func (c *Client[I]) Rejoin(now time.Time) error {
	if c.conn == nil || c.conn.Ticket() == nil && c.ticket == nil {
		return ErrNoTicket
	}
	path := c.conn.Path()
	if ticket := c.conn.Ticket(); ticket != nil {
		c.ticket, c.lost = ticket, now
	}
	c.conn.SetUser(nil) // its end is no news
	return c.begin(now, path)
}

// begin forgets what was before and dials.
func (c *Client[I]) begin(now time.Time, path netcode.Path) error {
	c.stats.past = c.total()
	c.conn, c.match = nil, nil
	c.state, c.err = Connecting, nil
	c.now = now
	c.snapshots.Clear()
	c.anyNewest = false
	c.rates = rates{}
	return c.call(path)
}

// call dials a path, or remembers to do so with the next Update: saying
// goodbye to the same server takes a moment.
func (c *Client[I]) call(path netcode.Path) error {
	c.wanted = path
	opt := netcode.DialOptions{
		ServerKey: c.cfg.ServerKey,
		Hello:     []byte(session.CleanName([]byte(c.cfg.Name))),
	}
	if c.cfg.Token != nil {
		opt.Token = c.cfg.Token()
	}
	opt.Ticket = c.ticket
	conn, err := c.core.Dial(c.now, path, opt)
	if errors.Is(err, netcode.ErrPathInUse) {
		return nil
	}
	c.wanted = netcode.Path{}
	if err != nil {
		c.state, c.err = Closed, fmt.Errorf("client: %w", err)
		return c.err
	}
	conn.SetUser(c)
	c.conn, c.called = conn, c.now
	return nil
}

// State returns where the client stands.
func (c *Client[I]) State() State { return c.state }

// Err returns why the client is Closed: a *netcode.CloseError, as a rule.
func (c *Client[I]) Err() error { return c.err }

// Player returns who we are; [engine.NoPlayer] until the server has said.
func (c *Client[I]) Player() engine.PlayerID {
	if c.match == nil {
		return engine.NoPlayer
	}
	return c.match.Player
}

// Send queues an application message to the server: reliably, in order, at
// most [session.MaxApplication] bytes, which are copied. The error is
// ErrNotConnected or one of the connection's, which goes on after it.
func (c *Client[I]) Send(message []byte) error {
	if c.match == nil || c.state == Closed {
		return ErrNotConnected
	}
	c.out = session.AppendApplication(c.out[:0], message)
	_, err := c.conn.Send(c.now, session.ChannelOrdered, c.out)
	return err
}

// Close leaves the game and tells the server. A socket made by Dial is closed;
// else the caller flushes the Core. The error is the socket's.
func (c *Client[I]) Close() error {
	c.wanted = netcode.Path{}
	if c.conn != nil {
		c.conn.Close(c.now, netcode.CloseNormal, "")
	}
	c.state = Closed
	if c.err == nil {
		c.err = &netcode.CloseError{Reason: netcode.CloseNormal}
	}
	return c.hangUp()
}
