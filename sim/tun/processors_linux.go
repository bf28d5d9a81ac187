package tun

import (
	"runtime"
	"sync"
)

// spareProcessors is by how many GOMAXPROCS is raised while there is a
// Network: one for each direction, and as many again.
//
// A thread that comes back from waiting needs one of Go's processors. On a
// busy machine they can all be with threads that the kernel has put aside, and
// a realtime priority does not help against that. Measured with 12 others
// wanting two processors, packets were up to 56 ms late, 2 ms with spares.
const spareProcessors = 4

// processors guards reading and writing GOMAXPROCS, which is one for all.
var processors sync.Mutex

// addProcessors changes GOMAXPROCS by n.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
}
