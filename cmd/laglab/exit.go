package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/netem/relay"
	"laglab/sim/verdict"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitConfig      = 3
	exitBind        = 4
	exitUnreachable = 5
	exitInvalid     = 97 // the run of a scenario says nothing: the lab was late, or it broke
	exitServer      = 98 // an expectation about the server failed
	exitNetcode     = 99 // one about the players did
	exitInterrupted = 130
)

// runs marks the commands that run until they are interrupted.
const runs = "runs"

var errInterrupted = errors.New("interrupted")

// coded is an error with the exit code that it means.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

func usage(err error) error     { return coded{err, exitUsage} }
func badConfig(err error) error { return coded{err, exitConfig} }

// outcomeError is the error that an outcome means, nil for the good one.
func outcomeError(name string, o verdict.Outcome) error {
	code, ok := map[verdict.Outcome]int{verdict.Invalid: exitInvalid, verdict.FailedServer: exitServer, verdict.FailedNetcode: exitNetcode}[o]
	if !ok {
		return nil
	}
	return coded{fmt.Errorf("%s: %s", name, o), code}
}

// exitCode is the code that an error means.
func exitCode(err error) int {
	var c coded
	switch {
	case errors.As(err, &c):
		return c.code
	case errors.Is(err, server.ErrListen), errors.Is(err, relay.ErrListen):
		return exitBind
	case errors.Is(err, sim.ErrNobodyPlayed):
		return exitUnreachable
	}
	return exitFailed
}

// bindError says what to do about an address that cannot be had.
func bindError(addr string, err error) error {
	return bindErrorOf("--addr 127.0.0.1:", "62893", addr, err)
}

// bindErrorOf is the same for a flag of another name, of which it is told the beginning, and the usual port.
func bindErrorOf(flag, port, addr string, err error) error {
	network := "UDP"
	var taken tcpError
	if errors.As(err, &taken) {
		network, addr = "TCP", taken.addr
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		holder := ""
		if who := holderOf(strings.ToLower(network), addr); who != "" {
			holder = " by " + who
		}
		hint := fmt.Sprintf("stop that, or use %s0 for a free port", flag)
		if network == "TCP" {
			hint += ", or --no-http to do without the page"
		}
		return coded{fmt.Errorf("%s %s is in use%s; %s", network, addr, holder, hint), exitBind}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return coded{fmt.Errorf("%s is not an address of this machine; use %s%s", addr, flag, port), exitBind}
	case errors.Is(err, syscall.EACCES):
		return coded{fmt.Errorf("the system does not let this user listen on %s; use a port above 1023, for instance %s%s", addr, flag, port), exitBind}
	}
	return err
}

// unreachable says what to do when no bot could play.
func unreachable(addr string, err error) error {
	if !errors.Is(err, sim.ErrNobodyPlayed) {
		return err
	}
	hint := "is the server running? start one with: laglab serve --addr " + addr
	var reason transport.Reason
	if errors.As(err, &reason) {
		switch reason {
		case transport.ReasonFull:
			hint = "give it more room: laglab serve --players-per-match 500"
		case transport.ReasonWrongKey:
			hint = "give the server's key: --join-key KEY"
		case transport.ReasonSchema, transport.ReasonVersion:
			hint = "run the same version of laglab on both ends"
		}
	}
	return coded{fmt.Errorf("server %s: %w; %s", addr, err, hint), exitUnreachable}
}
