// Package scene is what the window shows, before anything is drawn: where the
// camera looks, which colour is whose, what particles fly, what the network
// graph remembers, and the words for all of it.
//
// It needs no display. Lengths are in pixels of the map (arena.UnitsPerPixel
// units each) unless they say screen; times come in as arguments. Nothing in
// it is safe for concurrent use.
package scene
