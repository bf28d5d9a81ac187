package scenario_test

import (
	"fmt"

	"github.com/reckon-engine/reckon/sim/scenario"
)

func ExampleParse() {
	s, err := scenario.Parse("walk.toml", []byte(`
seconds = 60

[link]
preset = "wifi-good"

[[at]] # at the garden gate
time = "20s"
for  = "5s"
link = { loss = "20%", jitter = "10ms" }
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range s.Timeline {
		fmt.Println(c.At, c.Links[0].Line.Up.Loss, c.Links[0].Line.Up.Jitter)
	}
	// Output:
	// 20s 0.2 10ms
	// 25s 0.001 5ms
}

func ExampleParse_errors() {
	_, err := scenario.Parse("walk.toml", []byte(`
[link]
rtt    = "20ms"
jitter = "30ms"
los    = "3%"
assert = ["no disconnect"]
`))
	fmt.Println(err)
	// Output:
	// walk.toml:4: link.jitter: want a jitter of at most the one-way delay, 10ms, not 30ms: nothing arrives before it was sent
	// walk.toml:5: link.los: unknown key: did you mean loss?
	// walk.toml:6: link.assert: want assert above the first [table]: in TOML what follows a [table] belongs to it
}
