package wire

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestHeaderVectors(t *testing.T) {
	for _, r := range rows(t, "A.1") {
		id, wire := r.data("id"), r.bytes(1)
		h := Header{
			HasConnID: len(id) > 0, KeyPhase: r.uint("phase") == 1, AckForm: AckForm(r.uint("form")), ConnID: little(id),
			Number: r.uint("number"), NumberLen: int(r.uint("len")),
		}
		check(t, r.cells[0], AppendHeader(nil, h, len(id)), wire)
		h.Number &= 1<<(8*h.NumberLen) - 1
		got, n, err := ConsumeHeader(append(wire, 1, 2, 3), len(id))
		if err != nil || got != h || n != len(wire) {
			t.Errorf("ConsumeHeader(%x) = %+v, %d, %v, want %+v", wire, got, n, err, h)
		}
		for n := range wire {
			if _, _, err := ConsumeHeader(wire[:n], len(id)); err == nil {
				t.Errorf("ConsumeHeader(%x) takes a cut header", wire[:n])
			}
		}
	}
}

func TestNumberVectors(t *testing.T) {
	for _, r := range rows(t, "A.2") {
		if r.field("number") != "" {
			if got, want := NumberLen(r.uint("number"), r.uint("acknowledged")), r.parse(r.cells[1]); got != int(want) {
				t.Errorf("NumberLen: %s = %d, want %d", r.cells[0], got, want)
			}
			continue
		}
		if r.field("newest") != "" {
			a := Ack{Newest: r.uint("newest"), Short: r.uint("len") == 1, Words: 1, Bits: [AckWords]uint32{^uint32(0)}}
			if got, want := ExpandNewest(&a, r.uint("acknowledged")), r.parse(r.cells[1]); got != want {
				t.Errorf("ExpandNewest: %s = %#x, want %#x", r.cells[0], got, want)
			}
			continue
		}
		got := ExpandNumber(r.uint("low"), int(r.uint("len")), r.uint("expected"))
		if want := r.parse(r.cells[1]); got != want {
			t.Errorf("ExpandNumber: %s = %#x, want %#x", r.cells[0], got, want)
		}
	}
}

// TestNumberRoundTrip: whatever a sender writes, a receiver that is no
// further behind than the sender believes restores it.
func TestNumberRoundTrip(t *testing.T) {
	for _, base := range []uint64{0, 1 << 7, 1 << 8, 1 << 23, 1 << 24, 1<<62 - 1<<24} {
		for _, doubt := range []uint64{0, 1, 1<<7 - 1, 1 << 7, 1 << 8, MaxDoubt, 1<<23 - 1} {
			number := base + doubt
			n := NumberLen(number, base)
			for _, expected := range []uint64{base, base + doubt/2, number} {
				if got := ExpandNumber(number&(1<<(8*n)-1), n, expected); got != number {
					t.Errorf("number %#x in %d bytes at %#x = %#x", number, n, expected, got)
				}
			}
		}
	}
}

func ackOf(r row) *Ack {
	a := &Ack{Newest: r.uint("newest"), Delay: time.Duration(r.uint("delay")) * time.Microsecond}
	a.Short = r.uint("form") == 0
	if words := r.field("words"); words != "" {
		for word := range strings.SplitSeq(words, ",") {
			a.Bits[a.Words] = uint32(r.parse(word))
			a.Words++
		}
	}
	if runs := r.field("runs"); runs != "" {
		for run := range strings.SplitSeq(runs, ",") {
			a.Runs[a.RunCount] = uint16(r.parse(run))
			a.RunCount++
		}
	}
	return a
}

func TestAckVectors(t *testing.T) {
	for _, r := range rows(t, "A.3") {
		a, wire, form := ackOf(r), r.bytes(1), AckForm(r.uint("form"))
		if a.Form() != form {
			t.Errorf("%s: Form() = %d", r.cells[0], a.Form())
		}
		check(t, r.cells[0], AppendAck(nil, a), wire)
		if got := AckLen(a); got != len(wire) {
			t.Errorf("AckLen(%s) = %d, want %d", r.cells[0], got, len(wire))
		}
		var got Ack
		rest, err := ConsumeAck(append(wire, 9, 9), form, &got)
		if err != nil || got != *a || len(rest) != 2 {
			t.Errorf("ConsumeAck(%x) = %+v, %x, %v, want %+v", wire, got, rest, err, a)
		}
		for n := range wire {
			if _, err := ConsumeAck(wire[:n], form, &got); err == nil {
				t.Errorf("ConsumeAck(%x) takes a cut ack", wire[:n])
			}
		}
	}
}

// TestAckDelay: delays are rounded down, and cut at what a byte holds.
func TestAckDelay(t *testing.T) {
	for delay, want := range map[time.Duration]byte{
		-time.Second: 0, 249 * time.Microsecond: 0, 250 * time.Microsecond: 1,
		MaxAckDelay - 1: 254, MaxAckDelay: 255, time.Hour: 255,
	} {
		a := Ack{Delay: delay, Words: 1, Bits: [AckWords]uint32{^uint32(0)}}
		if got := AppendAck(nil, &a)[2]; got != want {
			t.Errorf("delay %v travels as %d, want %d", delay, got, want)
		}
	}
}

func TestFrameVectors(t *testing.T) {
	for _, r := range rows(t, "A.4") {
		f := &Frame{
			Kind: FrameKind(r.uint("kind")), Channel: uint8(r.uint("channel")), Number: r.uint("number"),
			Index: uint8(r.uint("index")), Last: uint8(r.uint("last")), Reason: uint8(r.uint("reason")), Data: r.data("data"),
		}
		wire, last := r.bytes(1), r.uint("end") == 1
		check(t, r.cells[0], AppendFrame(nil, f, last), wire)
		if got := FrameLen(f, last); got != len(wire) {
			t.Errorf("%s: FrameLen = %d, want %d", r.cells[0], got, len(wire))
		}
		after := []byte{}
		if !last {
			after = append(after, ControlPing)
		}
		got := Frame{}
		rest, err := ConsumeFrame(append(wire, after...), &got)
		if len(got.Data) == 0 {
			got.Data = f.Data
		}
		if err != nil || !reflect.DeepEqual(&got, f) || len(rest) != len(after) {
			t.Errorf("ConsumeFrame(%x) = %+v, %x, %v, want %+v", wire, got, rest, err, f)
		}
		// A frame that reaches to the end is cut to another frame only in
		// its data.
		end := len(wire)
		if last && f.Kind != FrameControl {
			end -= len(f.Data)
		}
		for n := range wire[:end] {
			if _, err := ConsumeFrame(wire[:n], &got); err == nil {
				t.Errorf("ConsumeFrame(%x) takes a cut frame", wire[:n])
			}
		}
	}
}

func TestHandshakeVectors(t *testing.T) {
	for _, r := range rows(t, "A.6") {
		h := &Handshake{
			Type: HandshakeType(r.uint("type")), Version: uint16(r.uint("version")), Mode: Mode(r.uint("mode")),
			ClientID: 0x1817161514131211, Reason: RefuseReason(r.uint("reason")),
		}
		if r.field("cookie") != "" {
			h.Cookie = r.data("cookie")
		}
		if r.field("ticket") != "" {
			h.Ticket = r.data("ticket")
		}
		if r.field("message") != "" {
			h.Noise = r.data("message")
		}
		wire := r.bytes(1)
		check(t, r.cells[0], AppendHandshake(nil, h), wire)
		var got Handshake
		if err := ConsumeHandshake(wire, &got); err != nil || !reflect.DeepEqual(&got, h) {
			t.Errorf("ConsumeHandshake(%s) = %+v, %v, want %+v", r.cells[0], got, err, h)
		}
		end := len(wire)
		if h.Type == Respond || h.Type == Finish || h.Type == Resume {
			end -= len(h.Noise) - 1 // the message reaches to the end; it is authenticated
		}
		for n := range wire[:end] {
			if err := ConsumeHandshake(wire[:n], &got); err == nil {
				t.Errorf("ConsumeHandshake takes %d bytes of %s", n, r.cells[0])
			}
		}
	}
}

// fromLater are parameters that this build does not know.
var fromLater = []byte{2, 4, 0, 1, 2, 3, 4, 0xff, 0, 0}

func TestPayloadVectors(t *testing.T) {
	for _, r := range rows(t, "A.7") {
		wire := r.bytes(1)
		name := r.data("name")
		if r.field("name") == "61×32" {
			name = unhex(t, "61×32")
		}
		id := Identity{Name: string(name), Build: uint32(r.uint("build")), Schema: r.uint("schema")}
		var decode func([]byte) error
		if r.field("payload") == "client" {
			want := &ClientInfo{Identity: id, Hello: r.data("hello")}
			if token := r.data("token"); len(token) > 0 {
				want.Token = token
			}
			if early := r.data("early"); len(early) > 0 {
				want.Early = early
			}
			check(t, r.cells[0], AppendClientInfo(nil, want), wire)
			var got ClientInfo
			decode = func(b []byte) error { return ConsumeClientInfo(b, &got) }
			if err := decode(append(wire, fromLater...)); err != nil || !reflect.DeepEqual(&got, want) {
				t.Errorf("ConsumeClientInfo(%x) = %+v, %v, want %+v", wire, got, err, want)
			}
		} else {
			connID := r.data("id")
			want := &ServerInfo{Suite: uint8(r.uint("suite")), ConnID: little(connID), ConnIDLen: len(connID), Identity: id}
			check(t, r.cells[0], AppendServerInfo(nil, want), wire)
			var got ServerInfo
			decode = func(b []byte) error { return ConsumeServerInfo(b, &got) }
			if err := decode(append(wire, fromLater...)); err != nil || !reflect.DeepEqual(&got, want) {
				t.Errorf("ConsumeServerInfo(%x) = %+v, %v, want %+v", wire, got, err, want)
			}
		}
		param := len(wire) - len(r.data("token")) - len(r.data("early")) - paramHeaderLen // which may be missing
		for n := range wire {
			if decode(wire[:n]) == nil && n != param {
				t.Errorf("%s: %d bytes are taken", r.cells[0], n)
			}
		}
	}
}

func TestMalformedVectors(t *testing.T) {
	for _, r := range rows(t, "A.5") {
		b := r.bytes(1)
		var err error
		switch kind, form, _ := strings.Cut(r.cells[0], " "); kind + form {
		case "header":
			_, _, err = ConsumeHeader(b, 3)
		case "ack0", "ack1", "ack2", "ack3":
			_, err = ConsumeAck(b, AckForm(r.parse(form)), &Ack{})
		case "frame":
			_, err = ConsumeFrame(b, &Frame{})
		case "handshake":
			err = ConsumeHandshake(b, &Handshake{})
		case "clientinfo":
			err = ConsumeClientInfo(b, &ClientInfo{})
		case "serverinfo":
			err = ConsumeServerInfo(b, &ServerInfo{})
		default:
			t.Fatalf("docs/PROTOCOL.md: no decoder %q", r.cells[0])
		}
		if err != ErrShort && err != ErrMalformed {
			t.Errorf("%s takes %s (%s): %v", r.cells[0], r.cells[1], r.cells[2], err)
		}
	}
}

// TestOtherVersions: of a datagram of another version the first twelve bytes
// are read and nothing else is judged.
func TestOtherVersions(t *testing.T) {
	b := unhex(t, "5f ffff 77 0102030405060708 99")
	var h Handshake
	if err := ConsumeHandshake(b, &h); err != nil || h.Version != 0xffff || h.Mode != 0x77 || h.ClientID != 0x0807060504030201 {
		t.Errorf("ConsumeHandshake(%x) = %+v, %v", b, h, err)
	}
}

func TestClassify(t *testing.T) {
	for first := range 256 {
		want := KindForeign
		switch {
		case first >= 0x50 && first <= 0x5f:
			want = KindHandshake
		case first >= 0xc0 && first <= 0xdf:
			want = KindPacket
		}
		if got := Classify([]byte{byte(first)}); got != want {
			t.Errorf("Classify(%#x) = %d, want %d", first, got, want)
		}
	}
	if got := Classify(nil); got != KindForeign {
		t.Errorf("Classify(nothing) = %d", got)
	}
}
