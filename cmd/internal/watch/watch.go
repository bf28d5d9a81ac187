// Package watch is the flags --trace and --capture of the programs.
package watch

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
)

// Usage describes the flags, for the help of a program.
const Usage = `  --trace FILE        write what the protocol does as JSON (qlog), without contents
  --capture FILE      write all datagrams for Wireshark (pcapng). The file has the keys
                      of all connections in it: who gets it can read them
`

// Files are the names of the files to write; empty means none.
type Files struct {
	Trace   string
	Capture string
}

// A Watch writes the files.
type Watch struct {
	log     *trace.Log
	capture *trace.Capture
	files   []*os.File
}

// Open creates the files, readable by their owner alone. vantage is "server"
// or "client".
func Open(f Files, vantage string) (*Watch, error) {
	w := &Watch{}
	if f.Trace != "" {
		file, err := w.create("--trace", f.Trace)
		if err != nil {
			return nil, err
		}
		w.log = trace.NewLog(file, trace.LogOptions{Title: "Arena", Vantage: vantage})
	}
	if f.Capture != "" {
		file, err := w.create("--capture", f.Capture)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.capture = trace.NewCapture(file, trace.CaptureOptions{Keys: true})
	}
	return w, nil
}

func (w *Watch) create(flag, name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	w.files = append(w.files, file)
	return file, nil
}

// Tracer returns what the configuration of a Core wants, nil if nothing is
// written.
func (w *Watch) Tracer() netcode.Tracer {
	var tracers []netcode.Tracer
	if w.log != nil {
		tracers = append(tracers, w.log)
	}
	if w.capture != nil {
		tracers = append(tracers, w.capture)
	}
	return trace.Tee(tracers...)
}

// SetLocal says where the program listens.
func (w *Watch) SetLocal(local netip.AddrPort) {
	if w.capture != nil {
		w.capture.SetLocal(0, local)
	}
}

// Close completes and closes the files. Its error is the first of writing
// any, which does not show before.
func (w *Watch) Close() error {
	var errs []error
	if w.log != nil {
		errs = append(errs, w.log.Close())
	}
	if w.capture != nil {
		errs = append(errs, w.capture.Close())
	}
	for _, file := range w.files {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}
