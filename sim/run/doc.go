// Package run runs a scenario in virtual time: it builds the internet that the
// scenario describes, begins its flows, applies its timeline, and measures.
//
//	s, err := scenario.Load("duel-lte", flow.ScenarioKinds(flow.Kinds())...)
//	measured, err := run.Run(ctx, s, run.Options{})
//
// The same scenario, seed and program give the same run, byte for byte, on
// every machine; result.Run's Digest says so. A run is one goroutine and
// shares nothing with others, so that a sweep can have one on each core.
package run
