package wire

import (
	"bytes"
	"testing"
	"time"
)

func TestTicket(t *testing.T) {
	want := Ticket{ID: [TicketIDLen]byte{1, 2, 3, 15: 9}, Lifetime: time.Minute}
	b := AppendTicket(nil, &want)
	if wire := unhex(t, "010203 00×12 09 3c000000"); !bytes.Equal(b, wire) || len(b) != TicketLen {
		t.Errorf("AppendTicket = %x, want %x", b, wire)
	}
	var got Ticket
	if err := ConsumeTicket(append(b, 1, 2), &got); err != nil || got != want {
		t.Errorf("ConsumeTicket = %+v, %v, want %+v", got, err, want)
	}
	for n := range b {
		if ConsumeTicket(b[:n], &got) == nil {
			t.Errorf("ConsumeTicket takes %d bytes", n)
		}
	}
}
