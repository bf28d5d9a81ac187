package nat

// A Verdict says what a NAT did with a datagram.
type Verdict uint8

// The verdicts.
const (
	Passed     Verdict = iota
	NoMapping          // from outside, and nobody inside has the port
	Filtered           // from outside, and not from where the mapping lets in
	TableFull          // from inside, and there is no room for another mapping
	NoPort             // from inside, and no external port is free
	NoHairpin          // from inside to this NAT's own outside, and Hairpin is off
	UDPBlocked         // Kind is Blocked
)

// String returns a short name.
func (v Verdict) String() string {
	return name(v, "passed", "no mapping", "filtered", "table full", "no port free", "no hairpinning", "UDP blocked")
}

// Counters count what a NAT did, in datagrams unless named otherwise.
type Counters struct {
	Outbound   uint64 // passed to the outside, those turned round included
	Inbound    uint64 // passed to the inside, those turned round included
	Hairpinned uint64 // turned round

	NoMapping  uint64 // dropped: the Verdicts of the same names
	Filtered   uint64
	TableFull  uint64
	NoPort     uint64
	NoHairpin  uint64
	UDPBlocked uint64

	Created  uint64 // mappings made
	Expired  uint64 // mappings whose lifetime ran out
	Forgot   uint64 // mappings that a rebinding ended
	Rebounds uint64 // rebindings
}

// Refused returns how many datagrams were dropped, whatever the reason.
func (c Counters) Refused() uint64 {
	return c.NoMapping + c.Filtered + c.TableFull + c.NoPort + c.NoHairpin + c.UDPBlocked
}
