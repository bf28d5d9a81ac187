// Package fit makes a preset of a capture: the models of sim/link, with the
// parameters that explain best what happened to the datagrams in it, and how
// well they do. Where a capture cannot tell, the report says so.
//
// docs/FIT.md has the methods. Nothing here is safe for concurrent use.
package fit
