// Package blob carries things of any size over a connection: maps, replays,
// mods, screenshots. It cuts a stream into messages on a reliable channel of
// its own, follows their progress, and lets either end pause or cancel.
//
//	m, err := blob.New(conn, blob.Options{Channel: chFiles, Accept: func(o *blob.Transfer) (io.Writer, error) {
//		return os.Create(filepath.Join(dir, safe(o.Name())))
//	}})
//	t, err := m.Send("de_dust.map", file, size)
//	// each frame:
//	m.Receive(message)  // for messages of the channel
//	m.Update(now)       // gives the connection what it has room for
//	fmt.Println(t.Bytes(), "of", t.Size(), t.Err(), t.Done())
//
// Give the channel a low priority, so that a transfer does not delay the game's
// state, and a window of at least what the path holds: 20 Mbit/s at 280 ms are
// 700 kB.
//
// A Mux belongs to the goroutine of its connection, like the connection itself.
package blob
