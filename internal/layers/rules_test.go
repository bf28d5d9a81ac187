package layers

import "strings"

const module = "github.com/reckon-engine/reckon"

// Reasons that several layers share.
const (
	noEbiten = "ebiten needs a display, C and X11 headers on Linux, and does not cross-compile; " +
		"only the window client pays for it"
	noPion   = "pion is large and only some games need a browser or ICE; whoever does imports netcode/ice or netcode/webrtc"
	noCmd    = "programs are made of libraries, never the other way round"
	noSim    = "the simulator stands outside and looks in; what ships must not carry it"
	noSocket = "the engine owns no socket, so that it runs the same in a test, a browser and a replay"
	noSystem = "the engine touches no file and no environment: what it needs is passed in"
	noRandom = "chance in a simulated world is part of the world's state, or two machines disagree"
	noGame   = "the protocol knows nothing of games, so that any program can speak it"
)

// A layer is a row of the table of what may import what. Packages are named
// relative to the module; "x/..." is x and everything below it. The first layer
// that has a package is the package's own.
//
// Third-party modules and our own packages are judged over the whole graph of
// imports; standard packages by direct import, since fmt itself reaches os.
type layer struct {
	has []string

	// may lists our packages and the third-party modules that it may reach.
	// Its own packages need naming too. Nil allows what bad does not forbid.
	may []string

	// bad maps what it must never reach to the reason, for better words than
	// "not in the list", and for standard packages.
	bad map[string]string

	// cgo tells that it needs C on Linux.
	cgo bool
}

const (
	ebiten = "github.com/hajimehoshi/ebiten/..."
	pion   = "github.com/pion/..."
)

// Of third-party modules, the protocol needs cryptography and system calls;
// the JWT library is for connect tokens.
var (
	engineMay  = []string{"engine/...", "github.com/klauspost/compress/..."}
	netcodeMay = []string{
		"netcode", "netcode/internal/...", "netcode/token/...", "netcode/trace/...",
		"netcode/rpc/...", "netcode/peer/...", "netcode/blob/...",
		"golang.org/x/crypto/...", "golang.org/x/net/...", "golang.org/x/sys/...",
		"github.com/flynn/noise/...", "github.com/golang-jwt/jwt/...",
	}
)

var layers = []layer{
	{
		has: []string{"engine/..."},
		may: engineMay,
		bad: map[string]string{
			ebiten: noEbiten, pion: noPion, "cmd/...": noCmd, "sim/...": noSim,
			"netcode/...":   "the engine knows no protocol: a snapshot is bytes to it, whoever carries them",
			"server/...":    "the loops are built on the engine",
			"client/...":    "the loops are built on the engine",
			"net/...":       noSocket,
			"os/...":        noSystem,
			"syscall":       noSystem,
			"log/...":       "the engine returns errors and counts; what is written where is the program's choice",
			"math/rand/...": noRandom,
			"crypto/rand":   noRandom,
			"hash/maphash":  "its seed differs in every process, so hashes could not be compared",
		},
	},
	{
		has: []string{"netcode/ice/...", "netcode/webrtc/..."},
		bad: map[string]string{
			ebiten: noEbiten, "cmd/...": noCmd, "sim/...": noSim,
			"engine/...": noGame, "server/...": noGame, "client/...": noGame,
		},
	},
	{
		has: []string{"netcode/..."},
		may: netcodeMay,
		bad: map[string]string{
			ebiten: noEbiten, pion: noPion, "cmd/...": noCmd, "sim/...": noSim,
			"engine/...": noGame, "server/...": noGame, "client/...": noGame,
			"netcode/ice/...":    "carriers are built on the core; the core hands them what is not ours through a hook",
			"netcode/webrtc/...": "carriers are built on the core; the core hands them what is not ours through a hook",
			"net/http/...":       "the protocol is UDP only; HTTP is for the services around the game",
			"math/rand/...":      "randomness on the wire is either cryptographic or passed in, so that a run can be repeated",
		},
	},
	{
		has: []string{"server"},
		may: concat(engineMay, netcodeMay, "server"),
		bad: map[string]string{
			ebiten: noEbiten, pion: noPion, "cmd/...": noCmd, "sim/...": noSim,
			"client/...":   "server and client share the engine and the protocol, and must be able to change apart",
			"net/http/...": "HTTP is for server/admin and its neighbours, which a small server can leave out",
		},
	},
	{
		has: []string{"client"},
		may: concat(engineMay, netcodeMay, "client"),
		bad: map[string]string{
			ebiten: noEbiten, pion: noPion, "cmd/...": noCmd, "sim/...": noSim,
			"server/...":   "server and client share the engine and the protocol, and must be able to change apart",
			"net/http/...": "the game's traffic is UDP only",
		},
	},
	{
		has: []string{"server/..."},
		bad: map[string]string{
			ebiten: noEbiten, "cmd/...": noCmd, "sim/...": noSim,
			"client/...": "a hosting service needs no client",
		},
	},
	{
		has: []string{"client/..."},
		bad: map[string]string{
			ebiten: noEbiten, "cmd/...": noCmd, "sim/...": noSim,
			"server/...": "what a player runs needs no server",
		},
	},
	{
		has: []string{"sim/..."},
		bad: map[string]string{
			ebiten:    noEbiten,
			"cmd/...": "a flow is an interface: programs register theirs with the simulator",
		},
	},
	{
		has: []string{"cmd/internal/arena/..."},
		may: concat(engineMay, nil, "cmd/internal/arena/...", "assets/..."),
		bad: map[string]string{
			ebiten: "the rules are shared by server, bots and client; drawing is cmd/arena's", pion: noPion,
			"netcode/...": "rules see worlds and inputs, never the wire",
			"net/...":     "rules see worlds and inputs, never the wire",
			"os/...":      "rules depend on nothing but their arguments",
			"math/rand/...": "chance in a simulated world is part of the world's state, " +
				"or server and prediction disagree",
			"crypto/rand": "chance in a simulated world is part of the world's state, " +
				"or server and prediction disagree",
		},
	},
	{has: []string{"cmd/arena/..."}, cgo: true},
	{has: []string{"cmd/..."}, bad: map[string]string{ebiten: noEbiten, "cmd/arena/...": noEbiten}},
	{has: []string{"assets/..."}, may: []string{}},
	{has: []string{"internal/..."}, may: []string{"internal/..."}, bad: map[string]string{
		"engine/...": "the repository's tools and test helpers stand below everything",
	}},
}

func concat(a, b []string, more ...string) []string {
	return append(append(append([]string{}, a...), b...), more...)
}

// layerOf returns the layer of an import path of ours.
func layerOf(path string) (layer, bool) {
	for _, l := range layers {
		for _, pattern := range l.has {
			if matches(pattern, path) {
				return l, true
			}
		}
	}
	return layer{}, false
}

// matches compares an import path with a pattern of the table. Of a
// third-party module every major version matches.
func matches(pattern, path string) bool {
	path = strings.TrimPrefix(path, module+"/")
	stem, below := strings.CutSuffix(pattern, "/...")
	return path == stem || below && strings.HasPrefix(path, stem+"/")
}
