package main

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/recording"
)

// TestRecordAndReplay: a run is recorded and simulated again; so is what is left of a file, and a damaged one is refused.
func TestRecordAndReplay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.lagrec")
	code, _, stderr := call(context.Background(), "run", "--addr", "127.0.0.1:0", "--count", "6", "--link", "4g", "--duration", "3s", "--seed", "42", "--record", file)
	if code != exitOK || !strings.Contains(stderr, "ticks in "+file) || !strings.Contains(stderr, "laglab replay "+file) {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), whole...)
	flipped[len(flipped)/2] ^= 4
	for _, c := range []struct {
		name string
		file []byte
		code int
		says []string
	}{
		{"whole", whole, exitOK, []string{"arena 1, seed 42, recorded by laglab ", "match 0: ", "6 joined, 6 left", "all as recorded: ", "player-minutes", "times as fast"}},
		{"cut", whole[:len(whole)-100], exitOK, []string{"CUT SHORT", "it has no end", "all as recorded: "}},
		{"flipped", flipped, exitConfig, []string{"laglab: ", "the recording is damaged", "another CRC"}},
		{"other", []byte("lagrec\x1a\x09"), exitConfig, []string{"another format version, 9", "reads 1"}},
		{"empty", nil, exitConfig, []string{"not a recording"}},
	} {
		name := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(name, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := call(context.Background(), "replay", name)
		if code != c.code {
			t.Errorf("%s: exit code %d, %s", c.name, code, stderr)
		}
		for _, w := range c.says {
			if !strings.Contains(stdout+stderr, w) {
				t.Errorf("%s: no %q in %s%s", c.name, w, stdout, stderr)
			}
		}
	}
}

// TestServeRecords: the server alone records, too.
func TestServeRecords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "serve.lagrec")
	g := begin(t, "serve", "--addr", "127.0.0.1:0", "--matches", "2", "--record", file)
	addr := g.page(t)
	if code, _, stderr := call(context.Background(), "bots", "--addr", addr, "--count", "3", "--duration", "1s"); code != exitOK {
		t.Errorf("bots: exit code %d, %s", code, stderr)
	}
	g.interrupt()
	if <-g.code; !strings.Contains(g.err.String(), "ticks in "+file) {
		t.Errorf("serve said %q", g.err.String())
	}
	if code, stdout, stderr := call(context.Background(), "replay", file); code != exitOK || !strings.Contains(stdout, "match 1: ") || !strings.Contains(stdout, "all as recorded") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// otherwise are the arena's rules, but for one tick.
type otherwise struct {
	game.Rules[arena.Entity, arena.Command]
}

func (o otherwise) Step(w *game.World[arena.Entity], commands []game.Command[arena.Command]) {
	o.Rules.Step(w, commands)
	if w.Tick() == 100 {
		w.Rand(2)
	}
}

// TestReplayFindsOtherRules: what other rules did in one tick is found in that tick.
func TestReplayFindsOtherRules(t *testing.T) {
	g := game.MustDefine("arena", arena.Game.Version, func(s game.Settings) (game.Rules[arena.Entity, arena.Command], error) {
		rules, err := arena.New(s)
		return otherwise{rules}, err
	})
	host, err := server.NewHost(g, &server.Config{}, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "run.lagrec"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := recording.NewWriter(file, g, recording.Config{})
	if err != nil {
		t.Fatal(err)
	}
	recording.Record(w, g, host.Matches()...)
	for i := range 200 {
		host.Matches()[0].Tick(time.Duration(i) * 16 * time.Millisecond)
	}
	if err := errors.Join(w.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call(context.Background(), "replay", file.Name())
	if code != exitFailed || !strings.Contains(stdout, "DIFFERENCE match 0 at tick 100: the worlds differ in the world's chance\n") || !strings.Contains(stderr, "laglab: the replay differs") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}
