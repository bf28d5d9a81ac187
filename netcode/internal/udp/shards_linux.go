package udp

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// listenGroup opens n sockets of one address and lets the kernel steer. It
// returns nothing where the kernel cannot let sockets share.
//
// The first is bound for itself alone, so that an address that someone has,
// another run of this program included, is an error as ever; only then it
// lets the others join. Until all are there and the program is attached, the
// kernel spreads datagrams by their addresses, and they are handed over.
func listenGroup(address string, n int, rules []Rule, opt Options) (sockets []*Socket, err error) {
	defer func() {
		if err == nil {
			return
		}
		for _, s := range sockets {
			s.carrier.close()
		}
		sockets = nil
		if errors.Is(err, errNoSharing) {
			err = nil
		}
	}()
	set := beforeBind
	for range n {
		s, err := listenMember(address, opt, set)
		if err != nil {
			return sockets, err
		}
		sockets = append(sockets, s)
		if len(sockets) == 1 {
			if err := share(s); err != nil {
				return sockets, err
			}
			address, set = s.local.String(), beforeSharedBind
		}
	}
	if !opt.NoSteering {
		// A kernel that refuses spreads, and we hand over.
		_ = steer(sockets[0], rules, n)
	}
	group := make([]*shard, n)
	for i, s := range sockets {
		group[i] = &shard{index: i, rules: rules, group: group, wake: s.carrier.(*mmsg).waiter.wake}
		s.shard = group[i]
	}
	return sockets, nil
}

// errNoSharing says that the kernel has no SO_REUSEPORT.
var errNoSharing = errors.New("udp: sockets cannot share an address")

// listenMember opens one socket of a group.
func listenMember(address string, opt Options, set func(string, string, syscall.RawConn) error) (*Socket, error) {
	conn, err := bind(address, set)
	if err != nil {
		return nil, err
	}
	s := newSocket(conn, opt)
	m, err := newMmsg(conn, s.local.Addr(), opt)
	if err != nil {
		conn.Close()
		return nil, listenError(address, err)
	}
	s.carrier = m
	return s, nil
}

// beforeSharedBind is beforeBind for the second socket of a group and later.
func beforeSharedBind(network, address string, raw syscall.RawConn) error {
	var sharing error
	err := raw.Control(func(fd uintptr) {
		sharing = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	return errors.Join(err, sharing, beforeBind(network, address, raw))
}

// share lets others bind to the address of s, too: those of this user that
// ask for it (udp_lib_lport_inuse).
func share(s *Socket) error {
	return withDescriptor(s, func(fd int) error {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) != nil {
			return errNoSharing
		}
		return nil
	})
}

// steer makes the kernel deal out what comes for the group of s. The index
// that the program returns is that of the order in which they were bound.
func steer(s *Socket, rules []Rule, shards int) error {
	program := steeringProgram(rules, shards)
	return withDescriptor(s, func(fd int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET,
			unix.SO_ATTACH_REUSEPORT_CBPF, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}))
	})
}

func withDescriptor(s *Socket, do func(fd int) error) error {
	raw, err := s.carrier.(*mmsg).file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return net.ErrClosed
	}
	return failed
}

// steeringProgram is shardOf for the kernel, which runs it over the payload
// (run_bpf_filter in net/core/sock_reuseport.c). A result beyond the last
// socket, or none, leaves the choice to the hash of the addresses. A load
// beyond the end of the datagram makes the result 0.
func steeringProgram(rules []Rule, shards int) []unix.SockFilter {
	const (
		loadByte    = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
		and         = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
		modulo      = unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K
		jumpIfEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		returnA     = unix.BPF_RET | unix.BPF_A
		returnK     = unix.BPF_RET | unix.BPF_K
	)
	var program []unix.SockFilter
	for _, rule := range rules {
		program = append(program,
			unix.SockFilter{Code: loadByte, K: 0},
			unix.SockFilter{Code: and, K: uint32(rule.Mask)},
			unix.SockFilter{Code: jumpIfEqual, K: uint32(rule.Value), Jf: 3},
			unix.SockFilter{Code: loadByte, K: uint32(rule.Offset)},
			unix.SockFilter{Code: modulo, K: uint32(shards)},
			unix.SockFilter{Code: returnA},
		)
	}
	return append(program, unix.SockFilter{Code: returnK, K: 1<<32 - 1})
}
