//go:build !unix || darwin || ios || android

package preflight

// noDisplay says nothing: here, a display is always there.
func noDisplay() string { return "" }
