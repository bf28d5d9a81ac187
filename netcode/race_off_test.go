//go:build !race

package netcode

const raceDetector = false
