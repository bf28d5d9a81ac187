package window

import (
	"fmt"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// Colours of the network graph's curves and marks.
var (
	inkRTT       = scene.Accent
	inkDelay     = scene.Warning
	inkArrived   = scene.Good
	inkCorrected = scene.Hex(0xd987b4)
	inkMissing   = scene.Danger
)

// drawNetGraph shows the state of the network: figures, and the last four
// seconds tick by tick.
func (p *picture) drawNetGraph(screen *ebiten.Image, s *play.Session) {
	k := p.scale
	r := scene.Arrange(float32(p.camera.W), float32(p.camera.H), p.scale).NetGraph
	p.panel(r.X, r.Y, r.W, r.H, 10*k, scene.Panel.Fade(1.1))
	p.frame(r.X, r.Y, r.W, r.H, 10*k, 1, scene.Rule)
	inner := scene.Rect{X: r.X + 14*k, W: r.W - 28*k}
	curves, marks, loss := inner, inner, inner
	curves.Y, curves.H = r.Y+124*k, 70*k
	marks.Y, marks.H = r.Y+214*k, 26*k
	loss.Y, loss.H = r.Y+258*k, 30*k
	ceiling := s.History.Ceiling()
	p.plotCurves(curves, &s.History, ceiling)
	p.plotArrivals(marks, &s.History)
	p.plotLoss(loss, &s.History)
	p.flush()
	p.writeFigures(screen, r, s.Client.Stats())
	label := func(text string, x, y float32, a align, c scene.Colour) {
		p.letters.draw(screen, text, x, y, medium, 12.5*k, a, c)
	}
	label("RTT", curves.X, curves.Y-9*k, left, inkRTT)
	label("interpolation delay", curves.X+34*k, curves.Y-9*k, left, inkDelay)
	label(fmt.Sprintf("%d ms", ceiling), curves.X+curves.W, curves.Y-9*k, right, scene.Muted)
	label("snapshots per 1/60 s", marks.X, marks.Y-9*k, left, inkArrived)
	label("corrections", marks.X+130*k, marks.Y-9*k, left, inkCorrected)
	label("starved", marks.X+202*k, marks.Y-9*k, left, inkMissing)
	label("last 4 s", marks.X+marks.W, marks.Y-9*k, right, scene.Muted)
	label("packet loss", loss.X, loss.Y-9*k, left, inkMissing)
	label("20 %", loss.X+loss.W, loss.Y-9*k, right, scene.Muted)
}

// writeFigures writes the numbers, in two columns.
func (p *picture) writeFigures(screen *ebiten.Image, r scene.Rect, n client.Stats) {
	k := p.scale
	rows := [...][4]string{
		{"RTT", scene.Milliseconds(n.RTT), "jitter", scene.Milliseconds(n.Jitter)},
		{"loss in", scene.Percent(n.LossIn), "loss out", scene.Percent(n.LossOut)},
		{"tick lead", fmt.Sprintf("%.1f ticks", n.TickLead), "delay", scene.Milliseconds(n.InterpolationDelay)},
		{"in", scene.Rate(n.BytesInPerSecond), "out", scene.Rate(n.BytesOutPerSecond)},
		{"corrections", fmt.Sprint(n.Corrections), "snapshots", fmt.Sprint(n.Snapshots)},
	}
	half := r.W / 2
	for i, row := range rows {
		y := r.Y + (17+18.5*float32(i))*k
		for j := range 2 {
			x := r.X + 14*k + float32(j)*(half-5*k)
			end := x + half - 23*k
			p.letters.draw(screen, row[2*j], x, y, medium, 14.5*k, left, scene.Muted)
			p.letters.draw(screen, row[2*j+1], end, y, bold, 14.5*k, right, scene.Text)
		}
	}
}

// plotCurves draws the RTT and the interpolation delay.
func (p *picture) plotCurves(r scene.Rect, h *scene.History, ceiling int) {
	p.rect(r.X, r.Y, r.W, r.H, scene.Black.Fade(0.35))
	for i := range 3 {
		p.rect(r.X, r.Y+r.H*float32(i+1)/4, r.W, 1, scene.White.Fade(0.06))
	}
	height := func(d time.Duration) float32 {
		return r.Y + r.H - 1 - min(1, float32(d.Seconds()*1000)/float32(ceiling))*(r.H-2)
	}
	step := r.W / scene.HistoryBins
	for i := 1; i < scene.HistoryBins; i++ {
		a, b := h.At(i-1), h.At(i)
		x := r.X + float32(i-1)*step
		if a.Delay > 0 && b.Delay > 0 {
			p.line(x, height(a.Delay), x+step, height(b.Delay), 1.8*p.scale, inkDelay, inkDelay)
		}
		if a.RTT > 0 && b.RTT > 0 {
			p.line(x, height(a.RTT), x+step, height(b.RTT), 1.8*p.scale, inkRTT, inkRTT)
		}
	}
}

// plotArrivals draws a bar for the snapshots of every 60th of a second, and marks those
// that corrected the player and those that were missed.
func (p *picture) plotArrivals(r scene.Rect, h *scene.History) {
	p.rect(r.X, r.Y, r.W, r.H, scene.Black.Fade(0.35))
	step := r.W / scene.HistoryBins
	for i := range scene.HistoryBins {
		s := h.At(i)
		x := r.X + float32(i)*step
		tall := min(1, float32(s.Arrived)/4) * r.H
		colour := inkArrived
		if s.Corrected > 0 {
			colour, tall = inkCorrected, r.H
		}
		if s.Starved {
			p.rect(x, r.Y, step, r.H, inkMissing.Fade(0.8))
		}
		if tall > 0 {
			p.rect(x, r.Y+r.H-tall, step*0.8, tall, colour.Fade(0.9))
		}
	}
}

// plotLoss draws the share of packets lost, up to a fifth.
func (p *picture) plotLoss(r scene.Rect, h *scene.History) {
	p.rect(r.X, r.Y, r.W, r.H, scene.Black.Fade(0.35))
	step := r.W / scene.HistoryBins
	for i := range scene.HistoryBins {
		if tall := min(1, float32(h.At(i).Loss)/0.2) * r.H; tall > 0 {
			p.rect(r.X+float32(i)*step, r.Y+r.H-tall, step, tall, inkMissing.Fade(0.75))
		}
	}
	p.rect(r.X, r.Y+r.H/2, r.W, 1, scene.White.Fade(0.06))
}
