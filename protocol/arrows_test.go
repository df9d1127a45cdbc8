package protocol_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rule forbids packages below one path to import packages below others, with the reason.
type rule struct {
	from   string
	except []string
	to     []string
	why    string
}

// arrows are the module's layers: cmd -> sim -> {server, client} -> protocol.
var arrows = []rule{
	{"laglab/protocol", nil, []string{"laglab/server", "laglab/client", "laglab/sim", "laglab/cmd"},
		"protocol is what both ends agree on; it knows neither end"},
	{"laglab/server", nil, []string{"laglab/client", "laglab/sim", "laglab/cmd"},
		"a game ships its server without a client or the laboratory in it"},
	{"laglab/client", nil, []string{"laglab/server", "laglab/sim", "laglab/cmd"},
		"a game ships its client without the server's secrets or the laboratory in it"},
	{"laglab/sim", nil, []string{"laglab/cmd"},
		"cmd is doors; what is behind them must work without"},
	{"laglab/sim/arena", nil, []string{"laglab/protocol/transport", "laglab/protocol/clock", "laglab/server", "laglab/client", "laglab/sim/bot", "laglab/sim/netem", "laglab/sim/measure", "laglab/sim/bench"},
		"the built-in game is plugged in from outside, like anyone's: it sees the rules' contract only"},
	{"laglab/protocol", []string{"laglab/protocol/transport", "laglab/protocol/clock", "laglab/protocol/playback"}, []string{"net", "net/netip", "net/http", "os", "time", "golang.org/x/sys", "golang.org/x/net", "github.com/xtaci/kcp-go"},
		"messages and rules have no sockets and no clock"},
	{"laglab/protocol/transport", []string{"laglab/protocol/transport/udp"}, []string{"net", "net/http", "os", "golang.org/x/sys", "golang.org/x/net", "laglab/protocol/clock"},
		"the connection is a state machine: addresses (net/netip) and kcp-go's machine are all it needs"},
	{"laglab/protocol/playback", nil, []string{"net", "os", "laglab/protocol/clock", "laglab/protocol/transport"},
		"a playback is handed the time, and what arrived"},
	{"laglab/server", nil, []string{"net/http"}, "a game's server is not a web server"},
	{"laglab/client", nil, []string{"net/http"}, "a game's client is not a web client"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestArrows(t *testing.T) {
	packages := list(t)
	for _, r := range arrows {
		for _, p := range packages {
			if !below(p.ImportPath, r.from) || slices.ContainsFunc(r.except, func(e string) bool { return below(p.ImportPath, e) }) {
				continue
			}
			for _, i := range p.Imports {
				if slices.ContainsFunc(r.to, func(to string) bool { return i == to || strings.Contains(to, "/") && below(i, to) }) {
					t.Errorf("%s imports %s: %s", p.ImportPath, i, r.why)
				}
			}
		}
	}
}

// below reports whether a package is of that path or beneath it.
func below(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// list asks the go command for the module's packages and what they import, tests not counted.
func list(t *testing.T) (all []goPackage) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "laglab/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}

// TestTopLevel: the rooms are fixed.
func TestTopLevel(t *testing.T) {
	rooms := []string{"server", "client", "protocol", "sim", "cmd", "go.mod", "go.sum", "README.md", "LICENSE"}
	out, err := exec.Command("git", "-C", "..", "ls-files").Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	for file := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		top, _, _ := strings.Cut(filepath.ToSlash(file), "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(rooms, top) {
			t.Errorf("%s: the top level holds %v and dot-files only", file, rooms)
		}
	}
}
