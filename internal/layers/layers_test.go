package layers

import (
	"strings"
	"testing"
)

// TestLayers holds the table against the module on every kind of platform:
// files with build constraints import different things.
func TestLayers(t *testing.T) {
	for _, platform := range []struct {
		goos, goarch string
		cgo          bool
	}{
		{"linux", "amd64", true}, // with cgo on, what needs C shows its C files
		{"linux", "arm64", false},
		{"darwin", "arm64", false},
		{"windows", "amd64", false},
		{"js", "wasm", false},
	} {
		t.Run(platform.goos, func(t *testing.T) {
			g := list(t, platform.goos, platform.goarch, platform.cgo)
			if len(g.ours()) == 0 {
				t.Fatal("go list found none of our packages")
			}
			for _, line := range g.violations() {
				t.Error(line)
			}
		})
	}
}

// TestForbids shows that the table has teeth, on packages made up for it.
func TestForbids(t *testing.T) {
	const (
		ebitenPath = "github.com/hajimehoshi/ebiten/v2"
		pionPath   = "github.com/pion/webrtc/v4"
	)
	for _, test := range []struct {
		name    string
		from    string
		imports []string
		want    string // part of the only violation; "" if it is allowed
	}{
		{"engine may compress", "engine/replay", []string{"github.com/klauspost/compress/zstd"}, ""},
		{"engine may use itself", "engine/predict", []string{"engine", "fmt", "time"}, ""},
		{"engine opens no socket", "engine", []string{"net"}, noSocket},
		{"not even a name of one", "engine/interp", []string{"net/netip"}, noSocket},
		{"engine reads no file", "engine/replay", []string{"os"}, noSystem},
		{"engine draws nothing", "engine", []string{ebitenPath}, noEbiten},
		{"engine knows no pion", "engine", []string{pionPath}, noPion},
		{"engine rolls no dice", "engine", []string{"math/rand/v2"}, noRandom},
		{"engine knows no protocol", "engine", []string{"netcode"}, "whoever carries them"},
		{"engine takes no other module", "engine", []string{"example.com/ecs"}, "may reach only"},
		{"netcode may encrypt", "netcode/internal/handshake", []string{"github.com/flynn/noise", "golang.org/x/crypto/blake2s"}, ""},
		{"netcode knows no game", "netcode", []string{"engine"}, noGame},
		{"netcode knows no server", "netcode", []string{"server"}, noGame},
		{"netcode is not simulated from within", "netcode/trace", []string{"sim/link"}, noSim},
		{"netcode leaves pion to its carriers", "netcode", []string{pionPath}, noPion},
		{"nor through a carrier", "netcode", []string{"netcode/webrtc"}, "built on the core"},
		{"a carrier may", "netcode/webrtc", []string{"netcode", pionPath}, ""},
		{"server imports no client", "server", []string{"client"}, "change apart"},
		{"client imports no server", "client", []string{"server"}, "change apart"},
		{"server imports no pion", "server", []string{pionPath}, noPion},
		{"server imports no simulator", "server", []string{"sim/vnet"}, noSim},
		{"hosting may speak HTTP and pion", "server/lobby", []string{"server", "net/http", pionPath}, ""},
		{"the loop may not", "server", []string{"net/http"}, "server/admin"},
		{"the simulator runs whole games", "sim/vnet", []string{"server", "client", "engine", "netcode"}, ""},
		{"but knows no program", "sim/scenario", []string{"cmd/internal/arena"}, "a flow is an interface"},
		{"rules are pure", "cmd/internal/arena", []string{"engine", "assets"}, ""},
		{"rules see no wire", "cmd/internal/arena", []string{"netcode"}, "never the wire"},
		{"the window may draw", "cmd/arena", []string{ebitenPath, "client", "cmd/internal/arena"}, ""},
		{"so may what lies under it", "cmd/arena/hud", []string{ebitenPath}, ""},
		{"a server may not", "cmd/arenad", []string{ebitenPath}, noEbiten},
		{"every package has a layer", "util", nil, "belongs to no layer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			check(t, made(test.from, test.imports), test.want)
		})
	}
}

// TestForbidsIndirectly: our own packages and modules count however far away,
// standard packages only when imported directly.
func TestForbidsIndirectly(t *testing.T) {
	t.Run("a module behind a module", func(t *testing.T) {
		g := made("cmd/arenad", []string{"example.com/chart"})
		g["example.com/chart"] = &pkg{ImportPath: "example.com/chart", Imports: []string{"github.com/hajimehoshi/ebiten/v2"}}
		check(t, g, "cmd/arenad → example.com/chart → github.com/hajimehoshi/ebiten/v2: "+noEbiten)
	})
	t.Run("only the first step out of line", func(t *testing.T) {
		g := made("client", []string{"example.com/chart"})
		g["example.com/chart"].Imports = []string{"example.com/chart/axis"}
		g["example.com/chart/axis"] = &pkg{ImportPath: "example.com/chart/axis"}
		check(t, g, "client → example.com/chart: ")
	})
	t.Run("a standard package behind a standard package", func(t *testing.T) {
		g := made("engine", []string{"fmt"})
		g["fmt"].Imports = []string{"os"}
		check(t, g, "")
	})
	t.Run("C behind a module", func(t *testing.T) {
		g := made("cmd/netsim", []string{"example.com/pcap"})
		g["example.com/pcap"].CgoFiles = []string{"pcap.go"}
		check(t, g, "it is written in C")
	})
	t.Run("C where it is allowed", func(t *testing.T) {
		g := made("cmd/arena", []string{"example.com/sound"})
		g["example.com/sound"].CgoFiles = []string{"alsa.go"}
		check(t, g, "")
	})
	t.Run("a test that needs a display", func(t *testing.T) {
		g := made("server", nil)
		g[module+"/server"].XTestImports = []string{module + "/cmd/arena"}
		g[module+"/cmd/arena"] = &pkg{ImportPath: module + "/cmd/arena", Imports: []string{"github.com/hajimehoshi/ebiten/v2"}}
		check(t, g, "tests of server → cmd/arena → github.com/hajimehoshi/ebiten/v2")
	})
}

// made returns a graph of one package of ours and what it imports.
func made(from string, imports []string) graph {
	p := &pkg{ImportPath: module + "/" + from}
	g := graph{p.ImportPath: p}
	for _, path := range imports {
		if _, ours := layerOf(module + "/" + path); ours {
			path = module + "/" + path
		}
		p.Imports = append(p.Imports, path)
		if !strings.HasPrefix(path, module) {
			g[path] = &pkg{ImportPath: path, Standard: !strings.Contains(path, ".")}
		}
	}
	return g
}

func check(t *testing.T, g graph, want string) {
	t.Helper()
	got := g.violations()
	switch {
	case want == "" && len(got) > 0:
		t.Errorf("violations = %q, want none", got)
	case want != "" && (len(got) != 1 || !strings.Contains(got[0], want)):
		t.Errorf("violations = %q, want one that says %q", got, want)
	}
}
