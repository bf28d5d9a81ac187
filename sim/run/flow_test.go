package run

import (
	"testing"
)

// Each mode of a channel does over a bad link what it promises: the flow itself
// fails if not. What fills the link takes what is left.
func TestChannelModes(t *testing.T) {
	r := mustRun(t, parse(t, `
seconds = 20
[link]
rtt = "60ms"
loss = "5%"
rate = "4mbit"
jitter = "10ms"
unordered = true
[[flow]]
name = "all"
kind = "connection"
[[flow.channel]]
name = "unreliable"
mode = "unreliable"
up = { size = 30, rate = 60 }
[[flow.channel]]
name = "sequenced"
mode = "unreliable-sequenced"
up = { size = 30, rate = 60 }
[[flow.channel]]
name = "ordered"
mode = "reliable-ordered"
up = { size = 30, rate = 60 }
down = { size = 2000, rate = 3 }
[[flow.channel]]
name = "unordered"
mode = "reliable-unordered"
up = { size = 30, rate = 60 }
[[flow.channel]]
name = "latest"
mode = "reliable-latest"
keys = 4
up = { size = 30, rate = 60 }
[[flow.channel]]
name = "blob"
mode = "reliable-ordered"
priority = 15
down = { fill = true }
`), Options{Series: true})
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	f := r.Flows[0]
	for _, p := range f.Parts {
		low, high := 0.0, 0.0
		switch p.Channel {
		case "unreliable", "sequenced", "latest":
			low, high = 0.0005, 0.10
		}
		if p.Loss < low || p.Loss > high {
			t.Errorf("%s %s: loss %v, want %v to %v", p.Channel, p.Direction, p.Loss, low, high)
		}
		if p.Channel != "blob" && p.Direction == "up" && (p.Sent < 1190 || p.Sent > 1200) {
			t.Errorf("%s %s: sent %d, want 60 a second", p.Channel, p.Direction, p.Sent)
		}
	}
	blob := f.Parts[len(f.Parts)-1]
	var bytes uint64
	for _, n := range blob.Series.Bytes {
		bytes += n
	}
	if rate := float64(8*bytes) / 20; rate != f.Counters["fill_down_bits_per_second"] || rate < 2e6 || rate > 4e6 {
		t.Errorf("the blob had %.0f bit/s of a link of 4 Mbit/s", rate)
	}
	if f.Sent >= blob.Sent+7000 || f.Counters["wire_bytes"] < float64(bytes) {
		t.Errorf("the blob counts among what has a rate: %d", f.Sent)
	}
}

// A connection that is lost comes back with its ticket, and is told.
func TestReconnect(t *testing.T) {
	const text = `
seconds = 40
[link]
rtt = "60ms"
[[at]]
time = "10s"
for = "10s"
link = { loss = "100%" }
[[flow]]
kind = "connection"
timeout = "3s"
`
	count := func(s string) (kinds map[string]int, delivered uint64) {
		r := mustRun(t, parse(t, s), Options{})
		kinds = map[string]int{}
		for _, e := range r.Events {
			kinds[e.Kind]++
		}
		if r.Error != "" {
			t.Error(r.Error)
		}
		if n := r.Flows[0].Counters["reconnects"]; int(n) != kinds["connected"]-1 {
			t.Errorf("%v reconnects, %d connects", n, kinds["connected"])
		}
		return kinds, r.Flows[0].Delivered
	}
	kinds, back := count(text)
	if kinds["connected"] != 2 || kinds["disconnected"] != 1 {
		t.Errorf("events: %v", kinds)
	}
	kinds, gone := count(text + "reconnect = false\n")
	if kinds["connected"] != 1 || kinds["disconnected"] != 1 || gone > back/2 {
		t.Errorf("events: %v; %d messages arrived, %d when it comes back", kinds, gone, back)
	}
}

// IPv6 and a NAT that filters it: the client opens the way.
func TestIPv6(t *testing.T) {
	r := mustRun(t, parse(t, `
seconds = 5
ipv6 = true
[hosts.client]
via = "home"
[routers.home]
link = { rtt = "30ms" }
nat = { filtering = "address-and-port-dependent" }
[[flow]]
kind = "connection"
[[flow]]
kind = "udp"
`), Options{})
	for _, f := range r.Flows {
		if r.Error != "" || f.Loss != 0 || f.P50 != 15 {
			t.Errorf("%s: %+v, %s", f.Name, f.Figures, r.Error)
		}
	}
}
