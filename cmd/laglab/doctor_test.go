package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// callDoctor runs the command and returns its exit code and what it wrote.
func callDoctor(args ...string) (code int, stdout string) {
	cmd := newDoctor()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		code = exitCode(err)
	}
	return code, out.String()
}

// bothPorts binds one free port for UDP and TCP.
func bothPorts(t *testing.T) (addr string, u net.PacketConn, l net.Listener) {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		u, err := net.ListenPacket("udp", l.Addr().String())
		if err == nil {
			t.Cleanup(func() { u.Close(); l.Close() })
			return l.Addr().String(), u, l
		}
		l.Close()
	}
	t.Fatal("no port is free for both UDP and TCP")
	return "", nil, nil
}

// lineOf is the one line of the output that has the text.
func lineOf(t *testing.T, stdout, text string) string {
	t.Helper()
	for line := range strings.Lines(stdout) {
		if strings.Contains(line, text) {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("no line says %q:\n%s", text, stdout)
	return ""
}

func TestDoctorOnAFreePort(t *testing.T) {
	addr, u, l := bothPorts(t)
	u.Close()
	l.Close()
	code, stdout := callDoctor("--addr", addr)
	if code != exitOK {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	for _, want := range []string{
		"UDP " + addr + " is free", "TCP " + addr + " is free", "datagrams of 1,200 bytes came back", "a burst of", "GOMAXPROCS", runtime.Version(),
		"sleeps of 1ms",
	} {
		lineOf(t, stdout, want)
	}
}

func TestDoctorOnATakenPort(t *testing.T) {
	for _, network := range []string{"UDP", "TCP"} {
		t.Run(network, func(t *testing.T) {
			addr, u, l := bothPorts(t)
			free := "TCP"
			if network == "UDP" {
				l.Close()
			} else {
				u.Close()
				free = "UDP"
			}
			code, stdout := callDoctor("--addr", addr)
			if code != exitBind {
				t.Errorf("exit code %d, want %d", code, exitBind)
			}
			lineOf(t, stdout, free+" "+addr+" is free")
			line := lineOf(t, stdout, network+" "+addr+" is held by ")
			if !strings.HasPrefix(line, "bad ") || !strings.Contains(line, "--addr 127.0.0.1:0") {
				t.Errorf("%q is not bad, or says no remedy", line)
			}
			if self := fmt.Sprintf("(process %d)", os.Getpid()); runtime.GOOS == "linux" && !strings.Contains(line, self) {
				t.Errorf("%q does not name the holder %s", line, self)
			}
		})
	}
}

func TestDoctorJSON(t *testing.T) {
	addr, _, _ := bothPorts(t)
	code, stdout := callDoctor("--json", "--addr", addr)
	if code != exitBind {
		t.Errorf("exit code %d, want %d", code, exitBind)
	}
	var found []finding
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	if len(found) < 7 || found[0].Severity != isBad || found[1].Severity != isBad {
		t.Errorf("%d findings, the first are %+v", len(found), found[:2])
	}
	for _, f := range found {
		checkRemedy(t, f)
	}
}

// checkRemedy: what is not ok says what to do, what is ok does not.
func checkRemedy(t *testing.T, f finding) {
	t.Helper()
	if f.Check == "" || f.Fact == "" || (f.Severity == isOK) != (f.Remedy == "") {
		t.Errorf("%+v lacks a check, a fact or a remedy, or has one too many", f)
	}
}

func TestDoctorRefusesABadAddress(t *testing.T) {
	if code, stdout := callDoctor("--addr", "nowhere"); code != exitConfig || stdout != "" {
		t.Errorf("exit code %d, want %d\n%s", code, exitConfig, stdout)
	}
}

// TestDoctorJudges holds the limits at which a finding is not ok any more.
func TestDoctorJudges(t *testing.T) {
	addr := netip.MustParseAddrPort("127.0.0.1:1")
	all := func(d time.Duration) []time.Duration { return []time.Duration{d, d, d} }
	for _, c := range []struct {
		name string
		f    finding
		want severity
		says string
	}{
		{"free", addressFinding("UDP", addr, nil), isOK, "free"},
		{"taken", addressFinding("TCP", addr, syscall.EADDRINUSE), isBad, "held by"},
		{"elsewhere", addressFinding("UDP", addr, syscall.EADDRNOTAVAIL), isBad, "not an address"},
		{"privileged", addressFinding("TCP", addr, syscall.EACCES), isBad, "not for this user"},
		{"strange", addressFinding("UDP", addr, syscall.EIO), isBad, syscall.EIO.Error()},
		{"no socket", noSocket(checkLoopback, syscall.EMFILE), isBad, syscall.EMFILE.Error()},
		{"quick", roundTripFinding(all(20*time.Microsecond), 3), isOK, "20 µs p99"},
		{"slow", roundTripFinding(all(2*time.Millisecond), 3), isWarn, "2000 µs p99"},
		{"filtered", roundTripFinding(nil, 1), isBad, "0 of 1"},
		{"large buffers", burstFinding(3000, 4<<20, 4<<20), isOK, "burst of 3000 datagrams"},
		{"no end of buffers", burstFinding(burstMost, 8<<20, 8<<20), isOK, "or more"},
		{"small buffers", burstFinding(90, 208<<10, 208<<10), isWarn, "0.203 MiB"},
		{"small send buffer", burstFinding(3000, 4<<20, 208<<10), isWarn, "4 MiB to receive"},
		{"punctual", clockFinding(50, all(60*time.Microsecond)), isOK, "50ns"},
		{"late", clockFinding(50, all(400*time.Microsecond)), isWarn, "400 µs p99"},
		{"coarse", clockFinding(500*time.Microsecond, all(0)), isWarn, "500µs"},
		{"files", filesFinding(1024), isOK, "1024"},
		{"few files", filesFinding(64), isWarn, "64"},
		{"processors", processorFinding(4, 4, 0), isOK, "cores 4"},
		{"enough of them", processorFinding(8, 4, 4), isOK, "grants 4"},
		{"throttled", processorFinding(8, 8, 1.5), isWarn, "grants 1.5"},
		{"one processor", processorFinding(1, 1, 0), isWarn, "cores 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkRemedy(t, c.f)
			if c.f.Severity != c.want || !strings.Contains(c.f.Fact, c.says) {
				t.Errorf("%+v, want %s and %q", c.f, c.want, c.says)
			}
		})
	}
}

func TestDoctorVerdict(t *testing.T) {
	warn, bad := finding{Check: checkClock, Severity: isWarn}, finding{Check: checkLoopback, Severity: isBad}
	port := finding{Check: checkAddress, Severity: isBad}
	for _, c := range []struct {
		found []finding
		code  int
	}{
		{[]finding{warn}, exitOK}, {[]finding{warn, bad}, exitFailed}, {[]finding{port, warn}, exitBind}, {[]finding{port, bad}, exitBind},
	} {
		code, err := exitOK, diagnosis(c.found)
		if err != nil {
			code = exitCode(err)
		}
		if code != c.code {
			t.Errorf("%v: exit code %d, want %d", c.found, code, c.code)
		}
	}
}
