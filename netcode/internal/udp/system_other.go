//go:build !linux && !darwin && !windows

package udp

import "syscall"

// beforeBind has nothing to set.
func beforeBind(_, _ string, _ syscall.RawConn) error { return nil }
