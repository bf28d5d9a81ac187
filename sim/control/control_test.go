package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// A fakeNetwork has one client.
type fakeNetwork struct {
	mu       sync.Mutex
	up, down link.Config
	client   proxy.Client
}

func (n *fakeNetwork) Links() (up, down link.Config) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.up, n.down
}

func (n *fakeNetwork) SetLinks(up, down link.Config) error {
	if err := up.Validate(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.up, n.down = up, down
	return down.Validate()
}

func (n *fakeNetwork) Clients() []proxy.Client {
	n.mu.Lock()
	defer n.mu.Unlock()
	return []proxy.Client{n.client}
}

func (n *fakeNetwork) SetClientLinks(_ netip.AddrPort, up, down link.Config) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.client.Up, n.client.Down = up, down
	return nil
}

func (n *fakeNetwork) Totals() Totals {
	return Totals{Up: link.Counters{Sent: 4, Delivered: 3}, Clients: 1}
}

var perfect = link.Config{Delay: 20 * time.Millisecond, Overhead: 28}

func newFake() (*fakeNetwork, *Desk) {
	n := &fakeNetwork{up: perfect, down: perfect, client: proxy.Client{
		Address: netip.MustParseAddrPort("[::ffff:127.0.0.1]:5000"), Up: perfect, Down: perfect,
	}}
	return n, NewDesk(n, Options{Mode: "proxy"})
}

// ask sends a request to a handler.
func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8474"+path, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestLink(t *testing.T) {
	n, desk := newFake()
	h := NewHandler(desk, "")
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string // of the answer, in one line
	}{
		{"GET", "/v1/link", "", 200, `{"up":{"delay":"20ms"},"down":{"delay":"20ms"}}`},
		{"PATCH", "/v1/link", `{"loss": "3%", "up": {"rate": "2mbit", "queue": "64kB"}}`, 200, `{"up":{"delay":"20ms","loss":"3%","rate":"2mbit","queue":64000},"down":{"delay":"20ms","loss":"3%"}}`},
		{"PATCH", "/v1/link", `{"loss": 3, "upp": {}}`, 400, `"problems":[{"key":"upp","expected":"unknown key: did you mean up?"},{"key":"loss","expected":"want a percent sign, such as 3%"}]`},
		{"PUT", "/v1/link", `{"rtt": "10ms"}`, 200, `{"up":{"delay":"5ms"},"down":{"delay":"5ms"}}`},
		{"POST", "/v1/preset", `{"name": "lte"}`, 200, `"rate":"10.5mbit"`},
		{"POST", "/v1/preset", `{"name": "lt"}`, 400, `"problems":[{"key":"preset","expected":"want a preset of the library: did you mean lte?"}]`},
		{"POST", "/v1/preset", `{"nam": "lte"}`, 400, `want {\"name\": \"lte\"}`},
		{"POST", "/v1/outage", `{"for": "2 s"}`, 400, `"key":"for"`},
		{"POST", "/v1/outage", `{"for": "2h"}`, 400, `want 0s to 1h0m0s`},
		{"POST", "/v1/outage", `{"for": "10s"}`, 200, `"outage":true`},
		{"PATCH", "/v1/link", `{"loss": "7%"}`, 200, `"loss":"7%"`},
		{"DELETE", "/v1/outage", "", 200, `"outage":false`},
		{"GET", "/v1/link", "", 200, `"loss":"7%"`},
		{"DELETE", "/v1/link", "", 200, `{"up":{"delay":"20ms"},"down":{"delay":"20ms"}}`},
		{"GET", "/v1/status", "", 200, `"loss_share":0.25`},
		{"GET", "/v1/clients", "", 200, `"address":"[::ffff:127.0.0.1]:5000"`},
		{"PATCH", "/v1/clients/127.0.0.1:5000/link", `{"loss": "50%"}`, 200, `"loss":"50%"`},
		{"PATCH", "/v1/clients/127.0.0.1:5001/link", `{"loss": "50%"}`, 404, `no such client: 127.0.0.1:5001`},
		{"PATCH", "/v1/clients/nobody/link", `{}`, 400, `want the address of a client`},
		{"GET", "/v1/lnk", "", 404, "there is no GET /v1/lnk"},
		{"POST", "/v1/link", "", 404, "there is no POST /v1/link"},
		{"PATCH", "/v1/link", strings.Repeat(" ", 64<<10) + "{}", 413, "at most 65536 bytes"},
		{"POST", "/v1/preset", `{"name": "` + strings.Repeat("x", 64<<10) + `"}`, 413, "at most 65536 bytes"},
	} {
		w := ask(h, test.method, test.path, test.body)
		var compact strings.Builder
		if err := compactJSON(&compact, w.Body.Bytes()); err != nil {
			t.Errorf("%s %s: %v: %q", test.method, test.path, err, w.Body.String())
		}
		if w.Code != test.status || !strings.Contains(compact.String(), test.want) {
			t.Errorf("%s %s %.60s: %d %s, want %d %s", test.method, test.path, test.body, w.Code, compact.String(), test.status, test.want)
		}
	}
	if n.up != perfect || n.client.Up.Loss != 0.5 {
		t.Errorf("in the end %+v, and the client %+v", n.up, n.client.Up)
	}
}

func compactJSON(b *strings.Builder, text []byte) error {
	var v json.RawMessage
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	out, err := json.Marshal(v)
	b.Write(out)
	return err
}

func TestWhoMayAsk(t *testing.T) {
	_, desk := newFake()
	open, closed := NewHandler(desk, ""), NewHandler(desk, "secret")
	for _, test := range []struct {
		h       http.Handler
		headers []string
		status  int
	}{
		{open, nil, 200},
		{open, []string{"Host: localhost:8474"}, 200},
		{open, []string{"Host: [::1]:8474"}, 200},
		{open, []string{"Host: evil.example:8474"}, 403},
		{open, []string{"Host: 127.0.0.1.evil.example"}, 403},
		{open, []string{"Sec-Fetch-Site: cross-site"}, 403},
		{open, []string{"Origin: http://evil.example"}, 403},
		{closed, nil, 401},
		{closed, []string{"Authorization: Bearer secre"}, 401},
		{closed, []string{"Authorization: Bearer secret", "Host: box.example"}, 200},
	} {
		if w := ask(test.h, "PATCH", "/v1/link", "{}", test.headers...); w.Code != test.status {
			t.Errorf("%q: %d %s, want %d", test.headers, w.Code, w.Body.String(), test.status)
		}
	}
	for address, want := range map[string]string{
		"0.0.0.0:0": "want --control-token", "[::]:0": "want --control-token", "8474": "want ADDRESS:PORT", "example.com:1": "want an IP address",
	} {
		if _, err := Listen(address, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
}

// An outage ends by itself, unless the timeline was faster.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, desk := newFake()
		ctx, cancel := context.WithCancel(t.Context())
		go desk.Run(ctx)
		defer synctest.Wait()
		defer cancel()
		if err := desk.Outage(2 * time.Second); err != nil {
			t.Fatal(err)
		}
		if up, _ := n.Links(); up.Outage != always {
			t.Errorf("during it: %+v", up)
		}
		time.Sleep(2100 * time.Millisecond)
		if up, _ := n.Links(); up != perfect {
			t.Errorf("after it: %+v", up)
		}
		if err := desk.Outage(0); err != nil {
			t.Fatal(err)
		}
		lossy := perfect
		lossy.Loss = 0.1
		_ = n.SetLinks(lossy, lossy) // the timeline
		desk.Resume()
		if up, _ := n.Links(); up != lossy {
			t.Errorf("the timeline's link is %+v", up)
		}
	})
}

// The stream has what was and what comes.
func TestEvents(t *testing.T) {
	_, desk := newFake()
	listener, err := Listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, listener, NewHandler(desk, "")) }()
	desk.Tell("program", "past\nand\x1b[2Jgone")
	r, err := http.Get("http://" + listener.Addr().String() + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	var kinds []string
	for lines.Scan() && len(kinds) < 2 {
		if lines.Text() == ": netsim" {
			if err := desk.Patch([]byte(`{"loss": "3%"}`)); err != nil {
				t.Fatal(err)
			}
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.Kind)
	}
	if fmt.Sprint(kinds) != "[program set]" {
		t.Errorf("the events are %v", kinds)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

// Whatever a body is, the answer is JSON and the link is valid.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{`{"loss": "3%"}`, `{"up": {"rate": "2mbit", "aqm": "codel"}}`, `{"preset": "starlink"}`, `{"slots": "none"}`, `[`, `{"outage": {"for": "1s"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, desk := newFake()
		w := ask(NewHandler(desk, ""), "PATCH", "/v1/link", string(body))
		if !json.Valid(w.Body.Bytes()) || w.Code != 200 && w.Code != 400 && w.Code != 413 {
			t.Fatalf("%q: %d %q", body, w.Code, w.Body.String())
		}
		if w.Code == 200 {
			// What it says can be said again, and means the same.
			before := scenario.Line{Up: n.up, Down: n.down}
			if before.Up.Table != nil || before.Up.Trace != nil || before.Down.Table != nil || before.Down.Trace != nil {
				return
			}
			again := ask(NewHandler(desk, ""), "PUT", "/v1/link", w.Body.String())
			if again.Code != 200 {
				t.Errorf("%q: %s: %d %s", body, w.Body.String(), again.Code, again.Body.String())
			}
		}
	})
}
