package netcode

import (
	"encoding/binary"
	"net"
	"testing"
	"time"
)

// TestClientWithAnotherSocket: on a real socket, in the middle of a match, the
// client's port changes, as behind a NAT that forgot it. Nobody disconnects,
// and what is sent before the server knows arrives.
func TestClientWithAnotherSocket(t *testing.T) {
	server := listen(t, "127.0.0.1:0", serverConfig(), EndpointOptions{})
	ended := echo(t, server)
	client := listen(t, "127.0.0.1:0", testConfig(2), EndpointOptions{})
	conn := dial(t, client, server.LocalAddr().String())
	say := func(e *Endpoint, channel int) time.Duration {
		begun := time.Now()
		if _, err := conn.Send(begun, channel, make([]byte, 64)); err != nil {
			t.Fatal(err)
		}
		e.Flush(begun)
		waitMessage(t, e, conn)
		return time.Since(begun)
	}
	say(client, chState)
	for range 3 {
		other, err := Listen("127.0.0.1:0", client.core, EndpointOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		before := client.LocalAddr()
		client.Close()
		took := say(other, chChat)
		t.Logf("from %v to %v: heard again after %v", before, other.LocalAddr(), took)
		for deadline := time.Now().Add(endpointPatience); conn.ObservedAddr() != other.LocalAddr(); {
			if time.Now().After(deadline) {
				t.Fatalf("ObservedAddr() = %v, want %v", conn.ObservedAddr(), other.LocalAddr())
			}
			say(other, chChat)
		}
		client = other
	}
	if conn.State() != StateOpen {
		t.Error(conn.Err())
	}
	server.Close()
	<-ended
}

// TestCVE202453259: forged ICMP messages "fragmentation needed" do not shrink
// a connection (quic-go's did): datagrams of the size that was found go on
// arriving. It needs the right to send ICMP.
func TestCVE202453259(t *testing.T) {
	server := listen(t, "127.42.0.1:0", serverConfig(), EndpointOptions{})
	ended := echo(t, server)
	client := listen(t, "127.42.0.2:0", testConfig(2), EndpointOptions{})
	conn := dial(t, client, server.LocalAddr().String())
	full := make([]byte, 1100)
	say := func() {
		conn.Send(time.Now(), chChat, full)
		conn.Send(time.Now(), chChat, full[:300])
		client.Flush(time.Now())
		waitMessage(t, client, conn)
		waitMessage(t, client, conn)
	}
	for deadline := time.Now().Add(endpointPatience); conn.MaxDatagram() != limitDatagram; {
		if time.Now().After(deadline) {
			t.Fatalf("datagrams have %d bytes on loopback", conn.MaxDatagram())
		}
		say()
	}
	forge(t, client, server)
	before := client.Stats()
	for range 50 {
		say()
	}
	after := client.Stats()
	if after.Dropped != before.Dropped || after.ReceiveErrors != before.ReceiveErrors {
		t.Errorf("%+v, %d errors; before %+v, %d", after.Dropped, after.ReceiveErrors, before.Dropped, before.ReceiveErrors)
	}
	if s := conn.Stats(); s.MTU != limitDatagram || s.BlackHoles != 0 {
		t.Errorf("datagrams have %d bytes, %d black holes", s.MTU, s.BlackHoles)
	}
	server.Close()
	<-ended
}

// forge tells from's kernel, in the name of a router, that its datagrams to
// to must have at most 576 bytes (RFC 1191, section 4).
func forge(t *testing.T, from, to *Endpoint) {
	t.Helper()
	source, target := from.LocalAddr(), to.LocalAddr()
	raw, err := net.DialIP("ip4:icmp", nil, &net.IPAddr{IP: source.Addr().AsSlice()})
	if err != nil {
		t.Skip(err)
	}
	defer raw.Close()
	message := []byte{3, 4, 0, 0, 0, 0, 576 >> 8, 576 & 0xff}
	message = append(message, 0x45, 0, 1500>>8, 1500&0xff, 0, 0, 0x40, 0, 64, 17, 0, 0)
	message = append(message, source.Addr().AsSlice()...)
	message = append(message, target.Addr().AsSlice()...)
	message = binary.BigEndian.AppendUint16(message, source.Port())
	message = binary.BigEndian.AppendUint16(message, target.Port())
	message = binary.BigEndian.AppendUint16(message, 1480)
	message = append(message, 0, 0)
	sum := uint32(0)
	for i := 0; i < len(message); i += 2 {
		sum += uint32(message[i])<<8 | uint32(message[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(message[2:], ^uint16(sum))
	for range 20 {
		if _, err := raw.Write(message); err != nil {
			t.Skip(err)
		}
	}
}
