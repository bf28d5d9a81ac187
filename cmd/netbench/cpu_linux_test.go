package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/reckon-engine/reckon/internal/race"
)

// TestMain lets the test binary be the processes that netbench cpu starts.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

// That it measures, not what: the figures of a busy machine mean nothing.
func TestCPU(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector is what it would measure")
	}
	profile := filepath.Join(t.TempDir(), "server.pprof")
	code, stdout, stderr := runLine(t, "cpu -n 20 --seconds 0.3 --rounds 1 --json --cpuprofile "+profile)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	want := []string{
		"n", "hz", "us_per_client_tick", "floor_us_per_client_tick", "ratio", "delivered", "allocs_per_packet",
		"idle_conn_bytes", "packets_per_client_tick", "server_busy", "load_busy",
	}
	if got := keysOf(t, stdout); !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
	var f cpuFigures
	if err := json.Unmarshal([]byte(stdout), &f); err != nil {
		t.Fatalf("%q: %v", stdout, err)
	}
	if f.N != 20 || f.Hz != 60 || f.Time <= 0 || f.Floor <= 0 || f.Ratio <= 0 || f.Idle < 1000 || f.Idle > 16384 {
		t.Errorf("%+v", f)
	}
	if f.Delivered < 0.9 || f.Packets < 1.5 || f.Packets > 4 {
		t.Errorf("%.3f delivered in %.2f packets for each client and tick, want about 1 and 2", f.Delivered, f.Packets)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("no profile: %v", err)
	}
}

func TestClientAddresses(t *testing.T) {
	for _, client := range []int{0, 1, 254, 255, 256, maxLoad - 1} {
		if got := clientOf(addressOf(client)); got != client {
			t.Errorf("client %d has the address %v, which is of client %d", client, addressOf(client), got)
		}
	}
}
