package run

import (
	"io"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
	"github.com/reckon-engine/reckon/sim/capture"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A Capture has a run written down as pcapng, by way of its Options: every
// datagram where it is sent and where it arrives, and the keys of its
// connections, so that Wireshark shows what is in them. Its host names are
// those of the scenario.
type Capture struct {
	file *capture.Writer
	keys *keyCapture
	now  time.Time
}

// NewCapture returns a Capture that writes to w, and adds it to the options,
// beside what they have.
func NewCapture(w io.Writer, o *Options) *Capture {
	c := &Capture{file: capture.NewWriter(w)}
	c.keys = &keyCapture{log: trace.NewKeyLog(c)}
	observer, tracer := o.Observer, o.Tracer
	o.Observer = func(e vnet.Event) {
		c.now = e.Time
		switch e.Kind {
		case vnet.Sent:
			c.file.Sent(e.Where, e.Time, e.From, e.To, e.Datagram)
		case vnet.Arrived:
			c.file.Arrived(e.Where, e.Time, e.From, e.To, e.Datagram)
		}
		if observer != nil {
			observer(e)
		}
	}
	o.Tracer = func(flow, host string) netcode.Tracer {
		if tracer == nil {
			return c.keys
		}
		if other := tracer(flow, host); other != nil {
			return trace.Tee(other, c.keys)
		}
		return c.keys
	}
	return c
}

// Write takes lines of keys from the log.
func (c *Capture) Write(lines []byte) (int, error) {
	c.file.Keys(c.now, lines)
	return len(lines), nil
}

// Close writes what is left and returns the first error.
func (c *Capture) Close() error {
	if err := c.keys.log.Close(); err != nil {
		return err
	}
	return c.file.Close()
}

// A keyCapture has keys written when they are made, before what they seal.
type keyCapture struct{ log *trace.KeyLog }

func (k *keyCapture) Trace(*netcode.TraceEvent) {}

func (k *keyCapture) TraceKeys(e *netcode.TraceEvent, keys *netcode.TraceKeys) {
	k.log.TraceKeys(e, keys)
	_ = k.log.Flush() // Close returns the error
}
