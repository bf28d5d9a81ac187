package control

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// maxBody is the most bytes of a request's body.
const maxBody = scenario.MaxAdjustment

// A Handler is the REST interface of a Desk. Create it with NewHandler.
type Handler struct {
	desk  *Desk
	token string
	mux   *http.ServeMux
	guard *http.CrossOriginProtection
}

// NewHandler returns the interface of a desk. If token is not empty, requests
// need it as "Authorization: Bearer TOKEN". Without one, only requests to a
// loopback address are served: the header Host must name one, so that no page
// in a browser gets here by a name that it has pointed at this machine (DNS
// rebinding).
func NewHandler(d *Desk, token string) *Handler {
	h := &Handler{desk: d, token: token, mux: http.NewServeMux(), guard: http.NewCrossOriginProtection()}
	for pattern, serve := range map[string]func(*http.Request) (any, error){
		"GET /v1/status":                   h.status,
		"GET /v1/link":                     h.link,
		"PUT /v1/link":                     h.changing(d.Replace),
		"PATCH /v1/link":                   h.changing(d.Patch),
		"DELETE /v1/link":                  h.reset,
		"GET /v1/clients":                  h.clients,
		"PATCH /v1/clients/{address}/link": h.patchClient,
		"POST /v1/preset":                  h.preset,
		"POST /v1/outage":                  h.outage,
		"DELETE /v1/outage":                h.resume,
	} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			answer, err := serve(r)
			write(w, answer, err)
		})
	}
	h.mux.HandleFunc("GET /v1/events", h.events)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		write(w, nil, &failure{Status: http.StatusNotFound, Text: fmt.Sprintf("there is no %s %s; docs/CONTROL.md lists what there is", r.Method, r.URL.Path)})
	})
	return h
}

// ServeHTTP serves a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := h.admit(r); err != nil {
		write(w, nil, err)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// admit refuses who may not ask.
func (h *Handler) admit(r *http.Request) error {
	if err := h.guard.Check(r); err != nil {
		return &failure{Status: http.StatusForbidden, Text: "a page of another site may not do this"}
	}
	if h.token != "" {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(h.token)) != 1 {
			return &failure{Status: http.StatusUnauthorized, Text: "want the header Authorization: Bearer, and the token of --control-token"}
		}
		return nil
	}
	if !isLoopback(r.Host) {
		return &failure{Status: http.StatusForbidden, Text: "want a Host that is a loopback address or localhost"}
	}
	return nil
}

// isLoopback reports whether a host, with a port or without, is this machine.
func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// A failure is what went wrong, as JSON.
type failure struct {
	Status   int       `json:"-"`
	Text     string    `json:"error"`
	Problems []problem `json:"problems,omitempty"`
}

// A problem is a key and what was expected of it.
type problem struct {
	Key      string `json:"key"`
	Expected string `json:"expected"`
}

// Error returns what went wrong.
func (f *failure) Error() string { return f.Text }

// write writes an answer, or an error.
func write(w http.ResponseWriter, answer any, err error) {
	status := http.StatusOK
	if err != nil {
		f := failureOf(err)
		status, answer = f.Status, f
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(answer) // who has gone does not read the error
}

// failureOf returns an error as JSON has it.
func failureOf(err error) *failure {
	var f *failure
	var adjust *scenario.AdjustError
	var key *scenario.KeyError
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &long):
		return &failure{Status: http.StatusRequestEntityTooLarge, Text: fmt.Sprintf("want a body of at most %d bytes", maxBody)}
	case errors.As(err, &adjust):
		f := &failure{Status: http.StatusBadRequest, Text: adjust.Error()}
		for _, p := range adjust.Problems {
			f.Problems = append(f.Problems, problem{p.Key, p.Want})
		}
		return f
	case errors.As(err, &key):
		return &failure{Status: http.StatusBadRequest, Text: key.Error(), Problems: []problem{{key.Key, "want " + key.Want}}}
	case errors.Is(err, ErrNoClient):
		return &failure{Status: http.StatusNotFound, Text: err.Error()}
	}
	return &failure{Status: http.StatusInternalServerError, Text: err.Error()}
}

// A lineJSON is a link as the interface has it.
type lineJSON struct {
	Up   json.RawMessage `json:"up"`
	Down json.RawMessage `json:"down"`
}

func lineOf(l scenario.Line) lineJSON { return linksOf(l.Up, l.Down) }

func linksOf(up, down link.Config) lineJSON {
	return lineJSON{scenario.LinkTable(up), scenario.LinkTable(down)}
}

func (h *Handler) link(*http.Request) (any, error) { return lineOf(h.desk.Line()), nil }

// changing serves what takes a link table and answers with the link.
func (h *Handler) changing(change func([]byte) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if err := change(body); err != nil {
			return nil, err
		}
		return h.link(r)
	}
}

func (h *Handler) reset(r *http.Request) (any, error) {
	if err := h.desk.Reset(); err != nil {
		return nil, err
	}
	return h.link(r)
}

func (h *Handler) patchClient(r *http.Request) (any, error) {
	address, err := netip.ParseAddrPort(r.PathValue("address"))
	if err != nil {
		return nil, &failure{Status: http.StatusBadRequest, Text: "want the address of a client, such as 127.0.0.1:40000"}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := h.desk.PatchClient(address, body); err != nil {
		return nil, err
	}
	return h.clients(r)
}

func (h *Handler) preset(r *http.Request) (any, error) {
	var form struct {
		Name string `json:"name"`
	}
	if err := decode(r, &form, `want {"name": "lte"}`); err != nil {
		return nil, err
	}
	if err := h.desk.Preset(form.Name); err != nil {
		return nil, err
	}
	return h.link(r)
}

func (h *Handler) outage(r *http.Request) (any, error) {
	var form struct {
		For string `json:"for"`
	}
	const want = `want {"for": "2s"}, or "0s" until DELETE /v1/outage`
	if err := decode(r, &form, want); err != nil {
		return nil, err
	}
	long, err := time.ParseDuration(form.For)
	if err != nil {
		return nil, &scenario.KeyError{Key: "for", Want: `a time such as "2s"`}
	}
	if err := h.desk.Outage(long); err != nil {
		return nil, err
	}
	return h.status(r)
}

func (h *Handler) resume(r *http.Request) (any, error) {
	h.desk.Resume()
	return h.status(r)
}

// decode reads a small object and nothing else.
func decode(r *http.Request, form any, want string) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(form)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return err
	}
	if err != nil || d.More() {
		return &failure{Status: http.StatusBadRequest, Text: want}
	}
	return nil
}
