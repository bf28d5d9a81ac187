// Package demo judges whether a client that played by itself for a while
// really played. Arena's clients with and without a window end a run of
// --demo with the line it writes.
package demo
