package units

// A Share is a probability or a part of a whole, from 0 to 1. In a file it has
// its percent sign: "3%".
type Share float64

// UnmarshalText parses a share as ParseShare does.
func (s *Share) UnmarshalText(text []byte) error {
	value, err := ParseShare(string(text))
	*s = Share(value)
	return err
}

// A Rate is in bits per second, 0 for no limit. In a file it has its unit:
// "2mbit".
type Rate int64

// UnmarshalText parses a rate as ParseRate does, from 1 kbit/s to 1000 gbit/s.
func (r *Rate) UnmarshalText(text []byte) error {
	value, err := ParseRate(string(text), 1_000, 1_000_000_000_000)
	*r = Rate(value)
	return err
}

// A Size is in bytes. In a file it is a number, or has a unit: "64kB".
type Size int

// UnmarshalText parses a size as ParseSize does, up to 1 GiB.
func (s *Size) UnmarshalText(text []byte) error {
	value, err := ParseSize(string(text), 0, 1<<30)
	*s = Size(value)
	return err
}
