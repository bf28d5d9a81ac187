// Package layers holds no code, only the tests that keep the house in order:
// who may import whom (docs and reasons in rules_test.go), who may read the
// wall clock, how long files and functions get, and that everything exported
// says what it is.
//
// Run them with -count=1: the test cache does not see what "go list" reads.
package layers
