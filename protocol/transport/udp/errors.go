package udp

import (
	"errors"
	"syscall"
)

// transient reports whether receiving may go on after the error: it tells nothing of this socket's state, but is
// news of some datagram that was sent, or a moment's shortage.
func transient(err error) bool {
	errno := errnoOf(err)
	return passing(errno) || full(errno) || errno == syscall.EHOSTUNREACH || errno == syscall.ENETUNREACH
}

// passing reports whether the same call may succeed if it is made again at once.
func passing(errno syscall.Errno) bool {
	switch errno {
	case syscall.EINTR, syscall.ECONNREFUSED, syscall.ECONNRESET:
		return true
	default:
		return passingHere(errno)
	}
}

// full reports whether a buffer, or memory, is used up.
func full(errno syscall.Errno) bool {
	switch errno {
	case syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM:
		return true
	default:
		return fullHere(errno)
	}
}

// errnoOf returns the system's number for the error, 0 if it has none.
func errnoOf(err error) (errno syscall.Errno) {
	errors.As(err, &errno)
	return errno
}
