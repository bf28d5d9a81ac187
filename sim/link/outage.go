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
