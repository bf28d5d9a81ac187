package tun

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A side is a thread that has left this process's namespaces for its own. All
// that must be done inside goes to it as a function.
type side struct {
	side  Side
	calls chan func()
	ended chan struct{} // the thread is gone

	device     int      // descriptor of the TUN device
	namespace  *os.File // the network namespace, for further threads
	statistics *os.File // its /proc/net/dev
	processes  bool     // programs get a process namespace

	// first is the first process of the process namespace, once there is one;
	// it dies when keepalive is closed, and takes all others with it.
	first     *exec.Cmd
	keepalive io.Closer
}

// onThread runs f in a goroutine with a thread of its own that ends with it:
// what f does to its thread does not leak into others. It is never the main
// thread, which stands for the whole process in /proc and cannot end.
func onThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		// While this goroutine keeps the main thread, the other has another.
		began := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(began)
			f()
		}()
		<-began
		runtime.UnlockOSThread()
	}()
}

// newSide makes the namespaces of a side and its device.
func newSide(which Side, mtu int, congestion string) (*side, error) {
	s := &side{side: which, calls: make(chan func()), ended: make(chan struct{}), device: -1}
	ready := make(chan error)
	onThread(func() {
		defer close(s.ended)
		if err := s.enter(mtu, congestion); err != nil {
			s.release()
			ready <- err
			return
		}
		ready <- nil
		for call := range s.calls {
			call()
		}
		s.release()
	})
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("tun: %v side: %w", which, err)
	}
	return s, nil
}

// enter leaves the namespaces of the process and furnishes the new ones. It
// runs on the side's thread.
func (s *side) enter(mtu int, congestion string) error {
	kinds := unix.CLONE_NEWNET
	if _, err := exec.LookPath("sh"); err == nil {
		// Mounts too: the first process mounts a /proc of its own.
		kinds |= unix.CLONE_NEWPID | unix.CLONE_NEWNS
		s.processes = true
	}
	if err := unix.Unshare(kinds); errors.Is(err, unix.EPERM) {
		return fmt.Errorf("a network namespace: %w", ErrPermission)
	} else if err != nil {
		return fmt.Errorf("a network namespace: %w", os.NewSyscallError("unshare", err))
	}
	if s.processes {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return os.NewSyscallError("mount", err)
		}
	}
	var err error
	if s.namespace, err = os.Open("/proc/thread-self/ns/net"); err != nil {
		return err
	}
	if err := quieten(); err != nil {
		return err
	}
	if s.device, err = openDevice(s.side, mtu, congestion); err != nil {
		return err
	}
	s.statistics, err = os.Open("/proc/thread-self/net/dev")
	return err
}

// release closes what the thread holds; the namespaces end with it.
func (s *side) release() {
	if s.keepalive != nil {
		_ = s.keepalive.Close() // a pipe that nothing was written to
	}
	for _, file := range []*os.File{s.namespace, s.statistics} {
		if file != nil {
			_ = file.Close() // only read from
		}
	}
	if s.device >= 0 {
		_ = unix.Close(s.device)
	}
}

// call runs f on the side's thread.
func (s *side) call(f func() error) error {
	result := make(chan error, 1)
	s.calls <- func() { result <- f() }
	return <-result
}

// close ends the thread and with it the side, and waits for its programs for a
// moment.
func (s *side) close() {
	close(s.calls)
	<-s.ended
	if s.first == nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = s.first.Wait() // says that it was killed, or not
	}()
	select {
	case <-gone:
	case <-time.After(time.Second):
		// The kernel has killed all of them, and keeps what nobody has
		// waited for: whoever started it should.
	}
}

// enterable returns a descriptor of the side's network namespace, which the
// caller closes.
func (s *side) enterable() (*os.File, error) {
	fd, err := unix.FcntlInt(s.namespace.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("tun: %w", os.NewSyscallError("dup", err))
	}
	return os.NewFile(uintptr(fd), "namespace"), nil
}

// inside runs f on a thread of its own in a network namespace.
func inside(namespace *os.File, f func() error) error {
	result := make(chan error, 1)
	onThread(func() {
		if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			result <- fmt.Errorf("tun: %w", os.NewSyscallError("setns", err))
			return
		}
		result <- f()
	})
	return <-result
}

// firstProcess is the program of the first process: it makes /proc tell about
// the new process namespace where that is allowed, has the kernel reap
// orphans, and waits for the pipe from us to close.
const firstProcess = `mount -t proc proc /proc 2>/dev/null; trap '' CHLD 2>/dev/null; echo ready; read _`

// begin starts the first process of the side's process namespace, unless it
// runs already. It runs on the side's thread.
func (s *side) begin() error {
	if !s.processes || s.first != nil {
		return nil
	}
	first := exec.Command("sh", "-c", firstProcess)
	first.SysProcAttr = &unix.SysProcAttr{Setpgid: true} // the terminal's signals are not for it
	keepalive, err := first.StdinPipe()
	if err != nil {
		return err
	}
	out, err := first.StdoutPipe()
	if err != nil {
		return err
	}
	if err := first.Start(); err != nil {
		return fmt.Errorf("the first process: %w", err)
	}
	s.first, s.keepalive = first, keepalive
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready" {
		return fmt.Errorf("the first process said %q: %w", line, err)
	}
	return nil
}

// start starts a program inside. It runs on the side's thread.
func (s *side) start(cmd *exec.Cmd) error {
	if err := s.begin(); err != nil {
		return fmt.Errorf("tun: %v side: %w", s.side, err)
	}
	if cmd.Dir == "" {
		// The thread's own is that of when the side began.
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		cmd.Dir = dir
	}
	if !s.processes {
		// Then at least the program itself dies with us.
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &unix.SysProcAttr{}
		}
		cmd.SysProcAttr.Pdeathsig = unix.SIGKILL
	}
	return cmd.Start()
}
