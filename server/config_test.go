package server

import (
	"errors"
	"strings"
	"testing"
)

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   []string
	}{
		{Config{TickRate: 241}, []string{"tick rate is 241", "1 to 240"}},
		{Config{TickRate: 30, SnapshotRate: 31}, []string{"snapshot rate is 31", "1 to 30"}},
		{Config{Matches: -1}, []string{"matches is -1", "1 to 1024"}},
		{Config{Options: strings.Repeat("x", 300)}, []string{"options", "256"}},
		{Config{Options: "map=yard\t"}, []string{"options", "printable"}},
		{Config{Addr: "nonsense"}, []string{"nonsense", "host:port"}},
		{Config{Addr: "0.0.0.0:62893"}, []string{"0.0.0.0:62893", "loopback", "127.0.0.1"}},
		{Config{Addr: ":62893"}, []string{"loopback"}},
		{Config{Addr: "0.0.0.0:62893", AllowRemote: true}, []string{"join key"}},
	} {
		err := c.config.Check()
		if err == nil {
			t.Errorf("%+v was accepted", c.config)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
	}
	remote := Config{Addr: "0.0.0.0:62893"}
	if err := remote.Check(); !errors.Is(err, ErrRemote) {
		t.Error(err)
	}
	for _, good := range []Config{{}, {TickRate: 10}, {Addr: "[::1]:0"}, {Addr: "0.0.0.0:0", AllowRemote: true, JoinKey: "k"}} {
		if err := good.Check(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
}
