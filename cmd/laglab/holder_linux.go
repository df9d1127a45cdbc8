package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"laglab/protocol/transport/udp"
)

// holderOf names the process that holds an address, as far as this user may know; network is "udp" or "tcp". It
// is empty when nobody is found. The kernel lists sockets by inode, and each process the inodes that it has open.
func holderOf(network, addr string) string {
	want, err := udp.Resolve(addr)
	if err != nil {
		return ""
	}
	inodes := map[string]bool{}
	for _, table := range []string{network, network + "6"} {
		for _, inode := range socketInodes("/proc/net/"+table, want, network == "tcp") {
			inodes["socket:["+inode+"]"] = true
		}
	}
	if len(inodes) == 0 {
		return ""
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*/fd")
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && inodes[target] {
				return processName(filepath.Dir(dir))
			}
		}
	}
	return "a process of another user"
}

// socketInodes reads one of the kernel's tables for sockets that keep others from the address.
func socketInodes(file string, want netip.AddrPort, listening bool) (inodes []string) {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	const tcpListen = "0A"
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || listening && fields[3] != tcpListen {
			continue
		}
		local, ok := kernelAddr(fields[1])
		if ok && local.Port() == want.Port() && (local.Addr() == want.Addr() || local.Addr().IsUnspecified() || want.Addr().IsUnspecified()) {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}

// kernelAddr parses an address as the kernel's tables have it: 32-bit words in the machine's order, in hex.
func kernelAddr(s string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), ok
}

func processName(dir string) string {
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return "process " + filepath.Base(dir)
	}
	return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), filepath.Base(dir))
}
