package trace_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
)

// A block is what a reader of pcapng sees of an enhanced packet block.
type block struct {
	at       time.Time
	inbound  bool
	from, to netip.AddrPort
	payload  []byte
}

// readCapture reads what a Capture wrote, and checks all that can be wrong:
// lengths, padding, order of options, checksums.
func readCapture(b []byte) (blocks []block, dropped uint64, err error) {
	le := binary.LittleEndian
	for i := 0; len(b) > 0; i++ {
		if len(b) < 12 || int(le.Uint32(b[4:])) > len(b) || le.Uint32(b[4:])%4 != 0 {
			return nil, 0, fmt.Errorf("block %d: bad length", i)
		}
		size := le.Uint32(b[4:])
		body, kind := b[8:size-4], le.Uint32(b)
		if le.Uint32(b[size-4:]) != size {
			return nil, 0, fmt.Errorf("block %d: lengths differ", i)
		}
		b = b[size:]
		switch {
		case i == 0 && kind == 0x0A0D0D0A && le.Uint32(body) == 0x1A2B3C4D:
		case i == 1 && kind == 1 && le.Uint16(body) == 101:
		case i > 1 && kind == 6:
			read, err := readPacket(body)
			if err != nil {
				return nil, 0, fmt.Errorf("block %d: %w", i, err)
			}
			blocks = append(blocks, read)
		case len(b) == 0 && kind == 5:
			dropped = le.Uint64(body[16:])
		default:
			return nil, 0, fmt.Errorf("block %d has type %d", i, kind)
		}
	}
	return blocks, dropped, nil
}

func readPacket(body []byte) (p block, err error) {
	le, be := binary.LittleEndian, binary.BigEndian
	p.at = time.Unix(0, int64(uint64(le.Uint32(body[4:]))<<32|uint64(le.Uint32(body[8:]))))
	size := int(le.Uint32(body[12:]))
	data, options := body[20:20+size], body[20+(size+3)/4*4:]
	if le.Uint32(options) != 2|4<<16 || len(options) != 12 {
		return p, fmt.Errorf("options are %x", options)
	}
	p.inbound = le.Uint32(options[4:]) == 1
	var source, target netip.Addr
	var pseudo []byte
	switch data[0] >> 4 {
	case 4:
		if sum(data[:20]) != 0xffff || int(be.Uint16(data[2:])) != size {
			return p, errors.New("bad IPv4 header")
		}
		source, target = netip.AddrFrom4([4]byte(data[12:])), netip.AddrFrom4([4]byte(data[16:]))
		pseudo, data = data[12:20:20], data[20:]
	case 6:
		if int(be.Uint16(data[4:])) != size-40 {
			return p, errors.New("bad IPv6 header")
		}
		source, target = netip.AddrFrom16([16]byte(data[8:])), netip.AddrFrom16([16]byte(data[24:]))
		pseudo, data = data[8:40:40], data[40:]
	}
	pseudo = append(append(pseudo, 0, 17, data[4], data[5]), data...)
	if sum(pseudo) != 0xffff || be.Uint16(data[6:]) == 0 || int(be.Uint16(data[4:])) != len(data) {
		return p, errors.New("bad UDP header")
	}
	p.from = netip.AddrPortFrom(source, be.Uint16(data))
	p.to = netip.AddrPortFrom(target, be.Uint16(data[2:]))
	p.payload = data[8:]
	return p, nil
}

// sum adds up 16-bit words, with the end around.
func sum(b []byte) (total uint32) {
	for i, v := range b {
		total += uint32(v) << (8 * (1 - i%2))
	}
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return total
}

func FuzzCapture(f *testing.F) {
	f.Add([]byte("hello"), []byte{10, 0, 0, 1}, []byte{}, uint16(1), int64(1))
	f.Add([]byte{}, []byte("0123456789abcdef"), []byte("fedcba9876543210"), uint16(65535), int64(1<<62))
	f.Add([]byte{0xff, 0xff}, []byte{}, []byte{}, uint16(0), int64(0))
	f.Fuzz(func(t *testing.T, payload, remote, local []byte, port uint16, at int64) {
		if len(payload) > 65000 || at < 0 {
			t.Skip()
		}
		r, _ := netip.AddrFromSlice(remote)
		l, _ := netip.AddrFromSlice(local)
		r, l = r.Unmap(), l.Unmap()
		if r.IsValid() && l.IsValid() && r.Is4() != l.Is4() {
			t.Skip() // no socket has such a path
		}
		var out bytes.Buffer
		c := trace.NewCapture(&out, trace.CaptureOptions{Local: netip.AddrPortFrom(netip.Addr{}, 7), Wait: true})
		e := netcode.TraceEvent{
			Kind: netcode.TraceDatagramReceived, Time: time.Unix(0, at), Datagram: payload,
			Path: netcode.Path{Remote: netip.AddrPortFrom(r, port), Local: l},
		}
		c.Trace(&e)
		e.Kind = netcode.TraceDatagramSent
		c.Trace(&e)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		blocks, dropped, err := readCapture(out.Bytes())
		if err != nil || dropped != 0 || len(blocks) != 2 {
			t.Fatalf("%d blocks, %d dropped, %v", len(blocks), dropped, err)
		}
		for i, b := range blocks {
			peer, own := b.from, b.to
			if i == 1 {
				peer, own = own, peer
			}
			same := func(got, want netip.Addr) bool {
				return got == want || !want.IsValid() && got.IsUnspecified()
			}
			if b.inbound != (i == 0) || !b.at.Equal(e.Time) || !bytes.Equal(b.payload, payload) ||
				peer.Port() != port || own.Port() != 7 || !same(peer.Addr(), r) || !same(own.Addr(), l) {
				t.Errorf("block %d is %+v", i, b)
			}
		}
	})
}

// event is a datagram to write.
func event(i int) *netcode.TraceEvent {
	return &netcode.TraceEvent{
		Kind: netcode.TraceDatagramSent, Time: time.Unix(1_700_000_000, int64(i)*1e6),
		Path: netcode.Path{Remote: clientAddress}, Datagram: make([]byte, 1000),
	}
}

// A stuck writer takes nothing until it is released, and then fails if err is
// set.
type stuck struct {
	release chan struct{}
	err     error
	mu      sync.Mutex
	taken   int
}

func (s *stuck) Write(b []byte) (int, error) {
	<-s.release
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken += len(b)
	return len(b), s.err
}

// TestCaptureStuckWriter: a writer that does not come back costs records, not
// time, and what was lost is counted in the file.
func TestCaptureStuckWriter(t *testing.T) {
	w := &stuck{release: make(chan struct{})}
	c := trace.NewCapture(w, trace.CaptureOptions{Local: serverAddress})
	const events = 2000 // 2 MB, four times what is buffered
	for i := range events {
		c.Trace(event(i))
	}
	if n := c.Dropped(); n < events/2 || n >= events {
		t.Errorf("%d of %d records dropped", n, events)
	}
	close(w.release)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if w.taken == 0 {
		t.Error("nothing was written")
	}
	c.Trace(event(0)) // after Close: nothing happens
}

// TestWriterError: the first error is kept and ends the writing.
func TestWriterError(t *testing.T) {
	full := errors.New("disk full")
	w := &stuck{release: make(chan struct{}), err: full}
	close(w.release)
	l := trace.NewLog(w, trace.LogOptions{Wait: true})
	for i := range 10 {
		e := event(i)
		e.Kind = netcode.TraceDropped
		l.Trace(e)
		if err := l.Flush(); err != full {
			t.Fatalf("Flush() = %v, want %v", err, full)
		}
	}
	first := w.taken
	if err := l.Close(); err != full || l.Err() != full {
		t.Errorf("Close() = %v, Err() = %v, want %v", err, l.Err(), full)
	}
	if w.taken != first {
		t.Error("it went on writing")
	}
}

func TestMaxBytes(t *testing.T) {
	var out bytes.Buffer
	c := trace.NewCapture(&out, trace.CaptureOptions{Local: serverAddress, MaxBytes: 10_000, Wait: true})
	for i := range 100 {
		c.Trace(event(i))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	blocks, dropped, err := readCapture(out.Bytes())
	if err != nil || len(blocks) != 9 || dropped != 91 {
		t.Errorf("%d records and %d dropped, %v, want 9 and 91", len(blocks), dropped, err)
	}
}

// TestSecretsOnlyWhereAsked: none in a log, none in a capture unless Keys.
func TestSecretsOnlyWhereAsked(t *testing.T) {
	var plain, keyed, log, keyLog bytes.Buffer
	captures := []*trace.Capture{
		trace.NewCapture(&plain, trace.CaptureOptions{Wait: true}),
		trace.NewCapture(&keyed, trace.CaptureOptions{Wait: true, Keys: true}),
	}
	qlog, keys := trace.NewLog(&log, trace.LogOptions{Wait: true}), trace.NewKeyLog(&keyLog)
	p := newPair(t, func(s, c *netcode.Config) {
		s.Tracer = trace.Tee(nil, captures[0], captures[1], qlog, keys)
	})
	p.chatter(5)
	for _, closer := range []interface{ Close() error }{captures[0], captures[1], qlog, keys} {
		if err := closer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fields := strings.Fields(keyLog.String())
	if len(fields) != 9 || fields[0] != "RECKON1" {
		t.Fatalf("key log is %q", keyLog.String())
	}
	for _, i := range []int{5, 6, 7, 8} {
		raw, _ := hex.DecodeString(fields[i])
		for name, out := range map[string][]byte{"capture": plain.Bytes(), "log": log.Bytes()} {
			if bytes.Contains(out, raw) || bytes.Contains(out, []byte(fields[i])) {
				t.Errorf("the %s has a secret", name)
			}
		}
		if !bytes.Contains(keyed.Bytes(), []byte(fields[i])) {
			t.Error("the capture lacks a secret")
		}
	}
}

// TestNoAllocations: an event costs none.
func TestNoAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	p := newPair(t, func(_, _ *netcode.Config) {})
	capture := trace.NewCapture(nowhere{}, trace.CaptureOptions{Local: serverAddress, Wait: true})
	log := trace.NewLog(nowhere{}, trace.LogOptions{Wait: true}) // or a test on one processor drops all
	defer capture.Close()
	defer log.Close()
	sent := netcode.TraceEvent{
		Kind: netcode.TracePacketSent, Conn: p.conns[0], ID: 5, Number: 7, Path: netcode.Path{Remote: clientAddress},
		Datagram: make([]byte, 200), Plain: []byte{0, 0, 0x31, 2, 1, 2, 0x72, 7, 0, 1, 9, 0x20, 1},
	}
	dropped := *event(0)
	dropped.Kind = netcode.TraceDropped
	datagram := *event(0)
	i := 0
	if n := testing.AllocsPerRun(5000, func() {
		i++
		for _, e := range []*netcode.TraceEvent{&sent, &dropped, &datagram} {
			e.Time = time.Unix(1_700_000_000, int64(i)*1e6)
			capture.Trace(e)
			log.Trace(e)
		}
	}); n != 0 {
		t.Errorf("%v allocations for three events", n)
	}
}

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
