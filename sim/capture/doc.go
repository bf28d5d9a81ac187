// Package capture writes what the simulator carried as pcapng, which Wireshark
// and every tool of its kind opens.
//
// Nothing here is safe for concurrent use.
package capture
