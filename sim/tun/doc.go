// Package tun is a bad network between real programs: two sides, each in a
// network namespace of its own, joined by a link of package link each way.
// Whatever runs inside a side, kernel TCP included, reaches the other side
// only through the links.
//
//	 client side                                    server side
//	 10.73.0.1, fd73::1                     10.73.0.2, fd73::2
//	┌─────────┐  packet   ┌──────────────┐   packet  ┌─────────┐
//	│ netsim0 ├──────────→│ up: a Pipe   ├──────────→│ netsim0 │
//	│  (TUN)  │←──────────┤ down: a Pipe │←──────────┤  (TUN)  │
//	└─────────┘           └──────────────┘           └─────────┘
//
// A datagram of a link is here a whole IP packet, v4 or v6, so a link's sizes
// count IP headers and its Overhead should be 0. Nothing but what programs
// send passes: neighbour discovery, router solicitations and the like are
// switched off, so packet number n of a direction is the program's packet
// number n, and a seed loses the same ones as in virtual time.
//
// # Nothing is left behind
//
// The namespaces have no names and live in threads of this process. When it
// ends, however it ends, they and the devices are gone. Programs started
// inside run in a process namespace whose first process watches a pipe from
// this one: when that closes, the kernel kills everything inside, children of
// children included.
//
// # What it needs
//
// Linux, /dev/net/tun, and the right to make namespaces: root, or
// CAP_SYS_ADMIN and CAP_NET_ADMIN in a user namespace. (unshare -r makes one;
// netsim tun does so by itself.) New says what is missing.
package tun
