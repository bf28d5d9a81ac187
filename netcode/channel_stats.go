package netcode

// ChannelStats counts what one channel of a connection did since it began.
// Messages, if nothing else is said.
type ChannelStats struct {
	Sent      uint64 // taken by Send
	Delivered uint64 // known to have arrived; on segmented channels, with all before them
	Lost      uint64 // unreliable: did not arrive, or too late to know
	Expired   uint64 // given up because their lifetime ended; unreliable ones are Lost as well
	Replaced  uint64 // ReliableLatest: replaced before they were acknowledged
	Received  uint64 // given to the queue of the application
	NotUrgent uint64 // urgent ones beyond eight, sent like others

	BytesSent     uint64 // of messages taken by Send
	BytesAcked    uint64 // of messages and parts of messages acknowledged; reliable only
	BytesReceived uint64 // of messages received

	Resent uint64 // segments or values sent again because they were lost
	Copies uint64 // segments or values that rode again before anything was known

	Queued int // bytes waiting to be sent or, on reliable channels, acknowledged
}

type channelCounts struct {
	sent, delivered, lost, expired     uint64
	received, bytesSent, bytesReceived uint64
}

// ChannelStats returns the counters of a channel; zeros if there is no such
// channel.
func (c *Conn) ChannelStats(channel int) ChannelStats {
	if channel < 0 || channel >= len(c.channels) {
		return ChannelStats{}
	}
	ch := &c.channels[channel]
	n := &ch.counts
	s := ChannelStats{
		Sent: n.sent, Delivered: n.delivered, Lost: n.lost, Expired: n.expired, Received: n.received,
		NotUrgent: uint64(ch.notUrgent), BytesSent: n.bytesSent, BytesReceived: n.bytesReceived,
	}
	switch {
	case ch.outgoing != nil:
		o := ch.outgoing
		s.Delivered, s.Expired, s.BytesAcked = o.Delivered, o.Expired, o.AckedData
		s.Resent, s.Copies, s.Queued = o.Repeated, o.Copies, o.Bytes()
	case ch.values != nil:
		v := ch.values
		s.Delivered, s.Expired, s.Replaced, s.BytesAcked = v.Delivered, v.Expired, v.Superseded, v.AckedData
		s.Resent, s.Copies, s.Queued = v.Repeated, v.Copies, v.Bytes()
	default:
		s.Queued = ch.outbox.Bytes()
	}
	return s
}
