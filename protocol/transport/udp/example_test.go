package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"laglab/protocol/transport/udp"
)

// echo answers every datagram with itself until the socket is closed.
func echo(conn *udp.Conn) error {
	out := conn.NewBatch()
	for {
		_, err := conn.Receive(func(from netip.AddrPort, datagram []byte) {
			out.Append(from, datagram) // the bytes are copied
		})
		out.Flush()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// An echo server, and somebody who talks to it.
func Example() {
	server, err := udp.Config{Addr: netip.MustParseAddrPort("127.0.0.1:0")}.Listen()
	if err != nil {
		fmt.Println(err)
		return
	}
	stopped := make(chan error)
	go func() { stopped <- echo(server) }()

	client, err := udp.Config{}.Listen()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	batch := client.NewBatch()
	batch.Append(server.LocalAddr(), []byte("is anybody there?"))
	batch.Flush()
	if _, err := client.Receive(func(from netip.AddrPort, datagram []byte) {
		fmt.Printf("%s, from the server: %v\n", datagram, from == server.LocalAddr())
	}); err != nil {
		fmt.Println(err)
	}

	_ = server.Close()
	fmt.Println(<-stopped)
	// Output:
	// is anybody there?, from the server: true
	// <nil>
}
