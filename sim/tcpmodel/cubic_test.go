package tcpmodel

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// Where the two ends are.
var (
	clientAddress = netip.MustParseAddrPort("10.0.0.1:7777")
	serverAddress = netip.MustParseAddrPort("10.0.0.2:7777")
)

// alone is a host that has nothing but an end of the competitor.
type alone struct {
	flow End
	peer netcode.Path
}

func (a *alone) Receive(now time.Time, _ netcode.Path, d []byte) { a.flow.Receive(now, d) }
func (a *alone) NextDeadline() time.Time                         { return a.flow.NextDeadline() }

func (a *alone) Flush(now time.Time, out netcode.Sender) {
	a.flow.Flush(now, func(d []byte) { out.SendDatagram(a.peer, d) })
}

// share is what the competitor gets of a link that it has for itself.
func cubicAlone(t *testing.T, cfg link.Config) (share float64, c link.Counters) {
	t.Helper()
	cfg.Overhead = udpOverhead
	n, err := vnet.New(vnet.Config{Seed: 1, Link: cfg})
	if err != nil {
		t.Fatal(err)
	}
	sender := NewSender()
	sender.Start(n.Now())
	for _, err := range []error{
		n.Add(clientAddress, &alone{sender, netcode.Path{Remote: serverAddress}}, nil),
		n.Add(serverAddress, &alone{&Receiver{}, netcode.Path{Remote: clientAddress}}, nil),
		n.Run(n.Now().Add(time.Minute)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c = n.Counters(clientAddress, serverAddress)
	return float64(c.Delivered) * 1500 * 8 / 60 / float64(cfg.Rate), c
}

// The model does what TCP cubic is known to do: it fills a clean link with a
// queue of a bandwidth-delay product, loses little while it does, and gets of a
// lossy one what CUBIC's response function says (RFC 9438, section 5.2: mean
// window 1.054·C^¼·RTT^¾/p^¾ in segments, or Reno's where that is more).
func TestSoakCubicModel(t *testing.T) {
	if race.Enabled {
		t.Skip("one goroutine, and much to compute")
	}
	filled, c := cubicAlone(t, link.Config{Delay: 20 * time.Millisecond, Rate: 10_000_000, QueueBytes: 125_000})
	if lost := float64(c.DroppedQueue) / float64(c.Sent); filled < 0.95 || lost > 0.01 {
		t.Errorf("alone on a clean link: %.3f of it, %.4f dropped; want at least 0.95, at most 0.01", filled, lost)
	}
	for _, loss := range []float64{0.001, 0.01} {
		const rate, rtt = 1_000_000_000, 0.1
		got, _ := cubicAlone(t, link.Config{Delay: 50 * time.Millisecond, Rate: rate, Loss: loss})
		window := got * rate / 8 / 1500 * rtt
		cubic := 1.054 * math.Pow(cubicC, 0.25) * math.Pow(rtt, 0.75) / math.Pow(loss, 0.75)
		want := max(cubic, math.Sqrt(1.5/loss))
		t.Logf("loss %g: mean window %.1f segments, the formula says %.1f", loss, window, want)
		if window < want/2 || window > want*2 {
			t.Errorf("loss %g: mean window %.1f segments, want about %.1f", loss, window, want)
		}
	}
}
