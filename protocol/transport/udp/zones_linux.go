//go:build linux && !portable

package udp

import (
	"net"
	"net/netip"
	"strconv"
)

// zones translates the zones of link-local IPv6 addresses ("eth0" in fe80::1%eth0) to the kernel's numbers and
// back, and remembers the latest one, since a socket hardly ever sees two. It belongs to one goroutine.
type zones struct {
	name   string
	number uint32
}

// zoned returns the address with the zone of that number: an interface's name, or the number if it has none.
func (z *zones) zoned(addr netip.Addr, number uint32) netip.Addr {
	if z.number != number {
		name := strconv.FormatUint(uint64(number), 10)
		if device, err := net.InterfaceByIndex(int(number)); err == nil {
			name = device.Name
		}
		z.name, z.number = name, number
	}
	return addr.WithZone(z.name)
}

// scope returns the number of the zone, 0 for no zone, and whether there is such a zone.
func (z *zones) scope(name string) (number uint32, known bool) {
	if name == "" {
		return 0, true
	}
	if z.name != name {
		number, known := lookUp(name)
		if !known {
			return 0, false
		}
		z.name, z.number = name, number
	}
	return z.number, true
}

func lookUp(zone string) (number uint32, known bool) {
	if device, err := net.InterfaceByName(zone); err == nil {
		return uint32(device.Index), true
	}
	n, err := strconv.ParseUint(zone, 10, 32)
	return uint32(n), err == nil
}
