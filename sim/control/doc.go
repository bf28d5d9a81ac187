// Package control is the desk from which people and scripts watch and worsen a
// link while it runs: what a terminal shows and what the REST interface says
// is one Desk.
//
// docs/CONTROL.md describes the interface.
package control
