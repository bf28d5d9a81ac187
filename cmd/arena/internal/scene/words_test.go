package scene

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

func TestClock(t *testing.T) {
	for ticks, want := range map[int32]string{-5: "0:00", 0: "0:00", 1: "0:01", 60: "0:01", 61: "0:02", 3600: "1:00", 18000: "5:00"} {
		if got := Clock(ticks); got != want {
			t.Errorf("Clock(%d) = %q, want %q", ticks, got, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Milliseconds(1234 * time.Microsecond), "1.2 ms"},
		{Milliseconds(99960 * time.Microsecond), "100 ms"},
		{Milliseconds(-250 * time.Millisecond), "-250 ms"},
		{Percent(0.0123), "1.2 %"},
		{Rate(12345), "12.3 kB/s"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestReason(t *testing.T) {
	closed := func(r netcode.CloseReason, text string) error {
		return fmt.Errorf("client: %w", &netcode.CloseError{Reason: r, Text: text, Remote: true})
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, "You left the game"},
		{closed(netcode.CloseNormal, ""), "The server closed the connection"},
		{&netcode.CloseError{Reason: netcode.CloseTimeout}, "The connection timed out: the server does not answer"},
		{closed(netcode.CloseFull, ""), "The server is full: every seat is taken; try again later"},
		{closed(netcode.CloseKicked, "too loud"), "You were kicked: too loud"},
		{closed(netcode.CloseBanned, ""), "You are banned from this server"},
		{
			closed(netcode.CloseWrongVersion, "the client is older: build 1, the server has 2"),
			"Client and server do not match: the client is older: build 1, the server has 2",
		},
		{closed(netcode.CloseShuttingDown, ""), "The server is shutting down"},
		{closed(netcode.CloseRedirect, "10.0.0.1:7777"), "The server has moved: 10.0.0.1:7777"},
		{closed(netcode.CloseApplication, ""), "The connection was closed: reason 128"},
		{errors.New("no such host"), "The connection failed: no such host"},
	} {
		if got := ReasonLine(test.err); got != test.want {
			t.Errorf("ReasonLine(%v) = %q, want %q", test.err, got, test.want)
		}
	}
}

// Every reason there is has words of its own.
func TestEveryReasonHasWords(t *testing.T) {
	for r := netcode.CloseNormal; r <= netcode.CloseWrongKey; r++ {
		headline, _ := Reason(&netcode.CloseError{Reason: r, Remote: true})
		if headline == "" || strings.HasPrefix(headline, "The connection was closed") && r != netcode.CloseProtocol && r != netcode.CloseKeyLimit {
			t.Errorf("%v is shown as %q", r, headline)
		}
	}
}
