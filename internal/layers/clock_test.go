package layers

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// timeless lists the packages whose code is told the time: "now" is an
// argument, so that a test, the simulator and a replay decide what it is.
// Tests of theirs may look at the clock: they measure real sockets.
var timeless = []struct {
	packages string
	except   map[string]string // files (path.Match) that may, and why
	why      string
}{
	{
		packages: "engine/...",
		why:      "a simulation that reads the clock cannot be repeated",
	},
	{
		packages: "netcode/internal/udp",
		except:   map[string]string{"*.go": "sockets live in real time: receive stamps, write deadlines"},
	},
	{
		packages: "netcode/trace/...",
		why:      "a trace carries the times of the core it watches, virtual ones included",
	},
	{
		packages: "netcode/rpc/...",
		why:      "calls expire by the caller's time, virtual time included",
	},
	{
		packages: "netcode/blob/...",
		why:      "a transfer is driven by the core it rides on, in its time",
	},
	{
		packages: "netcode/token/...",
		why:      "whether a token has expired is asked with the caller's time",
	},
	{
		packages: "netcode",
		except:   map[string]string{"endpoint*.go": "an Endpoint drives the core from a real socket"},
		why:      "the core is sans-I/O: it runs in virtual time in every test",
	},
	{
		packages: "netcode/internal/...",
		why:      "the core is sans-I/O: it runs in virtual time in every test",
	},
	{
		packages: "server",
		except:   map[string]string{"run.go": "Run is the loop around a real socket"},
		why:      "Advance is told the time, so that whole matches run in virtual time",
	},
	{
		packages: "client",
		except:   map[string]string{"dial.go": "Dial owns a real socket"},
		why:      "Update and View are told the time, so that whole matches run in virtual time",
	},
	{packages: "sim/link/...", why: "a link is a model of time, not in it"},
	{packages: "sim/vnet/...", why: "virtual time is the whole point"},
	{packages: "sim/fit/...", why: "a fit depends on what was captured, not on when it is made"},
	{packages: "sim/capture/...", why: "a capture has the times of its packets"},
	{packages: "sim/flow/...", why: "a flow lives in virtual time"},
	{
		packages: "sim/run",
		except:   map[string]string{"clock.go": "it says how long a run took, and nothing else"},
		why:      "a run that reads the clock cannot be repeated",
	},
	{packages: "sim/tcpmodel/...", why: "a model of TCP in virtual time"},
	{
		packages: "sim/compare",
		except:   map[string]string{"real.go": "kernel TCP lives in real time", "carriage.go": "sockets do too", "kernel_*.go": "and so do the kernel's"},
		why:      "comparisons in virtual time are the same on every machine",
	},
	{packages: "cmd/internal/arena/...", why: "game rules count ticks"},
}

// clocks are the functions of package time that read or wait for the clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// sockets are packages that only the files excepted above may import in a
// sans-I/O package; in an engine the layer table forbids them anyway.
var sockets = []string{"net", "os", "syscall", "os/signal", "net/http"}

func TestWallClock(t *testing.T) {
	for _, s := range sources(t) {
		for _, line := range outside(s) {
			t.Error(line)
		}
	}
}

// outside returns a line for every use of the clock or of sockets in a file
// that must have neither.
func outside(s source) []string {
	why := timelessReason(s)
	if why == "" {
		return nil
	}
	var lines []string
	for _, spec := range s.file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if slices.Contains(sockets, name) {
			lines = append(lines, fmt.Sprintf("%s:%d: imports %s: sockets and the system are for the files that clock_test.go excepts", s.name, s.at(spec.Pos()), name))
		}
		if name == "time" && spec.Name != nil {
			lines = append(lines, fmt.Sprintf("%s:%d: imports time under another name, which hides what it is used for", s.name, s.at(spec.Pos())))
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, sel.Sel.Name) {
				lines = append(lines, fmt.Sprintf("%s:%d: time.%s: %s", s.name, s.at(n.Pos()), sel.Sel.Name, why))
			}
		}
		return true
	})
	return lines
}

// timelessReason returns why a file must not read the clock; "" if it may.
func timelessReason(s source) string {
	if s.test() || s.file.Name.Name == "main" {
		return ""
	}
	for _, rule := range timeless {
		if !matches(rule.packages, s.dir()) {
			continue
		}
		for pattern := range rule.except {
			if ok, _ := path.Match(pattern, path.Base(s.name)); ok {
				return ""
			}
		}
		return rule.why
	}
	return ""
}

func TestWallClockForbids(t *testing.T) {
	const reads = "package p\n\nimport \"time\"\n\nfunc f() time.Time { return time.Now() }\n"
	for _, test := range []struct {
		name, file, text string
		want             string // part of the only line; "" if it is allowed
	}{
		{"a core is told the time", "netcode/conn.go", reads, "netcode/conn.go:5: time.Now: the core is sans-I/O"},
		{"its inner packages too", "netcode/internal/pace/pace.go", reads, "time.Now"},
		{"an endpoint is not", "netcode/endpoint_wait.go", reads, ""},
		{"nor is a socket", "netcode/internal/udp/plain.go", reads, ""},
		{"nor is a test", "netcode/conn_test.go", reads, ""},
		{"waiting is reading", "engine/clock/lead.go", strings.ReplaceAll(reads, "time.Time { return time.Now() }", "{ time.Sleep(1) }"), "time.Sleep"},
		{"so is passing it on", "engine/clock/lead.go", "package p\n\nimport \"time\"\n\nvar now = time.Now\n", "time.Now"},
		{"another name hides nothing", "sim/vnet/net.go", "package p\n\nimport t \"time\"\n\nvar now = t.Now\n", "under another name"},
		{"durations are no clock", "engine/clock/lead.go", "package p\n\nimport \"time\"\n\nconst d = time.Second\n", ""},
		{"a core opens no socket", "netcode/core.go", "package p\n\nimport _ \"net\"\n", "imports net"},
		{"addresses are no sockets", "netcode/path.go", "package p\n\nimport _ \"net/netip\"\n", ""},
		{"programs live in real time", "cmd/arenad/main.go", reads, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := outside(madeSource(t, test.file, test.text))
			switch {
			case test.want == "" && len(got) > 0:
				t.Errorf("got %q, want none", got)
			case test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)):
				t.Errorf("got %q, want one that says %q", got, test.want)
			}
		})
	}
}
