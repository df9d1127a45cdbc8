package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"laglab/protocol/transport/udp"
	"laglab/server"
)

// severity is how a finding is to be taken.
type severity string

// The severities.
const (
	isOK   severity = "ok"
	isWarn severity = "warn" // laglab works, but what it measures may be worse than it had to be
	isBad  severity = "bad"  // laglab does not work
)

// finding is one thing that doctor looked at.
type finding struct {
	Check    string   `json:"check"`
	Severity severity `json:"severity"`
	Fact     string   `json:"fact"`
	Remedy   string   `json:"remedy,omitempty"` // what to do, unless it is ok
}

func fine(check, format string, a ...any) finding {
	return finding{Check: check, Severity: isOK, Fact: fmt.Sprintf(format, a...)}
}

// but makes a finding less than ok, with what to do about it.
func (f finding) but(s severity, remedy string) finding {
	f.Severity, f.Remedy = s, remedy
	return f
}

// The checks that more than one file or the exit code knows.
const (
	checkAddress  = "address"
	checkLoopback = "loopback"
	checkBuffers  = "buffers"
	checkClock    = "clock"
)

func newDoctor() *cobra.Command {
	var (
		addr   string
		asJSON bool
	)
	cmd := newCommand("doctor", "Check whether this machine is fit for a run, and say what to do",
		`doctor looks at what a run depends on: the address, the way UDP takes through this machine, socket buffers, open
files, clock and timers, processors. Each finding is ok, warn (figures may be worse than need be) or bad (it will not
work), and says what to do. The exit code is 0 when nothing is bad, 4 when the address cannot be had, else 1.`,
		"  laglab doctor\n  laglab doctor --addr 127.0.0.1:7777 --json", nil)
	cmd.Flags().StringVar(&addr, "addr", server.DefaultAddr, "address that the server is to have, UDP and TCP")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		at, err := serverAddr(addr, true)
		if err != nil {
			return badConfig(err)
		}
		found := examine(at)
		write := writeFindings
		if asJSON {
			write = writeFindingsJSON
		}
		if err := write(cmd.OutOrStdout(), found); err != nil {
			return err
		}
		return diagnosis(found)
	}
	return cmd
}

// examine makes all checks, in less than a second.
func examine(addr netip.AddrPort) []finding {
	found := []finding{checkUDP(addr), checkTCP(addr), checkRoundTrips(), checkBurst()}
	found = append(found, checkFiles()...)
	return append(found, checkPunctuality(), checkProcessors(), checkSystem())
}

func writeFindings(w io.Writer, found []finding) error {
	for _, f := range found {
		line := fmt.Sprintf("%-4s  %-10s  %s", f.Severity, f.Check, f.Fact)
		if f.Remedy != "" {
			line += " → " + f.Remedy
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func writeFindingsJSON(w io.Writer, found []finding) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(found)
}

// diagnosis is nil when nothing is bad, or else an error with the exit code.
func diagnosis(found []finding) error {
	bad, code := 0, exitFailed
	for _, f := range found {
		if f.Severity != isBad {
			continue
		}
		bad++
		if f.Check == checkAddress {
			code = exitBind
		}
	}
	if bad == 0 {
		return nil
	}
	return coded{fmt.Errorf("%d of %d findings are bad; each line says what to do", bad, len(found)), code}
}

// checkUDP looks whether the game could listen.
func checkUDP(addr netip.AddrPort) finding {
	socket, err := udp.Config{Addr: addr}.Listen()
	if err == nil {
		err = socket.Close()
	}
	return addressFinding("UDP", addr, err)
}

// checkTCP looks whether the page could be served at the same number.
func checkTCP(addr netip.AddrPort) finding {
	l, err := net.Listen("tcp", addr.String())
	if err == nil {
		err = l.Close()
	}
	return addressFinding("TCP", addr, err)
}

func addressFinding(network string, addr netip.AddrPort, err error) finding {
	const another = "use another address, for instance --addr 127.0.0.1:62893"
	cannot := func(why, remedy string) finding {
		return fine(checkAddress, "%s %s %s", network, addr, why).but(isBad, remedy)
	}
	switch {
	case err == nil:
		return fine(checkAddress, "%s %s is free", network, addr)
	case errors.Is(err, syscall.EADDRINUSE):
		who := holderOf(map[string]string{"UDP": "udp", "TCP": "tcp"}[network], addr.String())
		if who == "" {
			who = "another program"
		}
		return cannot("is held by "+who, "stop that, or use --addr 127.0.0.1:0 for a free port")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return cannot("is not an address of this machine", another)
	case errors.Is(err, syscall.EACCES):
		return cannot("is not for this user", "use a port above 1023, for instance --addr 127.0.0.1:62893")
	}
	return cannot(fmt.Sprintf("cannot be listened on: %v", err), another)
}

// filesNeeded is plenty: a thousand bots share a socket and a timer per processor, and a server has one socket, some
// timers and the connections of its page.
const filesNeeded = 256

// checkFiles is empty where the system does not tell.
func checkFiles() []finding {
	limit, ok := openFiles()
	if !ok {
		return nil
	}
	return []finding{filesFinding(limit)}
}

func filesFinding(limit uint64) finding {
	f := fine("files", "%d may be open; 1,000 bots need fewer than %d, since they share sockets", limit, filesNeeded)
	if limit < filesNeeded {
		return f.but(isWarn, fmt.Sprintf("raise the limit: ulimit -n %d", 4*filesNeeded))
	}
	return f
}

func checkProcessors() finding {
	return processorFinding(runtime.NumCPU(), runtime.GOMAXPROCS(0), cpuLimit())
}

// processorFinding compares what the program uses with what there is and what it may use; limit is 0 when none is
// known.
func processorFinding(cores, use int, limit float64) finding {
	grants := "no limit of a control group is known"
	if limit > 0 {
		grants = fmt.Sprintf("the control group grants %.3g of them", limit)
	}
	f := fine("processors", "cores %d, GOMAXPROCS %d, %s", cores, use, grants)
	switch {
	case limit > 0 && limit < float64(use):
		return f.but(isWarn, fmt.Sprintf("the kernel will halt the program again and again: raise the group's limit, or set GOMAXPROCS=%d", max(int(limit), 1)))
	case use < 2:
		return f.but(isWarn, "server and bots wait for each other: give them two cores, or run the bots on another machine with laglab bots")
	}
	return f
}

func checkSystem() finding {
	f := fine("system", "%s on %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if kernel := kernelRelease(); kernel != "" {
		f.Fact += ", kernel " + kernel
	}
	return f
}
