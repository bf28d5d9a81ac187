package main

import "github.com/reckon-engine/reckon/sim/flow"

func kinds() []flow.Kind { return flow.Kinds() }
