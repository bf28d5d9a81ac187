package link

import "time"

// maxPeriod bounds the times of an Outage and of Slots.
const maxPeriod = 24 * time.Hour

// An Outage interrupts the link once or again and again. Times count from the
// link's epoch (see Link.SetEpoch). The zero value interrupts nothing.
//
//	epoch     From   From+For      From+Every
//	──┼─────────┼███████┼──────────────┼███████┼──── ···
type Outage struct {
	// From is when the first outage begins. From 0 to 24 h.
	From time.Duration

	// For is how long each lasts. Zero switches the model off. From 0 to
	// 24 h.
	For time.Duration

	// Every is the time from the beginning of one outage to that of the
	// next. Zero means that there is only one. More than For, at most 24 h.
	Every time.Duration

	// Hold makes datagrams wait: the bottleneck begins no transmission
	// during an outage, and its queue fills. By default what leaves the
	// bottleneck during an outage is dropped.
	Hold bool
}

func (o Outage) validate() error {
	switch {
	case o.From < 0 || o.From > maxPeriod:
		return &FieldError{"Outage.From", o.From.String(), "0s to 24h"}
	case o.For < 0 || o.For > maxPeriod:
		return &FieldError{"Outage.For", o.For.String(), "0s to 24h"}
	case o.For == 0 && o != (Outage{}):
		return &FieldError{"Outage.For", "0s", "more than 0s where another field of Outage is set"}
	case o.Every != 0 && (o.Every <= o.For || o.Every > maxPeriod):
		return &FieldError{"Outage.Every", o.Every.String(), "0s or more than Outage.For, at most 24h"}
	}
	return nil
}

// An outageClock says when an Outage is.
type outageClock struct {
	on                 bool
	origin             int64 // epoch of the outage; nanoseconds of the link
	from, length, each int64
}

// set changes the outage, and switches it on if it is used.
func (o *outageClock) set(c Outage, used bool) {
	o.on = used && c.For > 0
	o.from, o.length, o.each = int64(c.From), int64(c.For), int64(c.Every)
}

// end returns when the outage ends that at lies in, or at if it lies in none.
func (o *outageClock) end(at int64) int64 {
	if !o.on {
		return at
	}
	into := at - o.origin - o.from
	if into >= 0 && o.each > 0 {
		into %= o.each
	}
	if into < 0 || into >= o.length {
		return at
	}
	return at + o.length - into
}

// covers reports whether at lies in an outage.
func (o *outageClock) covers(at int64) bool { return o.on && o.end(at) != at }
