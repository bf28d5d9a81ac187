package wire

import (
	"encoding/binary"
	"net/netip"
)

// AppendAddress appends the data of a ControlObserved frame (section 5.1): 16
// bytes of address, IPv4 mapped into IPv6, and the port. A zone means nothing
// to another host and is left out.
func AppendAddress(b []byte, a netip.AddrPort) []byte {
	address := a.Addr().As16()
	b = append(b, address[:]...)
	return binary.LittleEndian.AppendUint16(b, a.Port())
}

// Address decodes the data of a ControlObserved frame, ObservedLen bytes. IPv4
// addresses are not mapped in the result.
func Address(data []byte) netip.AddrPort {
	address := netip.AddrFrom16([16]byte(data[:16])).Unmap()
	return netip.AddrPortFrom(address, binary.LittleEndian.Uint16(data[16:ObservedLen]))
}

// OnlyProbes reports whether the frames of a packet, all of them sound, do
// nothing but probe a path: at least one challenge or response, and padding
// (section 11.1). Such a packet does not move a connection.
func OnlyProbes(frames []byte) bool {
	var f Frame
	probes := false
	for len(frames) > 0 {
		rest, err := ConsumeFrame(frames, &f)
		if err != nil || f.Kind != FrameControl {
			return false
		}
		switch f.Channel {
		case ControlChallenge, ControlResponse:
			probes = true
		case ControlPadding:
		default:
			return false
		}
		frames = rest
	}
	return probes
}
