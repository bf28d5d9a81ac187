package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/internal/race"
)

// That it measures, not what: at most 50,000 packets, in less than five
// seconds. What must hold of the gate is TestCookieFlood of netcode, in
// virtual time.
func TestFlood(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector is what it would measure")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: it writes whole IP packets to a raw socket")
	}
	for _, kind := range floodKinds {
		code, stdout, stderr := runLine(t, "flood --rate 10000 -n 4 --newcomers 2 --seconds 0.5 --json --kind "+kind)
		if strings.Contains(stderr, "needs root") {
			t.Skip("needs root with CAP_NET_RAW: " + stderr)
		}
		if code != exitOK {
			t.Fatalf("%s: exit %d: %s", kind, code, stderr)
		}
		want := []string{
			"flood_per_second", "honest_connects", "newcomers", "connect_p50_ms", "connect_p99_ms", "player_delivery",
			"server_heap_growth_bytes", "bytes_in", "bytes_out", "overflowed", "server_busy", "load_busy",
			"cookie_us", "cookie_cpu_share", "cookie_cpu_cap",
		}
		if got := keysOf(t, stdout); !slices.Equal(got, want) {
			t.Errorf("keys %q, want %q", got, want)
		}
		var f floodFigures
		if err := json.Unmarshal([]byte(stdout), &f); err != nil {
			t.Fatalf("%q: %v", stdout, err)
		}
		if f.Rate <= 0 || f.BytesIn < floodBytes || f.BytesOut > f.BytesIn || f.CookieTime <= 0 || f.Busy <= 0 {
			t.Errorf("%s: %+v", kind, f)
		}
		if f.Newcomers == 0 || f.Connects < 0.5 || f.Delivery < 0.5 || f.HeapGrowth > 8<<20 {
			t.Errorf("%s: %+v", kind, f)
		}
	}
}
