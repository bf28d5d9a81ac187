package main

import (
	"context"
	"errors"

	"github.com/reckon-engine/reckon/sim/control"
)

// In Node, where netsim shows that a seed is the same run (scripts/same.sh),
// there is no view: what draws it does not build there.

var errNoView = errors.New("--live is not for js/wasm")

func mayLive() error { return errNoView }

func liveWhile(context.Context, *control.Desk, func(context.Context) (int, error)) (int, error) {
	return exitError, errNoView
}
