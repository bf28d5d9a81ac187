//go:build unix && !darwin && !ios && !android

package preflight

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/jezek/xgb"
)

// quiet keeps the library that ebiten asks about monitors from writing lines
// about a missing ~/.Xauthority, which few displays of one's own machine need.
func quiet() { xgb.Logger.SetOutput(io.Discard) }

// noDisplay says what to do when there is no X server, which the window needs
// here; under Wayland it is Xwayland. Only a display of this machine is
// knocked at.
func noDisplay() string {
	display := os.Getenv("DISPLAY")
	if display == "" {
		return "set DISPLAY"
	}
	number, local := localDisplay(display)
	if local && !answers("/tmp/.X11-unix/X"+strconv.Itoa(number)) {
		return fmt.Sprintf("nothing answers at DISPLAY=%s: start an X server there or set it", display)
	}
	return ""
}

// localDisplay returns the number of a display of this machine, such as ":0"
// or "unix:1.0".
func localDisplay(display string) (number int, ok bool) {
	host, rest, found := strings.Cut(display, ":")
	if !found || host != "" && host != "unix" {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, ".")
	number, err := strconv.Atoi(digits)
	return number, err == nil && number >= 0
}

// answers reports whether somebody listens at a socket in the file system, or
// at the one of that name in Linux's abstract space.
func answers(path string) bool {
	for _, name := range []string{path, "@" + path} {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			return true // unknown; let the library find out
		}
		err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: name})
		syscall.Close(fd)
		if err == nil {
			return true
		}
	}
	return false
}
