// Package scenario reads scenarios: one file says what the network is like,
// who talks over it, what changes meanwhile, and what must hold. The same file
// runs in virtual time, behind the UDP proxy and over TUN.
package scenario
