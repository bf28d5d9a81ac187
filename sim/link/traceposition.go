package link

import "slices"

const millisecond = 1_000_000 // nanoseconds

// maxHeldSearch is how many outages a datagram may wait for an opportunity
// that lies in none, before it passes at the end of one: a trace whose only
// opportunities fall into outages of the same period would have none.
const maxHeldSearch = 64

// A tracePosition says where in a trace a bottleneck is. Opportunities are
// counted from the epoch of the link, through all repetitions.
type tracePosition struct {
	trace  *Trace
	origin int64 // time of the trace's beginning; nanoseconds of the link
	next   int64 // the opportunity in use, or to use next
	left   int64 // bytes left of it
}

// set changes the trace, which goes on from where it is at now.
func (p *tracePosition) set(t *Trace, now int64) {
	if p.trace == t {
		return
	}
	p.trace = t
	if t != nil {
		p.seek(now)
	}
}

// seek makes the first opportunity after now the next.
func (p *tracePosition) seek(now int64) {
	p.next, p.left = p.after(now), opportunityBytes
}

// after returns the first opportunity after now.
func (p *tracePosition) after(now int64) int64 {
	since := now - p.origin
	if since < 0 {
		return 0
	}
	n, period := int64(len(p.trace.times)), int64(p.trace.Period())
	cycle := since / period
	i, _ := slices.BinarySearch(p.trace.times, since%period/millisecond+1)
	return cycle*n + int64(i)
}

// time returns when an opportunity is.
func (p *tracePosition) time(opportunity int64) int64 {
	n := int64(len(p.trace.times))
	return p.origin + opportunity/n*int64(p.trace.Period()) + p.trace.times[opportunity%n]*millisecond
}

// start finds the opportunity for a datagram that came at now, at the head of
// the queue, and returns its time. A datagram that comes at the very time of
// an opportunity has missed it.
func (p *tracePosition) start(now, free int64, outage *outageClock) int64 {
	if p.left == 0 {
		p.next, p.left = p.next+1, opportunityBytes
	}
	at := p.time(p.next)
	if at <= now || at < free { // what nobody used is lost
		p.seek(max(now, free-1))
		at = p.time(p.next)
	}
	return p.skipOutages(at, outage)
}

// transmit uses up opportunities and returns the time of the last.
func (p *tracePosition) transmit(start, bytes int64, outage *outageClock) (done int64) {
	done = start
	for bytes > p.left {
		bytes -= p.left
		p.next, p.left = p.next+1, opportunityBytes
		done = p.skipOutages(p.time(p.next), outage)
	}
	p.left -= bytes
	return done
}

// skipOutages moves on to an opportunity that lies in no outage.
func (p *tracePosition) skipOutages(at int64, outage *outageClock) int64 {
	for range maxHeldSearch {
		end := outage.end(at)
		if end == at {
			return at
		}
		p.seek(end - 1)
		at = p.time(p.next)
	}
	return outage.end(at)
}
