//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/term"

	"github.com/reckon-engine/reckon/cmd/internal/liveview"
	"github.com/reckon-engine/reckon/sim/control"
)

// mayLive returns why there cannot be a live view.
func mayLive() error {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
		return errors.New("--live needs a terminal, for keys and to draw; --control is for scripts")
	}
	if os.Getenv("TERM") == "dumb" {
		return errors.New("--live needs a terminal that can place text, and TERM is dumb")
	}
	return nil
}

// plainASCII reports whether the locale has no other characters.
func plainASCII() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			value = strings.ToLower(value)
			return !strings.Contains(value, "utf-8") && !strings.Contains(value, "utf8")
		}
	}
	return os.PathSeparator == '/' // Windows has no such variables, and Unicode
}

// liveWhile shows the view until work is done or the user quits, which ends
// work. The terminal is as before when it returns, also if the view or work
// panics.
func liveWhile(ctx context.Context, desk *control.Desk, work func(context.Context) (int, error)) (code int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	model := &liveview.Model{Desk: desk, Samples: desk.Meter.Samples, Title: desk.Mode(), ASCII: plainASCII()}
	program := tea.NewProgram(model, tea.WithAltScreen(), tea.WithoutSignalHandler())
	var failed any
	var stack []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer program.Quit()
		defer func() {
			if failed = recover(); failed != nil {
				stack = debug.Stack()
			}
		}()
		code, err = work(ctx)
	}()
	_, viewErr := program.Run()
	cancel()
	<-done
	if failed != nil {
		panic(fmt.Sprintf("%v\n%s", failed, stack))
	}
	if viewErr != nil {
		err = errors.Join(err, fmt.Errorf("--live: %w", viewErr))
	}
	return code, err
}
