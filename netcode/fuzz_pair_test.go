package netcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"
)

// A duel is two cores that talk through an adversary whose moves are the bytes
// of a script.
type duel struct {
	*lab
	*script
	ways      roads
	later     []func()     // moves that cannot be made within a Flush
	seen      [2][]byte    // a datagram of each way, to come again
	mate      *Conn        // the server's end of conn
	sent      [2][2]int    // messages taken, by the sender and the kind
	got       [2][2]int    // arrived at the receiver
	once      [2][]bool    // unordered ones that did
	held      [2][4]uint64 // values, by key
	value     [2][4]uint64
	end       time.Time
	talk      time.Time // when both ends speak again
	comebacks int
}

// The kinds of messages in duel.sent.
const (
	duelOrdered = iota
	duelUnordered
)

// FuzzPair is the state machine of a connection: two cores talk through an
// adversary that drops, repeats, delays, damages, cuts, reflects and replays
// datagrams, gives the client other ports, and makes both change keys, the
// client change its socket or come back with its ticket, either end move to
// another Core, and time jump. When
// it has had enough, every reliable message has arrived once (in order, or the
// newest value), or the connection is closed, by a reason other than a
// violation of the protocol.
//
// The first byte chooses the beginning: one in sixteen is a handshake, in the
// others the connection is there already, which takes a twentieth of the time.
func FuzzPair(f *testing.F) {
	f.Add([]byte{15})
	f.Add([]byte{47, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add(bytes.Repeat([]byte{2, 0, 5, 0, 0, 3, 0, 9}, 30))
	f.Add(bytes.Repeat([]byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 6, 0, 0, 7, 0, 0, 0}, 15))
	f.Add(bytes.Repeat([]byte{3, 0x41, 0x82, 0xc3, 8, 9, 1, 0x21, 8, 9, 0x35}, 20))
	f.Add(bytes.Repeat([]byte{4, 0, 0, 0x11, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0x52, 0, 0, 14}, 15))
	f.Add(bytes.Repeat([]byte{5, 0, 0x11, 0, 0, 0x35, 0, 0xcf, 1, 0xef, 0, 0x42, 0}, 12))
	f.Add(bytes.Repeat([]byte{31, 0, 0x11, 11, 12, 13, 0, 0x35, 2, 14}, 20))
	f.Fuzz(func(t *testing.T, in []byte) {
		d := &duel{script: &script{in[:min(len(in), 300)]}}
		d.begin(t, d.next())
		for d.end = d.now.Add(time.Minute); d.now.Before(d.end); {
			if d.over() {
				return
			}
			for i, c := range []*Conn{d.conn, d.mate} {
				if c != nil && c.State() == StateOpen && len(d.rest) > 0 && !d.now.Before(d.talk) {
					d.say(i, c)
				}
			}
			if !d.now.Before(d.talk) {
				d.talk = d.now.Add(3 * time.Millisecond)
			}
			until := d.now.Add(3 * time.Millisecond)
			if len(d.rest) == 0 {
				until = d.end
			}
			d.skip(until)
			d.step()
			for _, move := range d.later {
				move()
			}
			d.later = d.later[:0]
			d.sane()
		}
		t.Fatalf("after a minute %v of %v arrived", d.got, d.sent)
	})
}

func (d *duel) begin(t *testing.T, mode byte) {
	opt := DialOptions{}
	switch {
	case mode%16 == 15 && mode&16 != 0:
		d.lab = readyLab(t, false)
		opt.ServerKey = d.server.PublicKey()
		d.dial(opt)
	case mode%16 == 15:
		d.lab = readyLab(t, mode&32 != 0)
		d.dial(opt)
	default:
		d.lab = joined(t, mode%8 == 6)
	}
	d.route, d.mangle = d.ways.route, d.adversary
}

// adversary is what happens to a datagram.
func (d *duel) adversary(toServer bool, b []byte) []byte {
	move, way := d.next(), 0
	if toServer {
		way = 1
	}
	after := func(more time.Duration) flight {
		return flight{d.now.Add(time.Duration(move)*time.Millisecond + more), toServer, 0, bytes.Clone(b), Path{}}
	}
	switch move % 16 {
	case 1: // lost
		return nil
	case 2: // again, later
		d.flying = append(d.flying, after(0))
	case 3:
		b[int(d.next())%len(b)] ^= 1 << (move >> 5)
	case 4: // overtaken
		d.flying = append(d.flying, after(0))
		return nil
	case 5:
		d.ways[move>>7]++
	case 6, 7:
		d.later = append(d.later, func() {
			try := d.conn.TryPath
			if move%16 == 7 {
				try = d.conn.MovePath
			}
			_ = try(d.now, Path{Remote: serverPath.Remote, Carrier: 1 - d.conn.Path().Carrier})
		})
	case 8:
		d.later = append(d.later, func() { d.conn.Rekey(d.now) })
	case 9:
		d.later = append(d.later, func() {
			if d.mate != nil {
				d.mate.Rekey(d.now)
			}
		})
	case 10:
		d.later = append(d.later, d.rejoin)
	case 11: // to be seen again
		d.seen[way] = bytes.Clone(b)
	case 12:
		if d.seen[way] != nil {
			d.flying = append(d.flying, flight{after(0).at, toServer, 0, bytes.Clone(d.seen[way]), Path{}})
		}
	case 13: // thrown back
		d.flying = append(d.flying, flight{after(0).at, !toServer, 0, bytes.Clone(b), Path{}})
	case 14:
		d.later = append(d.later, func() {
			jump := time.Duration(move>>4) * 100 * time.Millisecond
			d.now, d.end = d.now.Add(jump), d.end.Add(jump)
		})
	case 15:
		if side := int(move>>4) - 12; side >= 0 {
			d.later = append(d.later, func() { d.export(side / 2) })
			break
		}
		b = b[:len(b)*int(move>>4)/16]
	}
	return b
}

// rejoin lets the client lose its connection and come back with its ticket.
func (d *duel) rejoin() {
	ticket := d.conn.Ticket()
	if d.comebacks++; ticket == nil || d.comebacks > 2 {
		return // two say as much as twenty, which take their time
	}
	conn, err := d.client.Dial(d.now, d.conn.Path(), DialOptions{Ticket: ticket, Early: []byte("early")})
	if err != nil {
		d.t.Fatal(err)
	}
	d.conn, d.mate = conn, nil
	d.sent, d.got, d.once = [2][2]int{}, [2][2]int{}, [2][]bool{}
	d.held, d.value = [2][4]uint64{}, [2][4]uint64{}
}

// export moves an end, the server's (0) or the client's, to another Core.
func (d *duel) export(end int) {
	core, conn := &d.server, &d.mate
	if end == 1 {
		core, conn = &d.client, &d.conn
	}
	if d.mate == nil {
		return
	}
	data, err := (*conn).Export(d.now)
	if err != nil {
		return // in the middle of a handshake or a change of keys, or in plaintext
	}
	*core = readyCore(end, false, uint64(d.now.UnixNano()))
	if *conn, err = (*core).Import(d.now, data); err != nil {
		d.t.Fatal(err)
	}
}

// over takes what has arrived, and reports whether there is nothing to wait
// for.
func (d *duel) over() bool {
	if d.mate == nil && d.conn.State() == StateOpen {
		if d.mate = d.server.byID.of(d.conn.remoteID); d.mate == nil {
			return true // the server gave up the handshake
		}
	}
	ends := []*Conn{d.conn, d.mate}
	for i, c := range ends {
		if c == nil {
			continue
		}
		for m, ok := c.NextMessage(); ok; m, ok = c.NextMessage() {
			d.take(1-i, &m)
		}
		for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
		}
	}
	for _, c := range ends {
		if c != nil && c.State() == StateClosed {
			if err := c.Err(); errors.Is(err, &CloseError{Reason: CloseProtocol}) {
				d.t.Fatal(err)
			}
			return true // who loses enough wins
		}
	}
	return len(d.rest) == 0 && d.mate != nil && d.sent == d.got && d.held == d.value
}

// say sends a message of a size and kind that the script chooses.
func (d *duel) say(way int, c *Conn) {
	what := d.next()
	size, key := 8+int(what>>4)*int(what>>4)*16, int(what>>2&3)
	send := func(channel int, n uint64, opt SendOptions) bool {
		_, err := c.SendWith(d.now, channel, binary.LittleEndian.AppendUint64(make([]byte, 0, size), n)[:size], opt)
		return err == nil
	}
	switch what & 3 {
	case 0:
		send(int(what>>2&1), uint64(d.now.UnixMilli()), SendOptions{Lifetime: time.Duration(what>>4) * time.Millisecond})
	case 1:
		if send(int(ReliableOrdered), uint64(d.sent[way][duelOrdered]), SendOptions{Urgent: key == 1 && size <= maxUrgentBytes}) {
			d.sent[way][duelOrdered]++
		}
	case 2:
		if key == 3 { // it may arrive or not
			send(int(ReliableUnordered), 1<<32, SendOptions{Lifetime: time.Duration(what) * time.Millisecond})
		} else if send(int(ReliableUnordered), uint64(d.sent[way][duelUnordered]), SendOptions{Notify: key == 2}) {
			d.sent[way][duelUnordered]++
		}
	case 3:
		size = 8
		if send(int(ReliableLatest), d.value[way][key]+1, SendOptions{Key: uint16(key), Urgent: what>>6 == 1}) {
			d.value[way][key]++
		}
	}
}

// take checks a message that way has carried.
func (d *duel) take(way int, m *Message) {
	n := binary.LittleEndian.Uint64(m.Data)
	switch ChannelMode(m.Channel) {
	case ReliableOrdered:
		if int(n) != d.got[way][duelOrdered] {
			d.t.Fatalf("way %d: message %d, want %d", way, n, d.got[way][duelOrdered])
		}
		d.got[way][duelOrdered]++
	case ReliableUnordered:
		if n == 1<<32 {
			return
		}
		if n >= uint64(d.sent[way][duelUnordered]) {
			d.t.Fatalf("way %d: event %d of %d", way, n, d.sent[way][duelUnordered])
		}
		for len(d.once[way]) <= int(n) {
			d.once[way] = append(d.once[way], false)
		}
		if d.once[way][n] {
			d.t.Fatalf("way %d: event %d came twice", way, n)
		}
		d.once[way][n] = true
		d.got[way][duelUnordered]++
	case ReliableLatest:
		if n <= d.held[way][m.Key] || n > d.value[way][m.Key] {
			d.t.Fatalf("way %d: value %d of key %d after %d, the newest is %d", way, n, m.Key, d.held[way][m.Key], d.value[way][m.Key])
		}
		d.held[way][m.Key] = n
	}
}
