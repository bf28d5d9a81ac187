package fit

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/reckon-engine/reckon/sim/capture"
)

// An Input is a file to fit to.
type Input struct {
	Name string // for messages
	io.Reader
}

// mostRecords is how many datagrams are held in memory, of all inputs: about
// 200 MB.
const mostRecords = 5_000_000

// A flow is a direction of a conversation as one tap sees it.
type flow struct{ from, to netip.AddrPort }

// A record is a datagram at a tap.
type record struct {
	time      int64
	hash      uint64    // of the payload
	quarters  [4]uint16 // hashes of its quarters, to recognise what was damaged
	size      int32
	flow      int32 // index in the tap's flows
	direction capture.Direction
}

// A tap is one place where datagrams were captured.
type tap struct {
	name    string
	flows   []flow
	index   map[flow]int32
	records []record
}

// Counts say what was in the captures.
type Counts struct {
	Packets uint64 `json:"packets"`
	UDP     uint64 `json:"udp"`
	TCP     uint64 `json:"tcp"`     // not looked at
	Other   uint64 `json:"other"`   // not looked at
	Ignored uint64 `json:"ignored"` // UDP of conversations that only one side has
	Cut     bool   `json:"cut"`     // there was more than fits in memory
}

// A reading is what all inputs have.
type reading struct {
	Counts
	taps  []*tap // of captures
	rows  []Direction
	first int64 // when it begins, 0 if unknown
}

// keyPort is where capture.Writer puts keys: they are no traffic.
var keyPort = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 9)

// read reads an input, of whatever format it is.
func (r *reading) read(in Input) error {
	buffered := bufio.NewReaderSize(in.Reader, 1<<16)
	head, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	if strings.HasSuffix(strings.ToLower(in.Name), ".csv") || isText(head) {
		return r.readRows(in.Name, buffered)
	}
	return r.readCapture(in.Name, buffered)
}

// isText reports whether a file may begin so that is none of pcapng, which
// begins with ends of lines, or pcap.
func isText(head []byte) bool {
	if len(head) == 0 || string(head) == "\n\r\r\n" {
		return false
	}
	const mark = "\xef\xbb\xbf" // of UTF-8
	for _, b := range bytes.TrimPrefix(head, []byte(mark)) {
		if b > 0x7e || b < ' ' && b != '\t' && b != '\r' && b != '\n' {
			return false
		}
	}
	return true
}

// readCapture adds a tap for each interface.
func (r *reading) readCapture(name string, in io.Reader) error {
	c, err := capture.NewReader(name, in)
	if err != nil {
		return err
	}
	taps := map[int]*tap{}
	for {
		p, err := c.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.Packets++
		switch {
		case p.Protocol == capture.TCP:
			r.TCP++
			continue
		case p.Protocol != capture.UDP || !p.Timed:
			r.Other++
			continue
		case p.From == keyPort && p.To == keyPort:
			continue
		case r.UDP == mostRecords:
			r.Cut = true
			return nil
		}
		r.UDP++
		t := taps[p.Interface]
		if t == nil {
			label := c.Interfaces()[p.Interface].Name
			if label == "" {
				label = name
			}
			t = &tap{name: label, index: map[flow]int32{}}
			taps[p.Interface] = t
			r.taps = append(r.taps, t)
		}
		t.add(&p)
		if r.first == 0 || p.Time < r.first {
			r.first = p.Time
		}
	}
}

func (t *tap) add(p *capture.Packet) {
	key := flow{p.From, p.To}
	index, ok := t.index[key]
	if !ok {
		index = int32(len(t.flows))
		t.index[key] = index
		t.flows = append(t.flows, key)
	}
	rec := record{time: p.Time, size: int32(p.Size), flow: index, direction: p.Direction}
	var whole [8]byte
	for i := range rec.quarters {
		h := fnv(p.Payload[i*len(p.Payload)/4 : (i+1)*len(p.Payload)/4])
		rec.quarters[i] = uint16(h ^ h>>16 ^ h>>32 ^ h>>48)
		binary.LittleEndian.PutUint64(whole[:], rec.hash+h)
		rec.hash = fnv(whole[:])
	}
	rec.hash += uint64(p.Size)
	t.records = append(t.records, rec)
}

// fnv is FNV-1a of 64 bits.
func fnv(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// join makes one tap of several.
func join(taps []*tap) *tap {
	if len(taps) == 1 {
		return taps[0]
	}
	all := &tap{name: taps[0].name, index: map[flow]int32{}}
	for _, t := range taps {
		for _, rec := range t.records {
			key := t.flows[rec.flow]
			index, ok := all.index[key]
			if !ok {
				index = int32(len(all.flows))
				all.index[key] = index
				all.flows = append(all.flows, key)
			}
			rec.flow = index
			all.records = append(all.records, rec)
		}
	}
	return all
}
