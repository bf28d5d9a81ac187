// Package capture writes what the simulator carried as pcapng, which Wireshark
// and every tool of its kind opens, and reads captures: pcap, pcapng, and CSV.
//
// A reader holds one packet at a time, believes no length that a file states,
// and says which packet it cannot read and what it expected there.
//
// Nothing here is safe for concurrent use.
package capture
