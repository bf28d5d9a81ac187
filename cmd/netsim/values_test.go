package main

import (
	"strings"
	"testing"
)

// Whatever is typed, an option takes it or refuses it in one line.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"3%", "2mbit", "80ms", "64kB", "1e300%", "-0%", "NaNmbit", "0x1p-2mbit", "none", "1e9h", "\n%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range options() {
			if err := o.set(&line{}, s); err != nil && strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%s: an error of more than one line for %q: %q", o.name, s, err)
			}
		}
	})
}
