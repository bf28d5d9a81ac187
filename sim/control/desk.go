package control

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// Options are what a Desk knows of a network besides the network itself.
type Options struct {
	Mode string // "proxy" or "tun"

	// HeaderBytes are part of each datagram, so that they are taken off the
	// overhead of presets: 28 in netsim tun.
	HeaderBytes int

	// Timeline is what happens by itself.
	Timeline []Moment

	// Epoch returns from when it counts, and whether it has begun. If nil,
	// from NewDesk on.
	Epoch func() (time.Time, bool)
}

// A Moment is a change of the timeline.
type Moment struct {
	At   time.Duration
	Text string
}

// A Desk watches and changes a network. Create it with NewDesk; Run keeps it
// going. Its methods may be called from any goroutine.
type Desk struct {
	Meter Meter // tell it of every datagram

	network  Network
	options  Options
	original scenario.Line
	began    time.Time
	events   events

	mu      sync.Mutex // guards all below
	outage  *outage    // nil if there is none
	moments []Moment   // still to come
	clients map[netip.AddrPort]bool
}

// An outage is a while in which nothing passes.
type outage struct {
	until  time.Time     // the zero time until somebody ends it
	before scenario.Line // what comes back
	during scenario.Line
}

// NewDesk returns a desk of a network as it begins.
func NewDesk(n Network, o Options) *Desk {
	d := &Desk{}
	d.Begin(n, o)
	return d
}

// Begin makes the zero Desk one of a network. Its Meter may be told of
// datagrams before.
func (d *Desk) Begin(n Network, o Options) {
	up, down := n.Links()
	d.network, d.options, d.began, d.moments = n, o, time.Now(), o.Timeline
	d.original, d.clients = scenario.Line{Up: up, Down: down}, map[netip.AddrPort]bool{}
	if o.Epoch == nil {
		d.options.Epoch = func() (time.Time, bool) { return d.began, true }
	}
}

// tick is how often outages, clients and the timeline are looked after.
const tick = 50 * time.Millisecond

// Run keeps the desk going until ctx is done.
func (d *Desk) Run(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	second := time.Now().Add(time.Second)
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			d.look(now)
			if !now.Before(second) {
				second = second.Add(time.Second)
				d.Meter.Tick()
			}
		}
	}
}

// look ends an outage that is over, and tells what is new.
func (d *Desk) look(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.outage; o != nil && !o.until.IsZero() && !now.Before(o.until) {
		d.endOutage()
	}
	if epoch, begun := d.options.Epoch(); begun {
		for len(d.moments) > 0 && now.Sub(epoch) >= d.moments[0].At {
			d.tell("timeline", d.moments[0].Text)
			d.moments = d.moments[1:]
		}
	}
	present := map[netip.AddrPort]bool{}
	for _, c := range d.network.Clients() {
		present[c.Address] = true
		if !d.clients[c.Address] {
			d.tell("client", fmt.Sprintf("%v is there", c.Address))
		}
	}
	for address := range d.clients {
		if !present[address] {
			d.tell("client", fmt.Sprintf("%v is gone", address))
		}
	}
	d.clients = present
}

func (d *Desk) tell(kind, text string) {
	d.events.add(Event{Time: time.Now(), Seconds: time.Since(d.began).Seconds(), Kind: kind, Text: text})
}

// Line returns the link as it is, or as it will be after an outage.
func (d *Desk) Line() scenario.Line {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.line()
}

func (d *Desk) line() scenario.Line {
	up, down := d.network.Links()
	now := scenario.Line{Up: up, Down: down}
	if o := d.outage; o != nil {
		if o.during == now {
			return o.before
		}
		d.outage = nil // the timeline has changed the link meanwhile
	}
	return now
}

// Out reports whether nothing passes now because somebody said so, and until
// when: the zero time until somebody ends it.
func (d *Desk) Out() (until time.Time, out bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.outage == nil {
		return time.Time{}, false
	}
	return d.outage.until, true
}

// Patch changes what table names: see scenario.Adjust, whose error it returns.
func (d *Desk) Patch(table []byte) error { return d.adjust("set", string(table), nil, table) }

// Replace changes the link to what table says, and nothing else.
func (d *Desk) Replace(table []byte) error {
	perfect := scenario.Line{Up: link.Config{Overhead: d.original.Up.Overhead}, Down: link.Config{Overhead: d.original.Down.Overhead}}
	return d.adjust("set", string(table), &perfect, table)
}

// Preset makes the link that of an access network.
func (d *Desk) Preset(name string) error {
	preset, err := scenario.FindPreset(name)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.set("preset", preset.Name+": "+preset.About, d.withHeaders(preset.Line))
}

// withHeaders takes off what a preset counts besides each datagram and is part
// of it here.
func (d *Desk) withHeaders(l scenario.Line) scenario.Line {
	l.Up.Overhead = max(0, l.Up.Overhead-d.options.HeaderBytes)
	l.Down.Overhead = max(0, l.Down.Overhead-d.options.HeaderBytes)
	l.Preset = ""
	return l
}

// Reset makes the link what it was in the beginning, and ends an outage.
func (d *Desk) Reset() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outage = nil
	return d.set("reset", "the link is as in the beginning", d.original)
}

// adjust lays a table on a link, the present one if from is nil.
func (d *Desk) adjust(kind, text string, from *scenario.Line, table []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	line := d.line()
	if from != nil {
		line = *from
	}
	changed, err := scenario.Adjust(line, table)
	if err != nil {
		return err
	}
	if changed.Preset != "" {
		changed = d.withHeaders(changed)
	}
	return d.set(kind, text, changed)
}

// set sets the link, or what it will be after an outage. The mutex is held.
func (d *Desk) set(kind, text string, l scenario.Line) error {
	if d.line(); d.outage != nil {
		d.outage.before = l
		during := without(l)
		d.outage.during, l = during, during
	}
	if err := d.network.SetLinks(l.Up, l.Down); err != nil {
		return err
	}
	d.tell(kind, text)
	return nil
}

// always is an outage without end: all of every period but a nanosecond.
var always = link.Outage{For: 24*time.Hour - 1, Every: 24 * time.Hour}

// without returns a link on which nothing passes.
func without(l scenario.Line) scenario.Line {
	l.Up.Outage, l.Down.Outage = always, always
	return l
}

// MaxOutage is the longest outage with an end.
const MaxOutage = time.Hour

// Outage drops everything for a while, or if it is 0 until Resume.
func (d *Desk) Outage(long time.Duration) error {
	if long < 0 || long > MaxOutage {
		return &scenario.KeyError{Key: "for", Want: fmt.Sprintf("0s to %v", MaxOutage)}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.line()
	o := &outage{before: before, during: without(before)}
	text := "nothing passes"
	if long > 0 {
		o.until = time.Now().Add(long)
		text += fmt.Sprintf(" for %v", long)
	}
	if err := d.network.SetLinks(o.during.Up, o.during.Down); err != nil {
		return err
	}
	d.outage = o
	d.tell("outage", text)
	return nil
}

// Resume ends an outage.
func (d *Desk) Resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.outage != nil {
		d.endOutage()
	}
}

// endOutage gives the link back as it was, unless it was changed by itself.
func (d *Desk) endOutage() {
	l := d.line()
	if d.outage == nil {
		return
	}
	d.outage = nil
	if err := d.network.SetLinks(l.Up, l.Down); err != nil {
		d.tell("error", err.Error()) // the network is closed
		return
	}
	d.tell("outage", "over")
}

// ErrNoClient means that there is no client of an address.
var ErrNoClient = errors.New("control: no such client")

// PatchClient changes what table names of one client's link, until the links of
// all are set.
func (d *Desk) PatchClient(address netip.AddrPort, table []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.network.Clients() {
		if c.Address != address && netip.AddrPortFrom(c.Address.Addr().Unmap(), c.Address.Port()) != address {
			continue
		}
		changed, err := scenario.Adjust(scenario.Line{Up: c.Up, Down: c.Down}, table)
		if err != nil {
			return err
		}
		if changed.Preset != "" {
			changed = d.withHeaders(changed)
		}
		if err := d.network.SetClientLinks(c.Address, changed.Up, changed.Down); err != nil {
			return err
		}
		d.tell("client", fmt.Sprintf("%v: %s", address, table))
		return nil
	}
	return fmt.Errorf("%w: %v", ErrNoClient, address)
}

// Totals returns what happened so far, and for how long.
func (d *Desk) Totals() (Totals, time.Duration) { return d.network.Totals(), time.Since(d.began) }

// Clients returns who there is.
func (d *Desk) Clients() []proxy.Client { return d.network.Clients() }

// Mode returns Options.Mode.
func (d *Desk) Mode() string { return d.options.Mode }
