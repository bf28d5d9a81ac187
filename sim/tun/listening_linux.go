package tun

import (
	"os"
	"strings"
)

// Listening reports whether a program inside a side has opened a port: listens
// for TCP connections, or has a UDP socket. It is how to wait for a server of
// which nothing else is known.
func (n *Network) Listening(where Side) (listening bool, err error) {
	err = n.Inside(where, func() error {
		for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil && !os.IsNotExist(err) { // no IPv6 here
				return err
			}
			listening = listening || anyOpen(string(text))
		}
		return nil
	})
	return listening, err
}

// Socket states of /proc/net/tcp and udp (include/net/tcp_states.h): a UDP
// socket that is not connected is in TCP_CLOSE.
const (
	stateClose  = "07"
	stateListen = "0A"
)

// anyOpen reports whether a table of /proc/net has a socket that others can
// reach.
func anyOpen(table string) bool {
	for line := range strings.Lines(table) {
		// sl, local_address, rem_address, st
		columns := strings.Fields(line)
		if len(columns) > 3 && (columns[3] == stateListen || columns[3] == stateClose) {
			return true
		}
	}
	return false
}
