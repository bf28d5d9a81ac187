package sweep

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseAxis(t *testing.T) {
	for text, want := range map[string]string{
		"link.loss=0%..10%/11":                     "0% 1% 2% 3% 4% 5% 6% 7% 8% 9% 10%",
		"link.loss=0..1%/3":                        "0% 0.5% 1%",
		"link.rtt=20ms,50ms,100ms":                 "20ms 50ms 100ms",
		"link.rtt=20ms..100ms/+20ms":               "20ms 40ms 60ms 80ms 100ms",
		"link.rtt=20ms..110ms/+20ms":               "20ms 40ms 60ms 80ms 100ms",
		"link.rtt=900ms..1.2s/+0.1s":               "900ms 1000ms 1100ms 1200ms",
		"link.rtt=100ms..20ms/+40":                 "100ms 60ms 20ms",
		"link.rtt=1s..10ms/3":                      "1s 0.505s 0.01s",
		"link.rtt=10ms..1s/5log":                   "10ms 31.62ms 100ms 316.2ms 1000ms",
		"link.rtt=1s..10ms/3log":                   "1s 0.1s 0.01s",
		"link.rate=64kbit..1mbit/x2":               "64kbit 128kbit 256kbit 512kbit",
		"link.rate=1mbit/s..2mbit/s/3":             "1mbit 1.5mbit 2mbit",
		"link.queue=1KiB..2KiB/2,64kB":             "1kib 2kib 64kB",
		"flow.0.players=2..5":                      "2 3 4 5",
		"flow.0.players=5..2":                      "5 4 3 2",
		"n=-1..1/3":                                "-1 0 1",
		"n=0..1/4":                                 "0 0.333333333 0.666666667 1",
		"link.preset=lte, wifi ,dsl":               "lte wifi dsl",
		"link.trace=../a.trace":                    "../a.trace",
		`link.corrupt={ share = "1%", x = [1,2] }`: `{ share = "1%", x = [1,2] }`,
		`about="1..3",'a,b'`:                       `"1..3" 'a,b'`,
	} {
		a, err := ParseAxis(text)
		if got := strings.Join(a.Values, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestParseAxisErrors(t *testing.T) {
	for text, want := range map[string]string{
		"link.loss":                `"link.loss": want KEY=VALUES, such as link.loss=0%..10%/11`,
		"=1":                       `"=1": want KEY=VALUES`,
		"a=":                       "a: want values with commas between",
		"a=1,,2":                   "a: want values with commas between",
		"a=1,2,1":                  "a: 1 is there twice",
		"a={ b = 1":                "a: want every quote and bracket closed",
		"a=0%..10%":                `a: "0%..10%": want how far apart: /11 for 11 values`,
		"a=0..x/3":                 `a: "0..x/3": want a range of numbers`,
		"a=0%..10ms/3":             `a: "0%..10ms/3": want both ends in the same unit, not % and ms`,
		"a=0%..10%/1":              `a: "0%..10%/1": want /N with 2 to 10000 values`,
		"a=0%..10%/many":           `a: "0%..10%/many": want /N`,
		"a=0%..10%/+0%":            `a: "0%..10%/+0%": want a step above 0`,
		"a=0%..10%/+1ms":           `a: "0%..10%/+1ms": want a step above 0 in the unit of the range`,
		"a=0..1000000":             `a: "0..1000000": want at most 10000 values`,
		"a=0%..10%/x2":             `a: "0%..10%/x2": want a range that begins above 0`,
		"a=1%..10%/x1":             `a: "1%..10%/x1": want a factor of at least 1.01`,
		"a=0%..10%/5log":           `a: "0%..10%/5log": want a range above 0`,
		"a=1%..10%/500log":         `a: "1%..10%/500log": want at most 200 values`,
		"a=5%..5%/3":               "a: 5% is there twice",
		"a=1..2/9999,3..9000/9999": "a: want at most 10000 values",
	} {
		if _, err := ParseAxis(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string][]uint64{
		"7": {7}, "1..3": {1, 2, 3}, "1..2,9,0x10..0x11": {1, 2, 9, 16, 17},
		"18446744073709551615": {1<<64 - 1},
	} {
		got, err := ParseSeeds(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		if again, err := ParseSeeds(seedsText(got)); err != nil || !slices.Equal(again, got) {
			t.Errorf("%s is written as %s", text, seedsText(got))
		}
	}
	for _, text := range []string{"", "a", "3..1", "-1", "1,1", "1..3,2", "0..18446744073709551615", "1..1000000,2000000..3000000", "1.5"} {
		if seeds, err := ParseSeeds(text); err == nil {
			t.Errorf("%q is %d seeds", text, len(seeds))
		}
	}
}

// Whatever is asked for, it is a grid of values that are different from each
// other and that read as themselves, or an error in one line, and soon.
func FuzzParseAxis(f *testing.F) {
	for _, text := range []string{
		"link.loss=0%..10%/11", "a=1ms..1s/7log", "a=64kbit..4mbit/x2", "a=20ms..100ms/+20ms,5", "a=2..8",
		`a={ b = "c,d" },[1,2]`, "a=0.000000001h..999999999999999999ns/200log", "a=1..999999999999999/x1.01", "a=-5..5",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		a, err := ParseAxis(text)
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("%q took %v", text, took)
		}
		if err != nil {
			if a.check() == nil && strings.ContainsAny(strings.Trim(err.Error(), "\n"), "\n") && !strings.Contains(text, "\n") {
				t.Fatalf("%q: more than one line: %v", text, err)
			}
			return
		}
		if a.Key == "" || len(a.Values) == 0 || len(a.Values) > MaxValues {
			t.Fatalf("%q: %+v", text, a)
		}
		for _, v := range a.Values {
			again, err := ParseAxis("k=" + v)
			if strings.Contains(v, "..") {
				continue // a text that looks like a path
			}
			if err != nil || len(again.Values) != 1 || again.Values[0] != v {
				t.Fatalf("%q has the value %q, which reads as %q, %v", text, v, again.Values, err)
			}
		}
	})
}
