package units

import (
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

func TestParseShare(t *testing.T) {
	for s, want := range map[string]float64{"3%": 0.03, "0.5%": 0.005, "100%": 1, "0": 0, "0%": 0} {
		if got, err := ParseShare(s); err != nil || got != want {
			t.Errorf("ParseShare(%q) = %g, %v, want %g", s, got, err, want)
		}
	}
	for _, s := range []string{"", "%", "3", "0.03", "-1%", "101%", "NaN%", "Inf%", "3 %%", "three%"} {
		if got, err := ParseShare(s); err == nil {
			t.Errorf("ParseShare(%q) = %g, want an error", s, got)
		}
	}
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "2mbit": 2_000_000, "2Mbit": 2_000_000, "2mbit/s": 2_000_000, "500 kbit": 500_000,
		"1.5gbit": 1_500_000_000, "9600bit": 9600, "0.5mbit/s": 500_000,
	} {
		if got, err := ParseRate(s, link.MinRate, link.MaxRate); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	// mbps means megabytes to tc and megabits to everybody else.
	for _, s := range []string{"", "2", "2mbps", "2mb", "999bit", "2tbit", "-1mbit", "NaNmbit", "2000gbit"} {
		if got, err := ParseRate(s, link.MinRate, link.MaxRate); err == nil {
			t.Errorf("ParseRate(%q) = %d, want an error", s, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int{"3000": 3000, "64kB": 64_000, "64KiB": 65_536, "1.5MiB": 3 << 19, "100b": 100} {
		if got, err := ParseSize(s, 1, 1<<30); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1", "2GiB", "1tb", "k", "NaN"} {
		if got, err := ParseSize(s, 1, 1<<30); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", s, got)
		}
	}
}

func TestFormatRate(t *testing.T) {
	for bits, want := range map[float64]string{
		0: "0 bit/s", 999: "999 bit/s", 1000: "1 kbit/s", 2_500_000: "2.5 mbit/s", 1e12: "1000 gbit/s", 123_456: "123.5 kbit/s",
	} {
		if got := FormatRate(bits); got != want {
			t.Errorf("FormatRate(%g) = %q, want %q", bits, got, want)
		}
	}
}

// Whatever is typed, a value is within its limits or refused in one line.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"3%", "2mbit", "80ms", "64kB", "1e300%", "-0%", "NaNmbit", "0x1p-2mbit", "none", "1e9h", "\n%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var errs []error
		share, err := ParseShare(s)
		if err == nil && !(share >= 0 && share <= 1) {
			t.Errorf("ParseShare(%q) = %g", s, share)
		}
		errs = append(errs, err)
		rate, err := ParseRate(s, link.MinRate, link.MaxRate)
		if err == nil && rate != 0 && (rate < link.MinRate || rate > link.MaxRate) {
			t.Errorf("ParseRate(%q) = %d", s, rate)
		}
		errs = append(errs, err)
		size, err := ParseSize(s, 1, link.MaxQueueBytes)
		if err == nil && (size < 1 || size > link.MaxQueueBytes) {
			t.Errorf("ParseSize(%q) = %d", s, size)
		}
		errs = append(errs, err)
		delay, err := ParseDelay(s, 0, time.Minute)
		if err == nil && (delay < 0 || delay > time.Minute) {
			t.Errorf("ParseDelay(%q) = %v", s, delay)
		}
		errs = append(errs, err)
		for _, err := range errs {
			if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("an error of more than one line for %q: %q", s, err)
			}
		}
	})
}

func TestUnmarshalText(t *testing.T) {
	var share Share
	var rate Rate
	var size Size
	for _, test := range []struct {
		text string
		into interface{ UnmarshalText([]byte) error }
	}{{"3%", &share}, {"2mbit", &rate}, {"64kB", &size}} {
		if err := test.into.UnmarshalText([]byte("x")); err == nil {
			t.Errorf("%T took x", test.into)
		}
		if err := test.into.UnmarshalText([]byte(test.text)); err != nil {
			t.Error(err)
		}
	}
	if share != 0.03 || rate != 2_000_000 || size != 64_000 {
		t.Errorf("%v, %v, %v", share, rate, size)
	}
}
