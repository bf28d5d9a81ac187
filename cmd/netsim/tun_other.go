//go:build !linux

package main

import (
	"context"
	"io"
	"os"
	"os/exec"
)

// netsim tun does not get as far as to use these: tun.New fails.

func mayBeRoot() bool { return false }

func runAsRoot(context.Context, []string, io.Writer, io.Writer) int { return exitTUN }

func ownTerminal(*exec.Cmd) {}

func askToEnd(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func endedBy(*os.ProcessState) int { return 0 }
