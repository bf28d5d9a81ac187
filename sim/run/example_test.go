package run_test

import (
	"context"
	"fmt"

	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
)

func ExampleRun() {
	s, err := scenario.Parse("evening.toml", []byte(`
seconds = 10
assert  = ["p99 of duel < 45 ms", "no disconnect"]

[link]
rtt    = "60ms"
jitter = "10ms"

[[flow]]
name = "duel"
kind = "connection"
`), flow.ScenarioKinds(flow.Kinds())...)
	if err != nil {
		fmt.Println(err)
		return
	}
	measured, err := run.Run(context.Background(), s, run.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range measured.Assertions {
		fmt.Println(a.Pass, a.Text)
	}
	// Output:
	// true p99 of duel < 45 ms
	// true no disconnect
}
