package netcode

// EndpointStats counts what an Endpoint's socket did since Listen, and says
// what its buffers are. Datagrams that were lost inside this machine are all
// here; the CoreStats count those that arrived and were not wanted.
type EndpointStats struct {
	DatagramsIn, BytesIn   uint64 // received, of UDP payload
	DatagramsOut, BytesOut uint64 // accepted by the kernel
	ReceiveCalls           uint64 // system calls, empty-handed ones included
	SendCalls              uint64
	Wakeups                uint64 // times Wait and WaitUntil blocked

	// Bursts to one peer that the kernel took in one piece, the datagrams in
	// them (counted above, too), and bursts that it refused, whose datagrams
	// went one by one. Linux.
	Trains, InTrains, TrainsRefused uint64

	Overflowed    uint64 // dropped by the kernel: the receive buffer was full (Linux)
	HandedOver    uint64 // of other shards, and given to them
	HandoverFull  uint64 // of other shards, and dropped: their queue was full
	Truncated     uint64 // dropped: larger than EndpointOptions.MaxDatagram
	ReceiveErrors uint64 // errors of earlier sends that surfaced on receive

	Dropped     EndpointDrops // what could not be sent
	SourceMoved uint64        // sent, but not from Path.Local: that address is gone

	// Unmarked says that the system does not set the DSCP and ECN that
	// EndpointOptions ask for.
	Unmarked bool

	// ReceiveBufferBytes and SendBufferBytes are the buffers' sizes by the
	// kernel's accounting (Linux doubles what is asked, and charges its
	// bookkeeping against it); zero if unknown.
	ReceiveBufferBytes, SendBufferBytes int
}

// EndpointDrops counts datagrams that could not be sent, by cause.
type EndpointDrops struct {
	Unroutable   uint64 // no route, or an address family this socket lacks
	TooLarge     uint64 // beyond MaxDatagram or the MTU of our own link
	Denied       uint64 // by the firewall, or for lack of permission
	Full         uint64 // the send buffer or the device's queue was full
	WrongCarrier uint64 // the path belongs to another endpoint
	Other        uint64
}

// Stats returns the counters.
func (e *Endpoint) Stats() EndpointStats {
	s := e.socket.Stats()
	return EndpointStats{
		DatagramsIn: s.DatagramsIn, BytesIn: s.BytesIn,
		DatagramsOut: s.DatagramsOut, BytesOut: s.BytesOut,
		Trains: s.Trains, InTrains: s.InTrains, TrainsRefused: s.TrainsRefused,
		Unmarked:     !e.socket.Marks(),
		ReceiveCalls: s.ReceiveCalls, SendCalls: s.SendCalls, Wakeups: e.wakeups,
		HandedOver: s.HandedOver, HandoverFull: s.HandoverFull,
		Overflowed: s.Overflowed, Truncated: s.Truncated, ReceiveErrors: s.ReceiveErrors,
		Dropped: EndpointDrops{
			Unroutable: s.Unroutable, TooLarge: s.TooLarge, Denied: s.Denied,
			Full: s.SendFull, WrongCarrier: e.wrongCarrier, Other: s.SendErrors,
		},
		SourceMoved:        s.SourceMoved,
		ReceiveBufferBytes: e.socket.ReceiveBufferBytes(),
		SendBufferBytes:    e.socket.SendBufferBytes(),
	}
}
