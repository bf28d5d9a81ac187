package report

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/reckon-engine/reckon/sim/result"
)

// race is position updates over ours, TCP and plain UDP at several losses.
func race(seconds int) Comparison {
	c := Comparison{
		Title: "Position updates at 125 ms", About: "60 updates a second of 64 bytes, over a line of 125 ms round trip.",
		Measure: "age of a position update", Command: "netsim compare --rtt 125ms --loss 0,1%,5%",
	}
	for i, loss := range []float64{0, 0.01, 0.05} {
		at := func(name string, resend float64, ordered bool) Entry {
			p := channel{name: "state", direction: "down", perSecond: 60, size: 64, delay: 62.5, jitter: 1.5, loss: loss, burst: 1.2, resend: resend, ordered: ordered}.part(seconds, uint64(i)+1)
			return Entry{Name: name, Figures: p.Figures}
		}
		c.Cases = append(c.Cases, Case{Name: fmt.Sprintf("%.0f %% loss", loss*100), Entries: []Entry{
			at("Reckon", 0, false), at("plain UDP", 0, false), at("TCP bbr", 170, true), at("TCP cubic", 230, true),
		}})
	}
	return c
}

// grid is a sweep over loss, round trip and jitter with some seeds each.
func grid(losses, rtts, jitters, seeds int) *result.Grid {
	g := &result.Grid{
		Scenario: "LTE duel", WallSeconds: 412,
		Axes: []result.Axis{{Name: "loss", Unit: "%"}, {Name: "round trip", Unit: "ms"}, {Name: "jitter", Unit: "ms"}},
		Figures: []result.GridFigure{
			{Name: "p99 of channel state", Unit: "ms"},
			{Name: "snapshots per second", HigherBetter: true},
		},
	}
	for i := range losses {
		g.Axes[0].Values = append(g.Axes[0].Values, float64(i))
	}
	for i := range rtts {
		g.Axes[1].Values = append(g.Axes[1].Values, 20*float64(i+1))
	}
	for i := range jitters {
		g.Axes[2].Values = append(g.Axes[2].Values, 10*float64(i))
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range losses * rtts * jitters * seeds {
		at := []int{i % losses, i / losses % rtts, i / losses / rtts % jitters}
		loss, rtt, jitter := g.Axes[0].Values[at[0]], g.Axes[1].Values[at[1]], g.Axes[2].Values[at[2]]
		p99 := rtt/2 + jitter*(2.5+r.Float64()) + loss*(4+3*r.ExpFloat64())
		g.Points = append(g.Points, result.GridPoint{
			At: at, Seed: uint64(i), Replay: fmt.Sprintf("netsim replay duel-lte.toml --set loss=%v%% --set rtt=%vms --set jitter=%vms --seed %d", loss, rtt, jitter, i),
			Figures:    map[string]float64{"p99 of channel state": math.Round(p99*10) / 10, "snapshots per second": 60 * (1 - loss/100)},
			Assertions: []result.Assertion{{Text: "p99 of channel state < 200 ms", Pass: p99 < 200, Measured: fmt.Sprintf("%.1f ms", p99)}},
		})
	}
	if jitters == 1 {
		g.Axes = g.Axes[:2]
		for i := range g.Points {
			g.Points[i].At = g.Points[i].At[:2]
		}
	}
	return g
}
