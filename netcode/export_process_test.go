package netcode

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// moveRole tells a process that runs this test binary that it is a server of
// TestMoveBetweenProcesses: its value is the address to listen on.
const moveRole = "RECKON_MOVE_ADDRESS"

// TestMoveServer is a server that lives in a process of its own. It takes a
// connection from its standard input, if there is one, and writes it to its
// standard output when told to move.
func TestMoveServer(t *testing.T) {
	address := os.Getenv(moveRole)
	if address == "" {
		t.Skip("only as a process of TestMoveBetweenProcesses")
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	cfg := testConfig(uint64(os.Getpid()))
	key, err := GenerateKeyPair(seeded(4711)) // the same in all processes
	if err != nil {
		t.Fatal(err)
	}
	cfg.Key, cfg.MaxConns = key, 4
	e := listen(t, address, cfg, EndpointOptions{})
	fmt.Println("address", e.LocalAddr())
	in.Scan()
	var conn *Conn
	if data, _ := base64.StdEncoding.DecodeString(in.Text()); len(data) > 0 {
		if conn, err = e.core.Import(time.Now(), data); err != nil {
			t.Fatal(err)
		}
	}
	move := make(chan struct{})
	go func() {
		in.Scan()
		close(move)
	}()
	for {
		if err := e.WaitUntil(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for event, ok := e.core.NextEvent(); ok; event, ok = e.core.NextEvent() {
			if event.Kind == EventConnected {
				conn = event.Conn
			}
		}
		for conn != nil {
			channel, message, ok := conn.Receive()
			if !ok {
				break
			}
			if _, err := conn.Send(time.Now(), channel, message); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-move:
			data, err := conn.Export(time.Now())
			if err == ErrNotYet {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
			fmt.Println("export", base64.StdEncoding.EncodeToString(data))
			return
		default:
		}
	}
}

// moveServer is such a process, as its parent sees it.
type moveServer struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

func startMoveServer(t *testing.T, address, export string) *moveServer {
	t.Helper()
	s := &moveServer{process: exec.Command(os.Args[0], "-test.run=^TestMoveServer$")}
	s.process.Env = append(os.Environ(), moveRole+"="+address)
	s.process.Stderr = os.Stderr
	var err error
	if s.in, err = s.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewScanner(out)
	s.out.Buffer(nil, 16<<20)
	if err := s.process.Start(); err != nil {
		t.Skipf("no second process: %v", err)
	}
	t.Cleanup(func() {
		s.in.Close()
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
	})
	fmt.Fprintln(s.in, export)
	return s
}

// read waits for what the process says under a name; empty if it ends before.
func (s *moveServer) read(name string) (value string) {
	for s.out.Scan() {
		if n, _ := fmt.Sscanf(s.out.Text(), name+" %s", &value); n == 1 {
			return value
		}
	}
	return ""
}

// TestMoveBetweenProcesses hands a connection from process to process while its
// client talks to it over real sockets: no reliable message is lost or doubled,
// and the client hears of nothing.
func TestMoveBetweenProcesses(t *testing.T) {
	server := startMoveServer(t, "127.0.0.1:0", "")
	address := server.read("address")
	client := listen(t, ":0", testConfig(2), EndpointOptions{})
	conn := dial(t, client, address)
	const total, moves = 4000, 3
	var sent, got uint64
	var exported chan string
	moved := 0
	deadline := time.Now().Add(60 * time.Second)
	for got < total {
		now := time.Now()
		if now.After(deadline) {
			t.Fatalf("%d of %d messages came back, after %d moves", got, sent, moved)
		}
		for range 4 {
			if sent < total {
				if _, err := conn.Send(now, chChat, binary.LittleEndian.AppendUint64(nil, sent)); err == nil {
					sent++
				}
			}
		}
		if err := client.WaitUntil(now.Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for _, m, ok := conn.Receive(); ok; _, m, ok = conn.Receive() {
			if n := binary.LittleEndian.Uint64(m); n != got {
				t.Fatalf("message %d came back, want %d", n, got)
			}
			got++
		}
		if event, ok := client.core.NextEvent(); ok && event.Kind != EventTicket {
			t.Fatalf("the client heard of %+v, %v", event, event.Err)
		}
		if exported == nil && moved < moves && got > uint64(moved+1)*total/(moves+1) {
			exported = make(chan string, 1)
			fmt.Fprintln(server.in, "move")
			go func(s *moveServer, exported chan<- string) {
				exported <- s.read("export")
			}(server, exported)
		}
		select {
		case data := <-exported:
			server = startMoveServer(t, address, data)
			if got := server.read("address"); got != address {
				t.Fatalf("listening on %s, want %s", got, address)
			}
			exported = nil
			moved++
		default:
		}
	}
	if moved != moves || conn.Stats().KeyPhase != moves {
		t.Errorf("%d moves, key phase %d, want %d", moved, conn.Stats().KeyPhase, moves)
	}
}
