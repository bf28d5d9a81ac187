// Package arena holds the rules of Arena, a fast top-down shooter for up to
// [MaxPlayers] players: its tables, its map, what a tick does, and the bots.
//
// The same code runs on the dedicated server, which decides, and on every
// client, which predicts its own player. Three rules keep the two in step:
//
//   - Arithmetic is integer only. Lengths are units of 1/16 pixel, angles are
//     4096ths of a turn, time is ticks of 1/60 s.
//   - Without authority (engine.Inputs.Authority), Step touches nothing but
//     the rows the local player owns: it moves, reloads, flies its own
//     rockets and shows its own shots. Hits, damage, score, spawns, pickups
//     and the match clock are decided with authority only.
//   - Everything that must be seen is a row with a lifetime, never a message:
//     losing a packet delays an effect by a tick and cannot lose it.
//
// Nothing here draws, opens a socket or reads a clock.
package arena
