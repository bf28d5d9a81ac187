// Package headless gives the tests of the window a display of their own: an
// Xvfb that this process starts, and that ends with it.
//
// It is imported by tests only. Linking the window's library is enough to
// need a display, before any test runs, so this package starts one while
// packages are initialised; package preflight explains why that is early
// enough. Without Xvfb, the test binary ends here: with a line and success on
// a developer's machine, with failure where CI=true.
package headless

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// Screen is the size of the display, in pixels.
const (
	Width  = 1280
	Height = 720
)

// patience is how long Xvfb may take to come up.
const patience = 20 * time.Second

// server is the Xvfb of this process.
var server = mustStart()

// mustStart starts Xvfb and sets DISPLAY, or ends the process.
func mustStart() *os.Process {
	process, err := start()
	if err == nil {
		return process
	}
	code := 0
	if os.Getenv("CI") == "true" {
		code = 1
	}
	fmt.Printf("window tests skipped: %v\n", err)
	os.Exit(code)
	return nil
}

// start starts Xvfb on a display number of its own choosing.
func start() (*os.Process, error) {
	path, err := find("Xvfb")
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	process, err := os.StartProcess(path, []string{
		"Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", Width, Height),
		"-nolisten", "tcp", "-noreset",
	}, &os.ProcAttr{
		Env:   os.Environ(),
		Files: []*os.File{nil, nil, nil, write},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	write.Close()
	if err != nil {
		return nil, err
	}
	number, err := readLine(read)
	if err != nil {
		process.Kill()
		process.Wait()
		return nil, fmt.Errorf("xvfb did not start: %w", err)
	}
	return process, os.Setenv("DISPLAY", ":"+number)
}

// find looks for a program, as os/exec does, which this package is too early
// to import.
func find(name string) (string, error) {
	for dir := range strings.SplitSeq(os.Getenv("PATH"), ":") {
		path := dir + "/" + name
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w; install it (Debian: apt install xvfb)", name, fs.ErrNotExist)
}

// readLine reads what Xvfb says when it is ready: its number.
func readLine(r *os.File) (string, error) {
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	var line []byte
	var b [16]byte
	for {
		n, err := r.Read(b[:])
		line = append(line, b[:n]...)
		if text, _, ok := strings.Cut(string(line), "\n"); ok && text != "" {
			return text, nil
		}
		if err != nil {
			return "", errors.Join(errors.New("no display number"), err)
		}
	}
}

// Stop ends Xvfb.
func Stop() {
	server.Kill()
	server.Wait()
}
