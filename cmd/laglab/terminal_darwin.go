package main

import "golang.org/x/sys/unix"

// The calls by which a terminal's settings are asked for and set.
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)
