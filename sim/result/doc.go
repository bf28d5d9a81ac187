// Package result holds what a run of the simulator measured, whichever way it
// ran: in virtual time, behind the proxy, or over TUN. It is plain data with
// names for JSON, so that the report, a sweep, an assertion and a script all
// read the same figures.
//
// Nothing here is safe for concurrent use.
package result
