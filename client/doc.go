// Package client plays a game that is decided elsewhere: the predicted loop.
//
// A [Client] is driven once a frame, at whatever rate the display has:
//
//	c.Update(now, input)   // what arrived, what is due, what to send
//	draw(c.View(now))      // one world
//
// In the view, the player's own rows are predicted: they obey the input at
// once, and corrections by the server are smoothed. Everything else is
// interpolated, a little in the past, as late as the network makes
// necessary and no later.
//
// [Client.Dial] plays over UDP. Everything else drives the client by hand, in
// real or in virtual time: Core, Connect, Update, NextDeadline.
package client
