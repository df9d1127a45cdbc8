package main

import (
	"context"
	"strings"
	"testing"
)

// TestRepeatCommand: a scenario is the same twice; what is asked wrongly is said.
func TestRepeatCommand(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "a.yaml", "version: 1\nduration: 3s\ngroups: [{name: home, count: 4, brain: hunter, link: 4g}]\nevents: [{at: 1s, restart: 100ms}]\n")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"repeat", file}, exitOK, "are alike in all of "},
		{[]string{"repeat", file, "--seed", "77"}, exitOK, "seed 77: "},
		{[]string{"repeat", file, "--vary", "rewind=250ms,off"}, exitUsage, "--vary makes several runs"},
		{[]string{"repeat", file, "--duration", "500ms"}, exitConfig, "event 1: is at 1s"},
		{[]string{"repeat"}, exitUsage, "repeat wants one scenario"},
		{[]string{"repeat", "train-rid"}, exitConfig, "train-ride"},
	} {
		code, stdout, stderr := call(context.Background(), c.args...)
		if code != c.code || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%q: exit code %d, %s%s", c.args, code, stdout, stderr)
		}
	}
	before := strings.Split(succeed(t, "repeat", file), ", after")[0]
	t.Setenv("LAGLAB_SNAPSHOTS", "5")
	if after := succeed(t, "repeat", file); strings.HasPrefix(after, before) {
		t.Errorf("with other snapshots the same happened: %s", after)
	}
}
