// Package document reads TOML so that everything in it keeps its line: into a
// tree of Nodes, and from there into structs. What is wrong is collected, so
// that a person sees all of it at once.
//
// Nothing here is safe for concurrent use.
package document
