package secondhand

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/flynn/noise"
)

// entropy is a source of randomness that can be repeated.
type entropy struct{ *rand.ChaCha8 }

func newEntropy(seed byte) *entropy { return &entropy{rand.NewChaCha8([32]byte{seed})} }

// States of a client (section 6.2).
const (
	awaitRetry = iota
	awaitRespond
	awaitResume
	awaitPacket
	open
	closed
)

// A ticket is what a client comes back with (section 6.12).
type ticket struct {
	id  [16]byte
	key []byte
}

// options say how a client connects.
type options struct {
	game      game
	mode      uint8
	offer     byte   // suites; both if zero
	serverKey []byte // IK and tickets
	static    noise.DHKey
	hello     []byte
	token     []byte
	ticket    *ticket
	early     []byte
	seed      byte
	random    io.Reader // if not from the seed
	version   byte      // of datagrams, if not the page's
	future    []byte    // a parameter of a later build
	long      bool      // spend bytes that are not needed (section 9)
}

// A client is the whole of one.
type client struct {
	options
	local netip.AddrPort // where it is: the path in use
	out   func(from netip.AddrPort, datagram []byte)

	state     int
	clientID  [8]byte
	handshake *noise.HandshakeState // nil in plaintext mode
	attempt   byte                  // the mode of what is under way: modeRejoin at first with a ticket
	message   []byte                // the Noise message that is repeated
	datagram  []byte                // the last handshake datagram
	repeatAt  time.Time
	giveUpAt  time.Time // of a Rejoin
	refusals  map[byte]int
	heardAt   time.Time // when a packet opened; at first, when it began
	refused   byte      // the reason that came twice

	id       []byte // of the connection
	suite    uint8
	keys     *phases
	window   replayWindow
	received history
	ackDue   time.Time // zero: nothing unanswered
	unacked  int
	sender
	channels []*outgoing
	incoming []*incoming
	got      []message
	control  []content // frames to go in the next packet

	resumeSecret []byte
	ticketGiven  *ticket
	observed     netip.AddrPort
	observedIn   uint64
	told         [4]int // how many acks of each form were sent
	toldRuns     int
	marked       uint32 // packets of ours that arrived marked
	trying       netip.AddrPort
	former       netip.AddrPort
	tryData      []byte
	largest      int // datagram that came
	closeReason  byte
	closeText    string
	violation    error
}

func newClient(o options, local netip.AddrPort, now time.Time) *client {
	c := &client{options: o, local: local, heardAt: now, refusals: map[byte]int{}}
	if o.random == nil {
		c.random = newEntropy(o.seed)
	}
	c.sender.sent = map[uint64]*sent{}
	for i, ch := range o.game.channels {
		c.channels = append(c.channels, &outgoing{channel: ch, index: uint8(i)})
		c.incoming = append(c.incoming, &incoming{channel: ch, index: uint8(i), deliver: func(key int, data []byte) {
			c.got = append(c.got, message{i, key, bytes.Clone(data)})
		}})
	}
	if o.ticket != nil {
		c.rejoin(now)
	} else {
		c.hello(now)
	}
	return c
}

// send queues a message.
func (c *client) send(channel int, data []byte) (giveUp func()) {
	return c.channels[channel].send(data)
}

// ping queues frames that make the next packet elicit an ack: a ping, and
// padding. (A content with lost is repeated; a ping is not.)
func (c *client) ping(padding int) {
	c.control = append(c.control, content{frame: frame{channel: codePing}})
	for range padding {
		c.control = append(c.control, content{frame: frame{channel: codePadding}})
	}
}

// repeat queues a frame that is sent again until it arrives.
func (c *client) repeat(f frame) {
	c.control = append(c.control, content{frame: f, lost: func() { c.repeat(f) }})
}

// idle says that everything arrived.
func (c *client) idle() bool {
	for _, o := range c.channels {
		if !o.idle() {
			return false
		}
	}
	return len(c.control) == 0
}

// flush sends what is due.
func (c *client) flush(now time.Time) {
	if c.state == closed {
		return
	}
	if now.Sub(c.heardAt) > 10*time.Second { // sections 4.4 and 6.2
		c.state, c.closeReason = closed, 1
		return
	}
	if c.state < open && !now.Before(c.repeatAt) {
		c.repeatHandshake(now)
	}
	if c.keys == nil {
		return
	}
	if c.lose(now) && len(c.control) == 0 {
		c.ping(0)
	}
	c.keys.forget(now, 2*c.rtt+100*time.Millisecond)
	for c.flushPacket(now) {
	}
}

// flushPacket sends one packet, if something is due.
func (c *client) flushPacket(now time.Time) bool {
	const room = 1200 - 12 - 52 - 16
	var contents []content
	var size int
	add := func(x content) {
		if x.sent != nil {
			x.sent()
		}
		contents, size = append(contents, x), size+x.frame.size()
	}
	for len(c.control) > 0 && size+c.control[0].frame.size() <= room {
		x := c.control[0]
		c.control = c.control[1:]
		add(x)
	}
	for i := range c.channels { // channels take turns in being the first
		o := c.channels[(i+int(c.sender.next))%len(c.channels)]
		for x, ok := o.next(room - size); ok; x, ok = o.next(room - size) {
			add(x)
		}
	}
	due := !c.ackDue.IsZero() && !now.Before(c.ackDue)
	if len(contents) == 0 && !due {
		return false
	}
	c.ackDue, c.unacked = time.Time{}, 0
	c.sendPacket(now, contents, true, c.local)
	return len(contents) > 0
}

// sendPacket seals a packet and sends it from an address of ours. Without
// acks it has an ack section with count 0.
func (c *client) sendPacket(now time.Time, contents []content, acks bool, from netip.AddrPort) {
	if !c.keys.sent {
		c.keys.sent, c.keys.sentFrom = true, c.sender.next
	}
	history := &history{}
	if acks {
		history = &c.received
	}
	history.newestShort = history.newestShort && !c.long
	body, form := history.appendAck(nil, now)
	c.told[form]++
	if form == formWide && body[0] > 0x80 {
		c.toldRuns++
	}
	packet := &sent{at: now, contents: contents, acks: history.any, newest: history.newest}
	for i, x := range contents {
		body = appendFrame(body, x.frame, i == len(contents)-1)
		if x.frame.kind != kindControl || x.frame.channel != codePadding && x.frame.channel != codeClose {
			packet.elicits = true
		}
	}
	if packet.elicits {
		c.lastSent = now
	}
	head := appendHeader(nil, header{
		phase: c.keys.phase&1 == 1, short: c.short() && !c.long, form: form, id: c.id, low: uint32(c.sender.next),
	})
	sealed := c.keys.up.seal(c.sender.next, head, body)
	c.sent[c.sender.next] = packet
	c.sender.next++
	c.out(from, append(head, sealed...))
}
