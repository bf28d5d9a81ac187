// Package sweep runs a scenario at every point of a grid: each combination of
// the values that some of its keys may have, with each of several seeds.
//
//	axis, err := sweep.ParseAxis("link.loss=0%..10%/11")
//	seeds, err := sweep.ParseSeeds("1..20")
//	s, err := sweep.New(sweep.Config{File: file, Data: data, Axes: []sweep.Axis{axis}, Seeds: seeds})
//	s.Run(ctx, sweep.Options{})
//	fmt.Println(s.Outcome().Digest)
//
// Points are independent of each other: what comes out depends neither on how
// many run at once nor on which is done first, and what an earlier process has
// measured need not be measured again (Open).
package sweep
