package fit

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/capture"
	"github.com/reckon-engine/reckon/sim/link"
)

// A source says what is sent, and when.
type source struct {
	every time.Duration
	size  int
	until time.Duration // from the beginning
}

// carry sends through a link in virtual time, and calls back when something is
// sent and when something arrives, in the order in which it happens.
func carry(t testing.TB, c link.Config, seed uint64, sources []source, sent, arrived func(at time.Time, datagram []byte)) {
	t.Helper()
	pipe, err := link.NewPipe(c, seed, link.PipeLimits{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Unix(1_000_000_000, 0)
	pipe.SetEpoch(start)
	take := func(until time.Time) {
		for {
			due, _, ok := pipe.Next()
			if !ok || due.After(until) {
				return
			}
			if b, ok := pipe.Pop(due); ok {
				arrived(due, b)
			}
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	now, number := start, uint64(0)
	for _, s := range sources {
		for ; now.Before(start.Add(s.until)); now = now.Add(s.every) {
			take(now)
			b := make([]byte, s.size)
			for i := 0; i+8 <= len(b); i += 8 {
				binary.LittleEndian.PutUint64(b[i:], random.Uint64()) // as if encrypted
			}
			binary.LittleEndian.PutUint64(b, number)
			number++
			sent(now, b)
			pipe.Push(now, b)
		}
	}
	take(now.Add(time.Hour))
}

// observe returns what was sent and what arrived, without a file.
func observe(t testing.TB, c link.Config, seed uint64, sources ...source) *Direction {
	d := &Direction{Name: "test", Overhead: c.Overhead}
	carry(t, c, seed, sources, func(at time.Time, b []byte) {
		d.Datagrams = append(d.Datagrams, Datagram{Sent: at.UnixNano(), Size: len(b), Lost: true})
	}, func(at time.Time, b []byte) {
		x := &d.Datagrams[binary.LittleEndian.Uint64(b)]
		if !x.Lost {
			x.Copies++
			return
		}
		x.Lost, x.Arrived = false, at.UnixNano()
	})
	return d
}

var (
	here  = netip.MustParseAddrPort("10.0.0.2:50000")
	there = netip.MustParseAddrPort("198.18.0.1:7777")
)

// captured fits to a capture of both ends, which the simulator writes as pcapng.
func captured(t testing.TB, c link.Config, seed uint64, sources ...source) (*Report, error) {
	r, w := io.Pipe()
	go func() {
		file := capture.NewWriter(w)
		carry(t, c, seed, sources, func(at time.Time, b []byte) {
			file.Sent("client", at, here, there, b)
		}, func(at time.Time, b []byte) {
			file.Arrived("server", at, here, there, b)
		})
		w.CloseWithError(file.Close())
	}()
	return Fit(Options{}, Input{"run.pcapng", r})
}
