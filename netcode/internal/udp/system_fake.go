//go:build !unix && !windows

package udp

import "syscall"

// failureOf knows no errors: what stands in for sockets here has none.
func failureOf(syscall.Errno) failure { return failedOther }

// truncated reports whether err says that a datagram exceeded its buffer.
func truncated(error) bool { return false }

// setTrafficClass sets nothing: there is nobody to read it.
func setTrafficClass(syscall.RawConn, int) (set4, set6 bool) { return false, false }

// bufferSizes returns zeros: there are no buffers to ask.
func bufferSizes(syscall.RawConn) (receive, send int) { return 0, 0 }
