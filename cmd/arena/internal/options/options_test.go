package options

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/engine/session"
)

func TestDefaults(t *testing.T) {
	got, err := Parse(nil)
	want := Options{Connect: "127.0.0.1:7777", Name: "Player", Width: 1280, Height: 720}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestAll(t *testing.T) {
	key := strings.Repeat("0a", 32)
	got, err := Parse(strings.Fields("--connect [::1]:9000 --name Ada --key " + key +
		" --seconds 10 --demo --fullscreen --mute --status --width 640 --height 360"))
	want := Options{
		Connect: "[::1]:9000", Name: "Ada", Seconds: 10, Demo: true, Fullscreen: true, Mute: true,
		Status: true, Width: 640, Height: 360,
	}
	for i := range want.Key {
		want.Key[i] = 10
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"--nonsense"}, "unknown flag --nonsense"},
		{[]string{"--name"}, "a value is missing after --name"},
		{[]string{"--seconds", "-1"}, "--seconds -1: want 0 to"},
		{[]string{"--seconds", "x"}, `invalid value "x" for --seconds`},
		{[]string{"--width", "639"}, "--width 639: want 640 to 7680"},
		{[]string{"--height", "9999"}, "--height 9999: want 360 to 7680"},
		{[]string{"--name", ""}, "want 1 to 24 bytes"},
		{[]string{"--name", strings.Repeat("x", 25)}, "want 1 to 24 bytes"},
		{[]string{"--name", "a\tb"}, "printable"},
		{[]string{"--name", " a"}, "none around"},
		{[]string{"--name", "a  b"}, "single spaces"},
		{[]string{"--name", "a\xff"}, "UTF-8"},
		{[]string{"--key", "12"}, "want 64 hexadecimal digits"},
		{[]string{"--key="}, "want 64 hexadecimal digits"},
		{[]string{"--key", strings.Repeat("0", 64)}, "nobody's key"},
		{[]string{"--plaintext", "--key", strings.Repeat("01", 32)}, "exclude each other"},
		{[]string{"--connect", "example.org"}, "want HOST:PORT"},
		{[]string{"--connect", "::1:7777"}, "want HOST:PORT"},
		{[]string{"--connect", "[::1:7777"}, "want HOST:PORT"},
		{[]string{"--connect", ":7777"}, "the host is missing"},
		{[]string{"--connect", "a:0"}, "want a port"},
		{[]string{"--connect", "a:65536"}, "want a port"},
	} {
		_, err := Parse(test.args)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want a line with %q", test.args, err, test.want)
		}
	}
}

// A name that is let through arrives unchanged.
func TestNamesAreThoseOfTheSession(t *testing.T) {
	if maxName != session.MaxName {
		t.Errorf("maxName is %d, want %d", maxName, session.MaxName)
	}
	for _, name := range []string{"Ada", "Łukasz", "a b", " a", "a ", "a\u00a0b", "a  b", "\u200b", "日本語", "a\nb", strings.Repeat("é", 13)} {
		if got, want := printable(name), session.CleanName([]byte(name)) == name; got != want {
			t.Errorf("printable(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestHelpIsComplete(t *testing.T) {
	var opt Options
	var key string
	flags(&opt, &key).VisitAll(func(f *flag.Flag) {
		if !strings.Contains(Usage, "\n  --"+f.Name) {
			t.Errorf("--%s is not in the help", f.Name)
		}
	})
	if _, err := Parse([]string{"--help"}); !errors.Is(err, ErrHelp) {
		t.Errorf("--help gives %v", err)
	}
	for line := range strings.Lines(Usage) {
		if len(line) > 90 {
			t.Errorf("the help is too wide: %q", line)
		}
	}
}
