package udp

import "syscall"

// Windows has numbers of its own for what its sockets return; syscall.ECONNREFUSED and the like never occur.
const (
	wsaeWouldBlock = syscall.Errno(10035)
	wsaeNetReset   = syscall.Errno(10052) // a datagram's time to live ran out
	wsaeConnReset  = syscall.Errno(10054) // a datagram was refused by ICMP
	wsaeNoBufs     = syscall.Errno(10055)
)

func passingHere(errno syscall.Errno) bool { return errno == wsaeNetReset || errno == wsaeConnReset }

func fullHere(errno syscall.Errno) bool { return errno == wsaeWouldBlock || errno == wsaeNoBufs }
