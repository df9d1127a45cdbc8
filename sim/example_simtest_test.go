package sim_test

import (
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/netem"
	"laglab/sim/simtest"
)

// A game's own regression tests: children play tag on phones, and the rules may not make their screens lie more than they do.
// Whoever makes runners faster, or catches differently, learns here what that costs those with a bad line.
func TestTagOnPhones(t *testing.T) {
	simtest.Run(t, game.MustDefine("tag", 1, newTag), "testdata/tag-on-phones.yaml")
}

// The same, written in Go.
func TestTagAtHome(t *testing.T) {
	link := netem.Profile{Delay: 10 * time.Millisecond}
	simtest.Check(t, game.MustDefine("tag", 1, newTag), sim.Scenario{
		Server:   server.Config{TickRate: 30},
		Groups:   []sim.Group{{Name: "children", Count: 6, Up: link, Down: link}},
		Duration: 2 * time.Second,
	}, "children.connects == 6", "children.desyncs == 0", "children.rtt.p50 < 80ms")
}
