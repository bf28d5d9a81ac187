package capture

import "time"

// SentPacket writes an IP packet, with its header, that a host sends.
func (c *Writer) SentPacket(host string, at time.Time, packet []byte) {
	c.packet(host, at, flagOutbound, func() { c.block = append(c.block, packet...) })
}

// ArrivedPacket writes an IP packet, with its header, that a host receives.
func (c *Writer) ArrivedPacket(host string, at time.Time, packet []byte) {
	c.packet(host, at, flagInbound, func() { c.block = append(c.block, packet...) })
}
