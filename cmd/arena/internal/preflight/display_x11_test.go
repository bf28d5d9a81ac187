//go:build unix && !darwin

package preflight

import "testing"

func TestLocalDisplay(t *testing.T) {
	for _, test := range []struct {
		display string
		number  int
		ok      bool
	}{
		{":0", 0, true},
		{":99.0", 99, true},
		{"unix:1", 1, true},
		{"host:0", 0, false},
		{":", 0, false},
		{"wayland-0", 0, false},
	} {
		if number, ok := localDisplay(test.display); number != test.number || ok != test.ok {
			t.Errorf("localDisplay(%q) = %d, %v, want %d, %v", test.display, number, ok, test.number, test.ok)
		}
	}
}

func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	if got := noDisplay(); got != "set DISPLAY" {
		t.Errorf("without DISPLAY: %q", got)
	}
	t.Setenv("DISPLAY", ":65123")
	if noDisplay() == "" {
		t.Error("display 65123 is thought to be there")
	}
}
