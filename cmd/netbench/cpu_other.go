//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
)

var errOnlyLinux = errors.New("it needs recvmmsg, sched_setaffinity and addresses of loopback as Linux has them")

func (o *cpuOptions) measure(context.Context, io.Writer) (*cpuFigures, error) {
	return nil, errOnlyLinux
}

func (o *floodOptions) measure(context.Context, io.Writer) (*floodFigures, error) {
	return nil, errOnlyLinux
}

// childCommands are the processes of netbench cpu and flood.
func childCommands() []command { return nil }
