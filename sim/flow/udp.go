package flow

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// UDPOptions are what a scenario says about a flow of the kind udp.
type UDPOptions struct {
	From  string        `toml:"from"`
	To    string        `toml:"to"`
	Start time.Duration `toml:"start"`
	Stop  time.Duration `toml:"stop"`  // zero at the end
	Stall time.Duration `toml:"stall"` // as of ConnectionOptions
	Up    *Load         `toml:"up"`
	Down  *Load         `toml:"down"`
}

// NewUDPOptions returns the defaults, but for the loads: Validate adds one of
// 100 bytes 60 times a second each way if there is none.
func NewUDPOptions() *UDPOptions {
	return &UDPOptions{From: scenario.Client, To: scenario.Server, Stall: DefaultStall}
}

// maxDatagram is the largest UDP payload over IPv4.
const maxDatagram = 65507

// Validate checks the options.
func (o *UDPOptions) Validate(hosts []string) error {
	if o.Up == nil && o.Down == nil {
		o.Up, o.Down = &Load{Size: 100, Rate: 60}, &Load{Size: 100, Rate: 60}
	}
	for _, err := range []error{
		validateHosts(o.From, o.To, hosts), validateTimes(o.Start, o.Stop),
		o.Up.validate("up", maxDatagram, false), o.Down.validate("down", maxDatagram, false),
	} {
		if err != nil {
			return err
		}
	}
	if o.Stall <= 0 {
		return &scenario.KeyError{Key: "stall", Want: "a time above 0s"}
	}
	return nil
}

// Channels returns the name of the one channel that assertions may speak of.
func (o *UDPOptions) Channels() []string { return []string{datagrams} }

const datagrams = "datagrams"

// A UDP is a flow of the kind udp.
type UDP struct {
	stage          *Stage
	name           string
	options        *UDPOptions
	client, server *speaker
	opened         bool // the server knows where the client is
	err            error
}

func beginUDP(s *Stage, name string, options scenario.Options) (Flow, error) {
	o, ok := options.(*UDPOptions)
	if !ok {
		return nil, fmt.Errorf("flow %s: the options are a %T", name, options)
	}
	client, err := s.Machine(o.From)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	server, err := s.Machine(o.To)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	u := &UDP{stage: s, name: name, options: o}
	until := s.Until
	if stop := s.Epoch.Add(o.Stop); o.Stop > 0 && stop.Before(until) {
		until = stop
	}
	u.client = newSpeaker(u, "up", o.Up, useClientPhase, until)
	u.server = newSpeaker(u, "down", o.Down, useServerPhase, until)
	u.client.peer, u.server.peer = u.server, u.client
	u.client.silence = NewSilence(name, "at "+o.From, o.Stall, u.server.interval())
	u.server.silence = NewSilence(name, "at "+o.To, o.Stall, u.client.interval())
	listening, err := server.Bind(s.ServerPort(), u.server, nil)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	u.client.to = netcode.Path{Remote: s.AddressOf(listening)}
	if _, err := client.Bind(0, u.client, nil); err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	start := int64(o.Start)
	u.client.greets = start
	u.client.begin(start)
	return u, nil
}

// A speaker is one end: a host that sends datagrams as they are due.
type speaker struct {
	flow    *UDP
	peer    *speaker
	meter   *Meter // of what it says; nil if nothing
	plan    schedule
	phase   int64
	number  uint64
	at      int64 // the next datagram is due; never if none
	until   int64
	greets  int64 // of the client: the next greeting is due
	to      netcode.Path
	message []byte
	silence Silence
}

func newSpeaker(u *UDP, direction string, l *Load, use uint64, until time.Time) *speaker {
	p := &speaker{flow: u, at: never, greets: never, until: int64(until.Sub(u.stage.Epoch))}
	if l != nil {
		p.meter = NewMeter(datagrams, direction, u.stage.Step)
		p.plan, p.message = newSchedule(l), make([]byte, int(l.Size))
		p.phase = u.stage.phase(u.name, use, p.plan.interval())
	}
	return p
}

func (p *speaker) interval() time.Duration {
	if p.meter == nil {
		return 0
	}
	return p.plan.interval()
}

// begin starts the schedule.
func (p *speaker) begin(at int64) {
	if p.meter != nil {
		p.plan.first = at + p.phase
		p.at = p.plan.first
		p.peer.silence.Begin(time.Duration(at))
	}
}

// A greeting tells the server where the client is, through whatever NATs there
// are: one byte, again and again until it has worked, and now and then so that
// a NAT does not forget. It is no message and not counted.
const (
	greetAgain  = 200 * int64(time.Millisecond)
	greetOften  = 10 * int64(time.Second)
	greetGiveUp = 10 * int64(time.Second)
)

// Receive takes a datagram. It implements vnet.Host.
func (p *speaker) Receive(now time.Time, path netcode.Path, datagram []byte) {
	u := p.flow
	at := int64(now.Sub(u.stage.Epoch))
	if p == u.server {
		p.to = path
		if !u.opened {
			u.opened = true
			p.begin(at)
		}
	}
	if len(datagram) < minMessage || p.peer.meter == nil {
		return
	}
	low := binary.LittleEndian.Uint32(datagram)
	number := p.peer.number + uint64(int64(int32(low-uint32(p.peer.number))))
	if number >= p.peer.number || len(datagram) != len(p.peer.message) || len(datagram) >= 8 && binary.LittleEndian.Uint32(datagram[4:]) != ^low {
		return // corrupted on the way, beyond recognition
	}
	p.peer.meter.Arrived(number, len(datagram), time.Duration(p.peer.plan.due(number)), time.Duration(at))
	p.silence.Heard(u.stage, time.Duration(at))
}

// Flush sends what is due. It implements vnet.Host.
func (p *speaker) Flush(now time.Time, out netcode.Sender) {
	at := int64(now.Sub(p.flow.stage.Epoch))
	for p.at <= at {
		if p.at >= p.until {
			p.at = never
			break
		}
		p.write()
		p.meter.Sent(time.Duration(p.at))
		p.number++
		p.at = p.plan.due(p.number)
		out.SendDatagram(p.to, p.message)
	}
	if p.greets <= at {
		p.greet(at, out)
	}
}

// write makes the next message: its number and, where there is room, the
// number's complement, as nothing else tells of corruption.
func (p *speaker) write() {
	binary.LittleEndian.PutUint32(p.message, uint32(p.number))
	if len(p.message) >= 8 {
		binary.LittleEndian.PutUint32(p.message[4:], ^uint32(p.number))
	}
}

// greet tells the server where the client is.
func (p *speaker) greet(at int64, out netcode.Sender) {
	u := p.flow
	p.greets = at + greetAgain
	if u.opened {
		p.greets = at + greetOften
	}
	if at >= p.until {
		p.greets = never
		return
	}
	if u.options.Down != nil && !u.opened && at > int64(u.options.Start)+greetGiveUp && u.err == nil {
		u.err = fmt.Errorf("flow %s never connected: nothing of what %s sent to %s at %v arrived for %v",
			u.name, u.options.From, u.options.To, p.to.Remote, time.Duration(greetGiveUp))
	}
	out.SendDatagram(p.to, []byte{0})
}

// NextDeadline returns when the next datagram is due. It implements vnet.Host.
func (p *speaker) NextDeadline() time.Time {
	at := min(p.at, p.greets)
	if at == never {
		return time.Time{}
	}
	return p.flow.stage.Epoch.Add(time.Duration(at))
}

// Err returns why the flow cannot go on.
func (u *UDP) Err() error { return u.err }

// Quiet reports whether everything arrived, or nothing is on its way at all.
func (u *UDP) Quiet() bool {
	if u.stage.Idle() {
		return true
	}
	for _, p := range []*speaker{u.client, u.server} {
		if p.meter != nil && p.meter.delivered < p.meter.sent {
			return false
		}
	}
	return true
}

// Result returns what was measured.
func (u *UDP) Result() result.Flow {
	f := result.Flow{Name: u.name, Kind: "udp"}
	now := min(u.stage.Net.Now().Sub(u.stage.Epoch), time.Duration(u.client.until))
	var meters []*Meter
	doubled, disorder := uint64(0), uint64(0)
	for _, p := range []*speaker{u.client, u.server} {
		p.silence.End(u.stage, now)
		if p.meter == nil {
			continue
		}
		meters = append(meters, p.meter)
		f.Parts = append(f.Parts, p.meter.Part())
		doubled += p.meter.doubled
		disorder += p.meter.disorder
	}
	f.Figures = Together(meters...)
	f.Counters = map[string]float64{
		"duplicates": float64(doubled), "reordered": float64(disorder),
		"stalls":     float64(u.client.silence.stalls + u.server.silence.stalls),
		"stalled_ms": milliseconds(u.client.silence.stalled + u.server.silence.stalled),
	}
	return f
}
