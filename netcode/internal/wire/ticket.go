package wire

import (
	"encoding/binary"
	"time"
)

// TicketLen is the length of the data of a ControlTicket frame in bytes. A
// later build may append to them; whoever does not know what ignores it.
const TicketLen = TicketIDLen + 4

// A Ticket is what a ControlTicket frame tells the client. The key that
// belongs to the ticket does not travel: both ends derive it.
type Ticket struct {
	ID       [TicketIDLen]byte
	Lifetime time.Duration // after the connection's end; travels in whole seconds
}

// AppendTicket appends t.
func AppendTicket(b []byte, t *Ticket) []byte {
	b = append(b, t.ID[:]...)
	return binary.LittleEndian.AppendUint32(b, uint32(t.Lifetime/time.Second))
}

// ConsumeTicket decodes the data of a ControlTicket frame.
func ConsumeTicket(b []byte, t *Ticket) error {
	if len(b) < TicketLen {
		return ErrShort
	}
	t.ID = [TicketIDLen]byte(b)
	t.Lifetime = time.Duration(binary.LittleEndian.Uint32(b[TicketIDLen:])) * time.Second
	return nil
}
