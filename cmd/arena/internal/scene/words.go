package scene

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/netcode"
)

// Clock returns ticks as minutes and seconds, rounded up, so that 0:00 means
// that the time is over.
func Clock(ticks int32) string {
	seconds := (max(ticks, 0) + arena.TickRate - 1) / arena.TickRate
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// Milliseconds returns a duration as "12.3 ms", or "123 ms" from 100 on.
func Milliseconds(d time.Duration) string {
	ms := d.Seconds() * 1000
	if ms >= 99.95 || ms <= -99.95 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

// Percent returns a share as "1.5 %".
func Percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

// Rate returns bytes a second as "12.3 kB/s".
func Rate(bytes float64) string { return fmt.Sprintf("%.1f kB/s", bytes/1000) }

// Reason says in words why a connection ended: a headline, and a line of
// detail that may be empty. A nil error is the player's own leaving.
func Reason(err error) (headline, detail string) {
	var closed *netcode.CloseError
	if !errors.As(err, &closed) {
		if err == nil {
			return "You left the game", ""
		}
		return "The connection failed", err.Error()
	}
	switch closed.Reason {
	case netcode.CloseNormal:
		if closed.Remote {
			return "The server closed the connection", closed.Text
		}
		return "You left the game", closed.Text
	case netcode.CloseTimeout:
		return "The connection timed out", orElse(closed.Text, "the server does not answer")
	case netcode.CloseFull:
		return "The server is full", orElse(closed.Text, "every seat is taken; try again later")
	case netcode.CloseKicked:
		return "You were kicked", orElse(closed.Text, "you may come back")
	case netcode.CloseBanned:
		return "You are banned from this server", closed.Text
	case netcode.CloseWrongVersion:
		return "Client and server do not match", orElse(closed.Text, "they are different versions")
	case netcode.CloseShuttingDown:
		return "The server is shutting down", closed.Text
	case netcode.CloseRedirect:
		return "The server has moved", closed.Text
	case netcode.CloseWrongMode:
		return "One side is encrypted, the other is not", "start both with --plaintext, or neither"
	case netcode.CloseWrongKey:
		return "This is not the server you asked for", orElse(closed.Text, "its key is not the one given with --key")
	}
	return "The connection was closed", orElse(closed.Text, closed.Reason.String())
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// ReasonLine returns Reason in one line, for the terminal.
func ReasonLine(err error) string {
	headline, detail := Reason(err)
	if detail != "" {
		headline += ": " + detail
	}
	return headline
}
