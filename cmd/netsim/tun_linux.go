package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// rootMark is in the environment of a netsim that another has started in a
// user namespace.
const rootMark = "NETSIM_USER_NAMESPACE=1"

// mayBeRoot reports whether a user namespace is worth trying: there we would
// be root.
func mayBeRoot() bool {
	return os.Geteuid() != 0 && os.Getenv("NETSIM_USER_NAMESPACE") == ""
}

// runAsRoot runs netsim again, in a user namespace whose root is this user. A
// process with threads, as every Go program is, cannot enter one itself.
func runAsRoot(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	cmd.Env = append(os.Environ(), rootMark)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the child dies with the thread that started it
		result <- cmd.Run()
	}()
	err := <-result
	var exit *exec.ExitError
	switch {
	case err == nil || errors.As(err, &exit) || errors.Is(err, context.Canceled):
		return (&program{Cmd: cmd}).code()
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EINVAL):
		fmt.Fprintf(stderr, "netsim: tun needs root here: a user namespace is not allowed (%v)\n", err)
	default:
		fmt.Fprintf(stderr, "netsim: tun, in a user namespace: %v\n", err)
	}
	return exitTUN
}

// ownTerminal puts a program in the foreground of the terminal, if there is
// one, so that Ctrl-C is the program's.
func ownTerminal(cmd *exec.Cmd) {
	terminal := int(os.Stdin.Fd())
	if _, err := unix.IoctlGetTermios(terminal, unix.TCGETS); err == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: terminal}
	}
}

// askToEnd sends a program the signal to end.
func askToEnd(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it has just ended by itself, if this fails
}

// endedBy returns the signal that ended a program, or 0.
func endedBy(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 0
}
