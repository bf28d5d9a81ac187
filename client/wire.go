package client

import "time"

// A wire is the socket of a client that has one of its own. The zero wire has
// none, and does nothing.
type wire struct{}

func (c *Client[I]) poll(now time.Time) {}

func (c *Client[I]) flush(now time.Time) {}

func (c *Client[I]) hangUp() {}
