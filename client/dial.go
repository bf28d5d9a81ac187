package client

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// Dial makes a client and connects it, as [Client.Dial] does.
func Dial[I any](address string, cfg Config[I]) (*Client[I], error) {
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return c, c.Dial(address)
}

// Dial connects to "host:port" over UDP, through a socket of the client's own:
// Update then sends and receives by itself. What is wrong is returned, and by
// Err as well.
func (c *Client[I]) Dial(address string) error {
	path, err := c.listen(address)
	if err != nil {
		c.state, c.err = Closed, fmt.Errorf("client: %w", err)
		return c.err
	}
	return c.Connect(time.Now(), path)
}

// listen opens the socket, unless it is open, and finds the way to address.
func (c *Client[I]) listen(address string) (netcode.Path, error) {
	if c.endpoint == nil {
		endpoint, err := netcode.Listen(":0", c.core, netcode.EndpointOptions{})
		if err != nil {
			return netcode.Path{}, err
		}
		c.endpoint = endpoint
	}
	return c.endpoint.Resolve(address)
}

// Wait lets time pass until deadline for programs that have nothing else to
// wait for, such as bots; acknowledgements then go out at once instead of with
// the next Update. It needs a Dial. Once the client is Closed, it returns Err.
func (c *Client[I]) Wait(deadline time.Time) error {
	switch {
	case c.state == Closed:
		return c.err
	case c.endpoint == nil:
		return ErrNotConnected
	}
	if err := c.endpoint.WaitUntil(deadline); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return nil
}

// poll reads the socket, if there is one.
func (c *Client[I]) poll(now time.Time) {
	if c.endpoint != nil {
		c.endpoint.Poll(now)
	}
}

// flush writes to the socket, if there is one.
func (c *Client[I]) flush(now time.Time) {
	if c.endpoint != nil {
		c.endpoint.Flush(now)
	}
}

// hangUp sends what is left to say and closes the socket, if there is one.
func (c *Client[I]) hangUp() error {
	if c.endpoint == nil {
		return nil
	}
	endpoint := c.endpoint
	c.endpoint = nil
	endpoint.Flush(time.Now())
	return endpoint.Close()
}
