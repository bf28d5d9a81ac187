// Package trace writes down what a connection does: as JSON in the shape of
// qlog ([NewLog]), and as a capture that Wireshark opens ([NewCapture]), with
// the keys to read it if asked. reckon.lua beside this file is the dissector;
// docs/TRACING.md shows how to use all of it.
//
//	file, err := os.Create("match.pcapng")
//	capture := trace.NewCapture(file, trace.CaptureOptions{Keys: true})
//	defer capture.Close()
//	core, err := netcode.NewCore(netcode.Config{Tracer: capture, …})
//
// All writers are bounded, allocate nothing for an event, and leave the
// writing to a goroutine of their own: a disk that is slow or full costs
// records, which are counted, and never the game's time. They may be shared by
// several Cores and are safe for concurrent use.
package trace

import "github.com/reckon-engine/reckon/netcode"

// Tee returns a Tracer that tells all of tracers, in this order; nil ones are
// left out. It returns nil if none is left. Secrets go to those that ask for
// them.
func Tee(tracers ...netcode.Tracer) netcode.Tracer {
	var kept tee
	keys := false
	for _, t := range tracers {
		if t == nil {
			continue
		}
		kept = append(kept, t)
		_, wants := t.(netcode.KeyTracer)
		keys = keys || wants
	}
	switch {
	case len(kept) == 0:
		return nil
	case len(kept) == 1:
		return kept[0]
	case keys:
		return keyTee{kept}
	}
	return kept
}

type tee []netcode.Tracer

// Trace implements netcode.Tracer.
func (t tee) Trace(e *netcode.TraceEvent) {
	for _, each := range t {
		each.Trace(e)
	}
}

type keyTee struct{ tee }

// TraceKeys implements netcode.KeyTracer.
func (t keyTee) TraceKeys(e *netcode.TraceEvent, keys *netcode.TraceKeys) {
	for _, each := range t.tee {
		if k, ok := each.(netcode.KeyTracer); ok {
			k.TraceKeys(e, keys)
		}
	}
}
