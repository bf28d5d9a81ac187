package vnet

import (
	"encoding/binary"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

// A diarist writes down what it does when, answers if it is a server, and
// speaks every now and then if it is not.
type diarist struct {
	peer    netcode.Path // zero: a server
	due     time.Time
	answers []netcode.Path
	words   uint64
	diary   digest
}

func (d *diarist) Receive(now time.Time, path netcode.Path, datagram []byte) {
	d.diary.word(uint64(now.UnixNano()))
	d.diary.bytes(datagram)
	if d.peer == (netcode.Path{}) {
		d.answers = append(d.answers, path)
	}
}

func (d *diarist) Flush(now time.Time, out netcode.Sender) {
	d.diary.word(uint64(now.UnixNano()) + 1)
	for _, path := range d.answers {
		d.send(path, out)
	}
	d.answers = d.answers[:0]
	if d.peer != (netcode.Path{}) && !now.Before(d.due) {
		d.send(d.peer, out)
		d.due = now.Add(time.Duration(3+d.diary%9) * time.Millisecond)
	}
}

func (d *diarist) send(path netcode.Path, out netcode.Sender) {
	d.words++
	out.SendDatagram(path, binary.LittleEndian.AppendUint64(make([]byte, 0, 99), uint64(d.diary)+d.words))
}

func (d *diarist) NextDeadline() time.Time { return d.due }

// diaries are what everybody wrote in three seconds with a change in between.
func diaries(t *testing.T, up link.Config, apart bool) (all []digest, run uint64) {
	t.Helper()
	n := NewInternet(InternetConfig{Seed: 5})
	server := &diarist{}
	at := mustBind(t, mustMachine(t, n, "server", Attachment{}), 7777, server, nil)
	hosts, sockets := []*diarist{server}, []*Socket{at}
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		m := mustMachine(t, n, name, Attachment{Up: up, Down: rough()})
		d := &diarist{peer: netcode.Path{Remote: at.Addr4()}, due: n.Now().Add(time.Duration(i) * time.Millisecond)}
		hosts, sockets = append(hosts, d), append(sockets, mustBind(t, m, 0, d, nil))
		if apart {
			sockets[i+1].SetApart()
		}
	}
	n.At(n.Now().Add(1500*time.Millisecond+7), func(now time.Time) {
		if err := n.Edge("b").Set(Up, link.Config{Delay: 3 * time.Millisecond}); err != nil {
			t.Error(err)
		}
		hosts[4].due = now
		sockets[4].Wake()
		sockets[5].Close()
	})
	runFor(t, n, time.Second)
	runFor(t, n, 2*time.Second)
	for _, d := range hosts {
		all = append(all, d.diary)
	}
	return all, n.Digest()
}

// Hosts apart do what they would do in order, at the same times, on however
// many processors.
func TestApartIsTheSame(t *testing.T) {
	jitter := func(delay, jitter time.Duration) link.Config {
		return link.Config{Delay: delay, Jitter: jitter, Loss: 0.02}
	}
	queue := jitter(20*time.Millisecond, 5*time.Millisecond)
	queue.Rate, queue.AQM.Algorithm = 200_000, link.CoDel
	shaped := jitter(20*time.Millisecond, 5*time.Millisecond)
	shaped.Rate = 200_000
	for name, up := range map[string]link.Config{
		"far": jitter(50*time.Millisecond, 10*time.Millisecond), "near": jitter(time.Millisecond, 900*time.Microsecond),
		"no lookahead": jitter(5*time.Millisecond, 5*time.Millisecond), "queue": shaped, "active queue": queue,
	} {
		inOrder, _ := diaries(t, up, false)
		apart, run := diaries(t, up, true)
		if !slices.Equal(inOrder, apart) {
			t.Errorf("%s: apart, they wrote %x, in order %x", name, apart, inOrder)
		}
		procs := runtime.GOMAXPROCS(1)
		alone, again := diaries(t, up, true)
		runtime.GOMAXPROCS(procs)
		if !slices.Equal(alone, apart) || run != again {
			t.Errorf("%s: on one processor they wrote %x, on more %x", name, alone, apart)
		}
	}
}

// A host whose deadline never moves ends the run, apart as well.
func TestApartStuck(t *testing.T) {
	n := NewInternet(InternetConfig{})
	d := &stubborn{due: n.Now().Add(time.Millisecond)}
	mustBind(t, mustMachine(t, n, "m", Attachment{Up: link.Config{Delay: time.Second}}), 0, d, nil).SetApart()
	if err := n.Run(n.Now().Add(time.Minute)); err == nil {
		t.Error("no error where time does not pass")
	}
}

type stubborn struct{ due time.Time }

func (*stubborn) Receive(time.Time, netcode.Path, []byte) {}
func (*stubborn) Flush(time.Time, netcode.Sender)         {}
func (s *stubborn) NextDeadline() time.Time               { return s.due }
