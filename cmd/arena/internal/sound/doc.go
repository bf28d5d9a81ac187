// Package sound makes Arena's noises: short waves that are computed when the
// program starts, and a mixer for as many of them as sound at once. Nothing
// in it needs a sound card; the window plays what the mixer gives.
package sound
