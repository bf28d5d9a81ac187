package scenario

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// everything sets every key of a link; rate and trace exclude each other.
const everything = `
[link]
delay           = "50ms"
jitter          = "20ms"
shape           = "pareto-normal"
correlation     = "25%"
unordered       = true
loss            = "1%"
gilbert-elliott = { p = "1%", r = "30%", bad-loss = "90%", good-loss = "0.1%" }
four-state      = { p13 = "1%", p31 = "30%", p32 = "20%", p23 = "10%", p14 = "1%" }
drop            = "3, 10-20"
spikes          = { every = 100, length = 5, delay = "80ms", loss = "10%" }
duplicate       = "1%"
reorder         = "2%"
reorder-delay   = "5ms"
corrupt         = { share = "1%", bits = 3 }
rate            = "2mbit"
queue           = ["64kB", "50 packets"]
aqm             = { algorithm = "pie", target = "10ms", interval = "20ms", max-burst = "none" }
overhead        = 48
mtu             = 1400
outage          = { from = "1s", for = "2s", every = "10s", hold = true }

[link.slots]
period = "15s"
level  = "5ms"
phases = [
	{ from = "0s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "5s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "6s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "7s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "8s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "9s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "10s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
	{ from = "11s", for = "100ms", delay = "50ms", jitter = "10ms", loss = "3%" },
]

[hosts.other.link]
table = [["0%", "1ms"], ["90%", "12ms"], ["100%", "80ms"]]
trace = "beside.trace"

[routers.nat]
address = ["203.0.113.7", "203.0.113.8"]
[routers.nat.nat]
mapping         = "address-dependent"
filtering       = "address-and-port-dependent"
ports           = "random"
keep-parity     = true
first-port      = 2000
last-port       = 3000
hairpin         = "external"
pooling         = "arbitrary"
lifetime        = "3m"
first-lifetime  = "30s"
refresh-inbound = true
max-mappings    = 100
`

// TestEverything: all that the models know can be said in a file.
func TestEverything(t *testing.T) {
	read := func(string) ([]byte, error) { return []byte("0\n5\n"), nil }
	s, err := parse("everything.toml", []byte(everything), nil, nil, read)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]Place{}
	for _, p := range s.Places {
		places[p.Name] = p
	}
	client, other := places[Client].Line.Up, places["other"].Line.Down
	value := reflect.ValueOf(client)
	for _, field := range zeroFields("", value) {
		switch field {
		case "Table":
			if other.Table == nil {
				t.Error("there is no Table")
			}
		case "Trace":
			if other.Trace == nil {
				t.Error("there is no Trace")
			}
		case "Slots.Phases[0].From": // is at the beginning
		default:
			t.Errorf("Config.%s is zero: no key of a link sets it", field)
		}
	}
	if fields := zeroFields("", reflect.ValueOf(places["nat"].NAT)); len(fields) > 0 {
		t.Errorf("of a NAT %v are zero: no key sets them", fields)
	}
	if n := places["nat"]; n.NAT.Kind != nat.Translate || len(n.Addresses) != 2 {
		t.Errorf("the router is %+v", n)
	}
}

// zeroFields returns the names of the fields that have their zero value.
func zeroFields(name string, v reflect.Value) []string {
	var zero []string
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			inner := v.Type().Field(i).Name
			if name != "" {
				inner = name + "." + inner
			}
			zero = append(zero, zeroFields(inner, v.Field(i))...)
		}
	case reflect.Array:
		for i := range v.Len() {
			zero = append(zero, zeroFields(name+"["+string(rune('0'+i))+"]", v.Index(i))...)
		}
	default:
		if v.IsZero() {
			zero = append(zero, name)
		}
	}
	return zero
}

// TestReference: docs/SCENARIOS.md has every key and every figure.
func TestReference(t *testing.T) {
	data, err := os.ReadFile("../../docs/SCENARIOS.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, form := range []any{
		fileForm{},
		hostForm{},
		routerForm{},
		natForm{},
		atForm{},
		moveForm{},
		gilbertElliottForm{},
		fourStateForm{},
		spikesForm{},
		corruptForm{},
		aqmForm{},
		outageForm{},
		slotsForm{},
		phaseForm{},
	} {
		for field := range reflect.TypeOf(form).Fields() {
			keys = append(keys, field.Tag.Get("toml"))
		}
	}
	for _, f := range figures {
		keys = append(keys, f.name)
	}
	for _, e := range events {
		keys = append(keys, e[0])
	}
	for _, key := range append(keys, optionNames(lineKeys)...) {
		if !regexp.MustCompile("[`\\[{, .]" + key + "[`\\]},. ]").Match(data) {
			t.Errorf("docs/SCENARIOS.md does not have %s", key)
		}
	}
}
