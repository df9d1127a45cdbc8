//go:build !linux || portable

// The tag portable builds the plain files on Linux too, so that their tests can run there.

package udp

import (
	"net"
	"net/netip"
	"sync"
)

// socket is one of the net package, which sends and receives one datagram per call.
type socket struct {
	udp     *net.UDPConn
	sending sync.Mutex // the write deadline is one for all batches
}

// open binds a socket.
func (s *socket) open(c Config) (err error) {
	network := "udp6"
	switch addr := c.Addr.Addr(); {
	case addr.Is4():
		network = "udp4"
	case addr.IsUnspecified():
		network = "udp" // both kinds
	}
	s.udp, err = net.ListenUDP(network, net.UDPAddrFromAddrPort(c.Addr))
	return err
}

// local is the address that the socket got.
func (s *socket) local() (netip.AddrPort, error) {
	local := s.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(local.Addr().Unmap(), local.Port()), nil
}

// leastBuffer is what every system grants.
const leastBuffer = 4096

// setBuffers asks for the sizes given and returns the granted ones: some systems refuse too large a buffer, so it
// asks for ever less.
func (s *socket) setBuffers(receive, send int) (gotReceive, gotSend int, err error) {
	if gotReceive, err = setBuffer(s.udp.SetReadBuffer, receive); err != nil {
		return 0, 0, err
	}
	gotSend, err = setBuffer(s.udp.SetWriteBuffer, send)
	return gotReceive, gotSend, err
}

func setBuffer(set func(int) error, size int) (got int, err error) {
	for ; ; size /= 2 {
		if err = set(size); err == nil || size <= leastBuffer {
			return size, err
		}
	}
}

func (s *socket) close() error { return s.udp.Close() }

// drops is unknown on these systems.
type drops struct{}

func (*drops) open(*socket) {}

func (*drops) read() uint64 { return 0 }
