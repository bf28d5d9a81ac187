package udp

// A Rule says of some datagrams which shard they belong to: of those whose
// first byte under Mask is Value, the byte at Offset modulo the number of
// shards is the shard's. A datagram that is too short for it, or that no rule
// speaks of, belongs to whichever shard it reaches; those of one peer reach
// the same one.
type Rule struct {
	Mask, Value byte
	Offset      int
}

// shardOf returns the shard of a datagram, or -1 if any will do.
func shardOf(rules []Rule, shards int, data []byte) int {
	if len(data) == 0 {
		return -1
	}
	for _, rule := range rules {
		if data[0]&rule.Mask != rule.Value {
			continue
		}
		if len(data) <= rule.Offset {
			return -1
		}
		return int(data[rule.Offset]) % shards
	}
	return -1
}

// ListenShards opens n sockets that share one address, each for a goroutine
// of its own, and gives each the datagrams that the rules give to its index.
//
// Where the system can, on Linux, these are n sockets of the kernel's, which
// steers (SO_REUSEPORT with a classic BPF program; no privilege is needed),
// and what reaches the wrong one nevertheless is handed over. Elsewhere it is
// one socket with one goroutine that reads it for all of them.
//
// They are closed together: while some are closed and others not, the kernel
// steers to the wrong ones.
func ListenShards(address string, n int, rules []Rule, opt Options) ([]*Socket, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	if n == 1 {
		s, err := Listen(address, opt)
		return []*Socket{s}, err
	}
	if !opt.Plain {
		sockets, err := listenGroup(address, n, rules, opt)
		if sockets != nil || err != nil {
			return sockets, err
		}
	}
	conn, err := bind(address, beforeBind)
	if err != nil {
		return nil, err
	}
	first := newSocket(conn, opt)
	sockets := make([]*Socket, n)
	for i, carrier := range newPlainShards(conn, first.local.Addr(), opt, n, rules) {
		s := *first
		s.carrier = carrier
		sockets[i] = &s
	}
	return sockets, nil
}

// A shard is a socket's place among those that share its address.
type shard struct {
	index int
	rules []Rule
	group []*shard // all of them, this one too
	inbox inbox    // what others received and we own
	wake  func()   // ends the owner's wait

	handed, full uint64 // to others, and what they had no room for
}

// receiveShard is Socket.Receive for one of several shards: what the others have
// handed over comes first.
func (s *Socket) receiveShard() (batch []Datagram, more bool, err error) {
	if batch = s.shard.inbox.take(); len(batch) > 0 {
		return batch, true, nil
	}
	if batch, more, err = s.carrier.receive(); err != nil {
		return nil, false, err
	}
	return s.shard.handOver(batch), more, nil
}

// handOver gives away what belongs to other shards, and returns the rest.
func (sh *shard) handOver(batch []Datagram) []Datagram {
	kept := 0
	for i := range batch {
		d := &batch[i]
		owner := shardOf(sh.rules, len(sh.group), d.Data)
		if owner < 0 || owner == sh.index {
			if kept != i {
				batch[kept] = *d
			}
			kept++
			continue
		}
		peer := sh.group[owner]
		taken, first := peer.inbox.put(d)
		if !taken {
			sh.full++
			continue
		}
		sh.handed++
		if first {
			peer.wake()
		}
	}
	return batch[:kept]
}
