package wire

import (
	"bytes"
	"testing"
)

// What is accepted is reproduced: one meaning has one encoding.

func FuzzHeader(f *testing.F) {
	f.Add([]byte{0xc5, 1, 2, 3, 4, 5}, 3)
	f.Add([]byte{0xcf, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 8)
	f.Fuzz(func(t *testing.T, in []byte, idLen int) {
		idLen = 1 + int(uint(idLen)%8)
		h, n, err := ConsumeHeader(in, idLen)
		if err != nil {
			return
		}
		if out := AppendHeader(nil, h, idLen); !bytes.Equal(out, in[:n]) {
			t.Fatalf("%x re-encodes as %x", in[:n], out)
		}
	})
}

func FuzzAck(f *testing.F) {
	f.Add(uint8(1), []byte{1, 2, 3})
	f.Add(uint8(2), []byte{1, 2, 3, 4, 5, 6, 7})
	f.Add(uint8(3), []byte{2, 1, 2, 3, 1, 1, 1, 1, 2, 2, 2, 2})
	f.Add(uint8(3), []byte{0x83, 1, 2, 3, 0x81, 0, 5, 7})
	f.Add(uint8(3), []byte{0, 1, 2})
	f.Add(uint8(0), []byte{1, 2})
	f.Fuzz(func(t *testing.T, form uint8, in []byte) {
		var a Ack
		rest, err := ConsumeAck(in, AckForm(form%4), &a)
		if err != nil {
			return
		}
		out := AppendAck(nil, &a)
		if a.Form() != AckForm(form%4) || len(out) != AckLen(&a) || !bytes.Equal(append(out, rest...), in) {
			t.Fatalf("%x re-encodes as %x, form %d", in, out, a.Form())
		}
	})
}

// FuzzFrame decodes a whole packet's frames and writes them again.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{1, 0x31, 2, 'h', 'i', 0x62, 7, 0, 'h', 'i'})
	f.Add(append(append([]byte{5, TicketLen}, make([]byte, TicketLen)...), 0x22, 'h'))
	f.Add([]byte{2, 3, 2, 'h', 'i', 0x42, 2, 1, 1, 2, 'x'})
	f.Add([]byte{3, 1, 2, 3, 4, 5, 6, 7, 8, 4, 1, 2, 3, 4, 5, 6, 7, 8, 7, 1, 0, 0, 0})
	f.Add([]byte{6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2, 0x88, 0x13, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		OnlyProbes(in)
		var out []byte
		for b := in; len(b) > 0; {
			var fr Frame
			rest, err := ConsumeFrame(b, &fr)
			if err != nil {
				return
			}
			last := len(rest) == 0
			if fr.Kind == FrameControl {
				last = false // never has a length
			}
			if fr.Kind == FrameControl && fr.Channel == ControlObserved {
				if got := AppendAddress(nil, Address(fr.Data)); !bytes.Equal(got, fr.Data) {
					t.Fatalf("address %x re-encodes as %x", fr.Data, got)
				}
			}
			if fr.Kind == FrameControl && fr.Channel == ControlTicket {
				var ticket Ticket
				if err := ConsumeTicket(fr.Data, &ticket); (err != nil) != (len(fr.Data) < TicketLen) ||
					err == nil && !bytes.Equal(AppendTicket(nil, &ticket), fr.Data[:TicketLen]) {
					t.Fatalf("ticket %x: %+v, %v", fr.Data, ticket, err)
				}
			}
			if got := FrameLen(&fr, last); got != len(b)-len(rest) {
				t.Fatalf("FrameLen(%+v, %v) = %d, took %d", fr, last, got, len(b)-len(rest))
			}
			out = AppendFrame(out, &fr, last)
			b = rest
		}
		if !bytes.Equal(out, in) {
			t.Fatalf("%x re-encodes as %x", in, out)
		}
	})
}

func FuzzHandshake(f *testing.F) {
	for _, h := range []Handshake{
		{Type: Hello, Version: 1},
		{Type: Retry, Version: 1, Cookie: make([]byte, CookieLen)},
		{Type: Initiate, Version: 1, Cookie: make([]byte, CookieLen), Noise: []byte("abc")},
		{Type: Respond, Version: 1, Mode: ModeXX, Noise: []byte("abc")},
		{Type: Rejoin, Version: 1, Mode: ModeTicket, Ticket: make([]byte, TicketIDLen), Noise: []byte("abc")},
		{Type: Resume, Version: 1, Mode: ModeTicket, Noise: []byte("abc")},
		{Type: Refuse, Version: 1, Mode: ModePlaintext, Reason: RefuseKey},
	} {
		f.Add(AppendHandshake(nil, &h))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var h Handshake
		if err := ConsumeHandshake(in, &h); err != nil || h.Version != Version {
			return
		}
		out := AppendHandshake(nil, &h)
		same := len(out)
		switch h.Type { // padding is ignored
		case Hello:
			same = HandshakeHeaderLen
		case Rejoin:
			same = HandshakeHeaderLen + TicketIDLen + 2 + len(h.Noise)
		case Initiate:
			same = HandshakeHeaderLen + CookieLen + 2 + len(h.Noise)
		}
		if len(out) != len(in) || !bytes.Equal(out[:same], in[:same]) {
			t.Fatalf("%x re-encodes as %x", in, out)
		}
	})
}

func FuzzClientInfo(f *testing.F) {
	f.Add(AppendClientInfo(nil, &ClientInfo{Identity: Identity{"test", 1, 2}, Hello: []byte("ada")}))
	f.Add(AppendClientInfo(nil, &ClientInfo{Identity: Identity{"test", 1, 2}, Token: []byte("t")}))
	f.Add(AppendClientInfo(nil, &ClientInfo{Identity: Identity{"test", 1, 2}, Early: []byte("t")}))
	f.Fuzz(func(t *testing.T, in []byte) {
		var c ClientInfo
		if ConsumeClientInfo(in, &c) != nil {
			return
		}
		if len(c.Hello) > MaxHello || len(c.Identity.Name) > MaxName {
			t.Fatalf("%+v is beyond the limits", c)
		}
		// Parameters of later builds are gone; what is left means the same.
		var again ClientInfo
		if err := ConsumeClientInfo(AppendClientInfo(nil, &c), &again); err != nil {
			t.Fatalf("%+v does not decode again: %v", c, err)
		}
		if again.Identity != c.Identity || !bytes.Equal(again.Hello, c.Hello) ||
			!bytes.Equal(again.Token, c.Token) || !bytes.Equal(again.Early, c.Early) {
			t.Fatalf("%+v comes back as %+v", c, again)
		}
	})
}

func FuzzServerInfo(f *testing.F) {
	f.Add(AppendServerInfo(nil, &ServerInfo{Suite: 1, ConnID: 0x030201, ConnIDLen: 3, Identity: Identity{"test", 1, 2}}))
	f.Fuzz(func(t *testing.T, in []byte) {
		var s ServerInfo
		if ConsumeServerInfo(in, &s) != nil {
			return
		}
		var again ServerInfo
		if err := ConsumeServerInfo(AppendServerInfo(nil, &s), &again); err != nil || again != s {
			t.Fatalf("%+v comes back as %+v, %v", s, again, err)
		}
	})
}
