package tun

import (
	"os/exec"
)

// Environment returns the variables that tell a program inside a side where it
// is, each NAME=VALUE: NETSIM_SIDE (client or server), NETSIM_CLIENT and
// NETSIM_SERVER (IPv4 addresses), NETSIM_CLIENT6 and NETSIM_SERVER6.
func Environment(where Side) []string {
	return []string{
		"NETSIM_SIDE=" + where.String(),
		"NETSIM_CLIENT=" + Client.Addr().String(),
		"NETSIM_SERVER=" + Server.Addr().String(),
		"NETSIM_CLIENT6=" + Client.Addr6().String(),
		"NETSIM_SERVER6=" + Server.Addr6().String(),
	}
}

// Command returns a program for Start, with Environment in its environment.
func Command(where Side, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(cmd.Environ(), Environment(where)...)
	return cmd
}
