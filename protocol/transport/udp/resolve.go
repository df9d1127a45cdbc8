package udp

import (
	"fmt"
	"net"
	"net/netip"
)

// Resolve finds the address that "host:port" names. IPv4 addresses come as plain IPv4, and a missing host as the
// unspecified address. The error says what form is wanted.
func Resolve(hostPort string) (netip.AddrPort, error) {
	a, err := net.ResolveUDPAddr("udp", hostPort)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w; want host:port, for instance 127.0.0.1:62893", hostPort, err)
	}
	addr := a.AddrPort().Addr().Unmap()
	if !addr.IsValid() {
		addr = netip.IPv4Unspecified()
	}
	return netip.AddrPortFrom(addr, a.AddrPort().Port()), nil
}

// LocalFor is the address to bind for talking to a peer: what is loopback stays on loopback.
func LocalFor(peer netip.Addr) netip.AddrPort {
	switch {
	case peer.IsLoopback():
		return netip.AddrPortFrom(peer, 0)
	case peer.Is6():
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}
