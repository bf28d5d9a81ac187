package netcode

import (
	"fmt"
	"time"
)

// A DropReason says why a datagram was dropped.
type DropReason uint8

// The reasons for dropping a datagram.
const (
	DropForeign     DropReason = iota // not of this protocol, and no hook for it
	DropMalformed                     // cannot be decoded
	DropUnknownConn                   // belongs to no connection
	DropReplay                        // seen before, or too old to tell
	DropBadTag                        // forged, corrupted, or sealed with other keys
	DropQueueFull                     // the application does not take its messages
	DropBadCookie                     // an address that was not proven
	DropHandshake                     // a handshake message that fits nowhere
	DropLimit                         // too many handshakes at once
	DropNotServing                    // a client asks a Core that accepts nobody
	DropOldKeys                       // late, of a key phase whose keys are gone
	numDropReasons  = iota
)

var dropNames = [numDropReasons]string{
	"foreign", "malformed", "unknown connection", "replay", "bad tag", "queue full",
	"bad cookie", "handshake", "limit", "not serving", "old keys",
}

// String returns the reason in words.
func (r DropReason) String() string {
	if int(r) < len(dropNames) {
		return dropNames[r]
	}
	return fmt.Sprintf("DropReason(%d)", uint8(r))
}

// DropReasons is how many reasons there are: DropReason(0) to
// DropReason(DropReasons-1).
const DropReasons = numDropReasons

// CoreStats counts since the Core was made.
type CoreStats struct {
	DatagramsIn    uint64
	DatagramsOut   uint64
	BytesIn        uint64 // of UDP payload
	BytesOut       uint64
	Dropped        [numDropReasons]uint64 // by DropReason
	Handshakes     uint64                 // started with a proven address
	Rejoins        uint64                 // clients that came back with a ticket
	TicketsRefused uint64                 // tickets that were unknown, used or expired
	RejoinsDenied  uint64                 // good ones of clients not let in: another build, no room, Config.Admit
	Refused        uint64                 // refused without state: version, mode, key
	NotAdmitted    uint64                 // turned away by Config.Admit, without RejoinsDenied
	Conns          int                    // open now
}

// ConnStats describes one connection. Counters count since its handshake
// began.
type ConnStats struct {
	RTT     time.Duration // smoothed; zero until the first sample
	MinRTT  time.Duration // least of the last 5 to 10 s
	Jitter  time.Duration // mean deviation of the round-trip time (RFC 6298)
	LossIn  float64       // share of the peer's packets that do not arrive, 0 to 1
	LossOut float64       // share of ours
	// LossBurst is how many of ours are lost in a row, on average: 1 if losses
	// have nothing to do with each other.
	LossBurst float64

	KeyPhase uint64 // how often the keys have changed

	PacketsIn  uint64
	PacketsOut uint64
	BytesIn    uint64 // of UDP payload
	BytesOut   uint64

	MTU         int    // bytes of the largest datagrams sent at present
	MTUProbes   uint64 // datagrams sent to find out; not counted as lost
	BlackHoles  uint64 // times that the path turned out to carry less than before
	PathChanges uint64 // moves to another path
	Challenges  uint64 // sent to paths that had not proven themselves
	MarkedIn    uint64 // packets that arrived marked by a congested router (ECN)
	MarkedOut   uint64 // of ours, as the peer says

	PacketsLost    uint64 // of ours, given up
	LateAcks       uint64 // given up and acknowledged after all
	Duplicates     uint64 // packets that arrived again, and were dropped
	BadTags        uint64 // packets that failed authentication, and were dropped
	Stale          uint64 // sequenced messages dropped because a newer one was there
	Abandoned      uint64 // unreliable messages of which a fragment never came
	Resent         uint64 // segments of reliable messages sent again
	Copies         uint64 // reliable messages that rode again in a later packet, lest they be lost
	QueueFull      uint64 // packets dropped because the application reads too slowly
	Extensions     uint64 // frames of a later build, skipped
	TicketsIgnored uint64 // by a client: more than a server has reason to give
	NoticesLost    uint64 // notices dropped because the application does not read them
	QueuedBytes    int    // received and not yet taken
	ReliableHeld   int    // bytes of reliable messages not yet acknowledged

	// QueueDelay is how long packets wait in queues on the way and back, as
	// the round trip tells: the least of its last four samples over MinRTT,
	// the least of the last seconds. Somebody else's queue counts too.
	QueueDelay time.Duration

	// Bandwidth is the greatest rate at which our packets arrived in the last
	// seconds, in bytes of UDP payload per second. While AppLimited, the path
	// may carry more: what was never sent was never measured. Zero before the
	// first sample.
	Bandwidth int

	// InFlight is how many bytes of UDP payload are on their way, in packets
	// that ask for an acknowledgement. SendWindow is how many may be before
	// reliable content waits; state never does. PacingRate is how fast
	// reliable content leaves at most, in bytes per second.
	InFlight   int
	SendWindow int
	PacingRate int

	AppLimited bool // the application sends less than the path would carry
	Competing  bool // another flow keeps the path's queue full; see Conn.Budget
}
