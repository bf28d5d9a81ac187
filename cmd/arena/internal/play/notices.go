package play

import "time"

// Notices are the last things the server said to people.
type Notices struct {
	now   time.Time
	lines []Notice
}

// A Notice is a line of text and when it came.
type Notice struct {
	Text string
	At   time.Time
}

// maxNotices are shown at once; older ones go early.
const maxNotices = 4

// noticeLife is how long a line stays.
const noticeLife = 6 * time.Second

func (n *Notices) add(text string) {
	if len(n.lines) == maxNotices {
		n.lines = append(n.lines[:0], n.lines[1:]...)
	}
	n.lines = append(n.lines, Notice{text, n.now})
}

// Visible returns the lines to show at now, oldest first, and drops the rest.
func (n *Notices) Visible(now time.Time) []Notice {
	for len(n.lines) > 0 && now.Sub(n.lines[0].At) > noticeLife {
		n.lines = n.lines[1:]
	}
	return n.lines
}
