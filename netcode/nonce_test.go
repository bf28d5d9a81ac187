package netcode

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A ledger is a KeyTracer that remembers under which key and number every
// packet was sealed, by whatever Core, and fails the test at a repeat.
type ledger struct {
	t      testing.TB
	keys   map[ledgerKey]TraceSecret
	sealed map[TraceSecret]map[uint64]bool
	total  int
}

type ledgerKey struct {
	conn  *Conn
	phase uint64
}

func newLedger(t testing.TB) *ledger {
	return &ledger{t: t, keys: map[ledgerKey]TraceSecret{}, sealed: map[TraceSecret]map[uint64]bool{}}
}

func (l *ledger) TraceKeys(e *TraceEvent, keys *TraceKeys) {
	secret := keys.Server
	if e.Client {
		secret = keys.Client
	}
	l.keys[ledgerKey{e.Conn, keys.Phase}] = secret
}

func (l *ledger) Trace(e *TraceEvent) {
	if e.Kind != TracePacketSent {
		return
	}
	secret, ok := l.keys[ledgerKey{e.Conn, e.Phase}]
	if !ok || secret == (TraceSecret{}) {
		l.t.Fatalf("packet %d of phase %d: no keys are known", e.Number, e.Phase)
	}
	if h, _, err := wire.ConsumeHeader(e.Datagram, connIDLen); err != nil || h.KeyPhase != (e.Phase&1 != 0) {
		l.t.Fatalf("packet %d of phase %d has the header %+v, %v", e.Number, e.Phase, h, err)
	}
	numbers := l.sealed[secret]
	if numbers == nil {
		numbers = map[uint64]bool{}
		l.sealed[secret] = numbers
	}
	if numbers[e.Number] {
		l.t.Fatalf("packet %d of phase %d: its nonce was used before", e.Number, e.Phase)
	}
	numbers[e.Number] = true
	l.total++
}

// watch makes both ends of a lab tell l.
func (l *ledger) watch(server, client *Config) { server.Tracer, client.Tracer = l, l }

// TestNoncesRebind is TestNonces for a client whose NAT forgets it again and
// again, while keys change and both ends move to other processes.
func TestNoncesRebind(t *testing.T) {
	nonces := newLedger(t)
	l := connect(t, nonces.watch)
	g := newGateway(l)
	l.run(300 * time.Millisecond)
	for i := range 40 {
		g.rebind()
		switch i % 4 {
		case 0:
			l.conn.Rekey(l.now)
		case 1:
			l.accepted.Rekey(l.now)
		case 2:
			l.move(i%8 == 2)
		}
		l.conn.Send(l.now, chState, []byte("x"))
		l.run(200 * time.Millisecond)
		for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
		}
		if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
			t.Fatalf("%d: %v, %v", i, l.conn.Err(), l.accepted.Err())
		}
	}
	l.run(time.Second)
	l.exchange()
	if phase := l.conn.Stats().KeyPhase; phase < 20 || l.accepted.Stats().PathChanges == 0 {
		t.Errorf("phase %d, %d changes of path", phase, l.accepted.Stats().PathChanges)
	}
	t.Logf("%d packets under %d keys, %d rebindings", nonces.total, len(nonces.sealed), g.rebinds)
}
