package link

import "time"

// A Backlog is what waits for the bottleneck of a link.
type Backlog struct {
	Datagrams int           // that wait, the one in transmission not counted
	Bytes     int           // of them, with Overhead
	Time      time.Duration // until one that was sent now would begin to be transmitted
}

// Backlog returns what waits at now. A now before that of an earlier call
// counts as that one. Behind CoDel the time is what it would be if nothing
// were dropped, at the mean rate of a trace.
func (l *Link) Backlog(now time.Time) Backlog {
	if !l.started {
		return Backlog{}
	}
	at := l.at(now)
	l.advance(at)
	l.neck.begin(at)
	wait := l.neck.wait(at)
	if bytes := l.codel.bytes; bytes > 0 {
		rate := l.cfg.Rate
		if l.cfg.Trace != nil {
			rate = max(1, l.cfg.Trace.MeanRate())
		}
		wait = max(0, l.neck.free-at) + bytes*bitNanos/rate
	}
	return Backlog{
		Datagrams: l.neck.waiting.count + l.codel.queue.count,
		Bytes:     int(l.neck.waitingBytes + l.codel.bytes),
		Time:      time.Duration(wait),
	}
}

// wait returns how long a datagram that came at now would wait behind others.
func (b *bottleneck) wait(now int64) int64 {
	if b.free <= now {
		return 0
	}
	look := *b // start moves on in a trace
	return look.start(now) - now
}
