package channel

// What a channel holds when its connection is over is of no use to anybody,
// but the connection may be remembered, for its ticket or by the application.
// Forget gives the memory back; counters stay. Nothing but them may be asked
// for afterwards.

// Forget drops what was not acknowledged.
func (o *Outgoing) Forget() {
	o.memory, o.segments, o.watches, o.lost = ring{}, nil, watchlist{}, list{}
	o.oldest, o.unsent = o.next, o.next
}

// Forget drops what waits for what is missing.
func (in *Incoming) Forget() { in.early, in.partial = slots{}, nil }

// Forget drops what was not acknowledged.
func (v *Values) Forget() {
	v.values, v.queue = nil, nil
	v.head, v.waiting, v.unacked, v.bytes = 0, 0, 0, 0
}

// Forget drops what is known of the keys.
func (l *Latest) Forget() { l.known = nil }

// Forget drops what was not sent.
func (o *Outbox) Forget() { o.data, o.entries, o.head, o.sent = nil, nil, 0, 0 }

// Forget drops incomplete messages.
func (in *Inbound) Forget() { in.partial = nil }
