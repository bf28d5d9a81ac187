package netcode

import "time"

// Park waits until a datagram waits, until the deadline (zero: none), or until
// somebody calls Wake. It returns net.ErrClosed after Close.
//
// It is for loops that share a Core between goroutines under a lock of theirs:
// Park touches nothing of the Core and calls nothing of it, so that the lock
// need not be held. Poll and Flush may run in another goroutine meanwhile,
// under the lock. Everyone else wants Wait.
func (e *Endpoint) Park(deadline time.Time) error {
	_, err := e.socket.Wait(deadline)
	return err
}

// Wake ends a Park, a Wait or a WaitUntil's rest: the one under way, or the
// next; Wait and WaitUntil look around and go on. Any goroutine may call it,
// also after Close.
func (e *Endpoint) Wake() { e.socket.Wake() }
