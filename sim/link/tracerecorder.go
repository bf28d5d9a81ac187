package link

import "time"

// A TraceRecorder makes a trace out of what a link was seen to carry: one
// opportunity for every 1500 bytes, when the last of them came. It sees the
// capacity of the link as long as something waits for it, and no more than
// what was sent otherwise. Create it with NewTraceRecorder. It is not safe for
// concurrent use.
type TraceRecorder struct {
	start time.Time
	bytes int // since the last opportunity
	trace Trace
	want  string // what cannot be recorded; "" = all is well
}

// NewTraceRecorder returns a recorder whose trace begins at start.
func NewTraceRecorder(start time.Time) *TraceRecorder {
	return &TraceRecorder{start: start}
}

// Record records that so many bytes arrived at a time. A time before that of
// an earlier call counts as that one.
func (r *TraceRecorder) Record(at time.Time, bytes int) {
	r.bytes += max(0, bytes)
	when := int64(at.Sub(r.start) / time.Millisecond)
	if n := len(r.trace.times); n > 0 {
		when = max(when, r.trace.times[n-1])
	}
	for ; r.bytes >= opportunityBytes && r.want == ""; r.bytes -= opportunityBytes {
		r.want = r.trace.append(max(0, when))
	}
}

// Trace returns the trace recorded so far. The error is a *FieldError that
// says what is missing, or that it became too long.
func (r *TraceRecorder) Trace() (*Trace, error) {
	want := r.want
	if want == "" {
		want = r.trace.incomplete()
	}
	if want != "" {
		return nil, &FieldError{"Trace", "what was recorded", want}
	}
	return &Trace{times: append([]int64(nil), r.trace.times...)}, nil
}
