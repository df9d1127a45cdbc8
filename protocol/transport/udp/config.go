package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// MaxDatagram is the longest datagram that is sent or received without a Config.Pool, in bytes. It is more than fits an
// Ethernet frame without fragments (1,472 bytes over IPv4, 1,452 over IPv6); a longer one is dropped and counted.
const MaxDatagram = 1500

// MaxLong is the longest datagram that is sent or received with a Config.Pool: the longest that UDP has, which is 65,507
// bytes over IPv4 and 65,527 over IPv6.
const MaxLong = 65_527

// What Config's zero values mean, and how far its values may go.
const (
	defaultBuffer = 4 << 20
	maxBuffer     = 1 << 30
	defaultBatch  = 64
	maxBatch      = 1024 // UIO_MAXIOV: the kernel takes no more per call
)

// Config says which socket to open. The zero value is a socket on 127.0.0.1 at a port that the system chooses.
type Config struct {
	// Addr is where to listen. Port 0 lets the system choose a port, which LocalAddr tells. An address that is not
	// set means 127.0.0.1. The wildcard [::] takes IPv4 as well as IPv6; any other address takes its own kind.
	Addr netip.AddrPort

	// ReceiveBuffer and SendBuffer are what the kernel is asked to buffer, in bytes, from 0 to 1 GiB. 0 means
	// 4 MiB. The kernel may give less without an error (net.core.rmem_max and wmem_max on Linux, which a
	// privileged process passes): see Buffers.
	ReceiveBuffer, SendBuffer int

	// Batch is how many datagrams one system call moves at most, from 0 to 1024. 0 means 64. Each costs
	// MaxDatagram bytes of memory in the Conn and in each Batch. On systems other than Linux a call moves one
	// datagram, whatever Batch is.
	Batch int

	// Pool lets datagrams of up to MaxLong bytes pass. They are received into storage of the pool's, which other Conns
	// use too. It cannot be had together with Coalesce. The default is that longer ones than MaxDatagram are dropped.
	Pool *Pool

	// Segment lets a Batch send datagrams to the same address and of the same length as one message, up to 64 of
	// them, that Linux carries as one packet and cuts apart at the device or, over loopback, at the receiving
	// socket (UDP_SEGMENT, generic segmentation offload). Sending 48 datagrams of six lengths over loopback costs a
	// third of what it costs without; 48 of one length, a quarter. The default is not to.
	//
	// The price is order: one Flush sends sorted by address and length. Datagrams of the same address and length
	// keep their order; others overtake each other, and what a full buffer drops are not the last appended ones.
	//
	// It is a wish. A kernel, a device or a route that cannot do it gets each datagram by itself, and other
	// systems than Linux ignore it.
	Segment bool

	// Coalesce lets Linux hand over like datagrams from one address, that arrived together, in one piece, which is then
	// cut apart here (UDP_GRO, generic receive offload): those that a socket with Segment sent over loopback as one
	// message, and those that a network device gathers. Of 48 datagrams of six lengths that were sent so, receiving costs a
	// sixth of what it costs without, and sending over loopback a half. The default is not to.
	//
	// The price is memory, 2 MiB in place of Batch times MaxDatagram bytes, of which only as much is ever touched as
	// arrives at once; a call moves at most 32 pieces; and Counters.ReceiveDrops counts a piece that is dropped as one.
	//
	// It is a wish, as Segment is.
	Coalesce bool
}

// Listen opens the socket. A value out of range is an error that names the field. An error of the system is wrapped:
// errors.Is(err, syscall.EADDRINUSE) tells that another socket has the port. The port is never shared with another
// process (no SO_REUSEADDR or SO_REUSEPORT), so that a second server fails to start rather than take half of the
// datagrams.
func (c Config) Listen() (*Conn, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	conn := new(Conn)
	err = conn.open(c)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("%w; stop the program that has the port, or choose another port", err)
	}
	if err != nil {
		return nil, fmt.Errorf("udp: listen on %v: %w", c.Addr, err)
	}
	return conn, nil
}

// complete checks the values and puts the defaults in.
func (c Config) complete() (Config, error) {
	addr := c.Addr.Addr().Unmap()
	if !addr.IsValid() {
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if addr.IsMulticast() {
		// Listening for a group is more than binding to its address, and the net package shares such a port.
		return c, fmt.Errorf("udp: Config.Addr is %v, a multicast address, want a unicast one", c.Addr)
	}
	if c.Pool != nil && c.Coalesce {
		return c, errors.New("udp: Config.Coalesce is set together with Config.Pool, want one of them")
	}
	c.Addr = netip.AddrPortFrom(addr, c.Addr.Port())
	for _, field := range []struct {
		name          string
		value         *int
		usual, atMost int
	}{
		{"ReceiveBuffer", &c.ReceiveBuffer, defaultBuffer, maxBuffer},
		{"SendBuffer", &c.SendBuffer, defaultBuffer, maxBuffer},
		{"Batch", &c.Batch, defaultBatch, maxBatch},
	} {
		if *field.value < 0 || *field.value > field.atMost {
			return c, fmt.Errorf("udp: Config.%s is %d, want 0 to %d", field.name, *field.value, field.atMost)
		}
		if *field.value == 0 {
			*field.value = field.usual
		}
	}
	return c, nil
}
