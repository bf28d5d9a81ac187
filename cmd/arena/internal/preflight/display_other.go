//go:build !unix || darwin || ios || android

package preflight

func quiet() {}

// noDisplay says nothing: here, a display is always there.
func noDisplay() string { return "" }
