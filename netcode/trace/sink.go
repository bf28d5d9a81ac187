package trace

import (
	"io"
	"sync"
	"time"
)

// Sizes of a sink's two buffers, in bytes. One second of a server with 32
// players is 0.5 MB of capture, so a disk may stall for half a second before
// records are lost.
const (
	sinkBytes = 256 << 10

	// sinkHandover is how full a buffer goes to the writer at the latest.
	sinkHandover = 64 << 10
)

// sinkInterval is how old, in the time of the events, what is in the file may
// be: a person watches it grow.
const sinkInterval = time.Second

// A sink carries records to a writer: one buffer is filled while the other is
// written by a goroutine. Where that does not keep up, records are dropped
// whole. The first error of the writer ends the writing, and is kept.
//
// Its mutex is held from begin to end, so that a record is formatted in place.
type sink struct {
	mu       sync.Mutex
	buf      []byte // being filled
	wait     bool   // rather than drop
	closed   bool
	limit    int64 // bytes to take; 0 = no limit
	taken    int64 // bytes taken
	dropped  uint64
	handover time.Time // time of the event at the last one

	full chan []byte // to the goroutine
	free chan []byte // back from it
	done chan struct{}

	errMu sync.Mutex
	err   error
}

func newSink(w io.Writer, wait bool, limit int64) *sink {
	s := &sink{
		buf: make([]byte, 0, sinkBytes), wait: wait, limit: limit,
		full: make(chan []byte, 1), free: make(chan []byte, 1), done: make(chan struct{}),
	}
	s.free <- make([]byte, 0, sinkBytes)
	go s.run(w)
	return s
}

// run writes buffers until the channel is closed.
func (s *sink) run(w io.Writer) {
	defer close(s.done)
	for b := range s.full {
		if s.Err() == nil {
			if _, err := w.Write(b); err != nil {
				s.errMu.Lock()
				s.err = err
				s.errMu.Unlock()
			}
		}
		s.free <- b[:0]
	}
}

// Err returns the first error of the writer, after which nothing more is
// written.
func (s *sink) Err() error {
	s.errMu.Lock()
	defer s.errMu.Unlock()
	return s.err
}

// Dropped returns how many records were lost because the writer was too slow,
// or the limit of bytes was reached.
func (s *sink) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// begin locks the sink and returns where a record is to be appended to s.buf;
// ok is false if there is no room, and then there must be no end.
func (s *sink) begin(now time.Time) (start int, ok bool) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return 0, false
	}
	if len(s.buf) >= sinkHandover || now.Sub(s.handover) >= sinkInterval {
		s.handOver(now, s.wait)
	}
	if len(s.buf) >= sinkBytes-sinkHandover {
		s.dropped++
		s.mu.Unlock()
		return 0, false
	}
	return len(s.buf), true
}

// end takes the record that was appended since begin, and unlocks.
func (s *sink) end(start int) {
	if size := int64(len(s.buf) - start); s.limit > 0 && s.taken+size > s.limit {
		s.buf = s.buf[:start]
		s.dropped++
	} else {
		s.taken += size
	}
	s.mu.Unlock()
}

// handOver gives what was gathered to the goroutine, if it is idle or wait.
func (s *sink) handOver(now time.Time, wait bool) {
	if len(s.buf) == 0 {
		s.handover = now
		return
	}
	var spare []byte
	select {
	case spare = <-s.free:
	default:
		if !wait {
			return
		}
		spare = <-s.free
	}
	s.full <- s.buf
	s.buf, s.handover = spare, now
}

// Flush writes what was gathered, and returns Err.
func (s *sink) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.handOver(s.handover, true)
		s.free <- <-s.free // it has come back: the goroutine is idle
	}
	return s.Err()
}

// close writes the rest and ends the goroutine. last may append to s.buf.
func (s *sink) close(last func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		last()
		s.handOver(s.handover, true)
		s.closed = true
		close(s.full)
		<-s.done
	}
	return s.Err()
}
