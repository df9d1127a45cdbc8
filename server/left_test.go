package server

import (
	"fmt"
	"runtime"
	"testing"
	"weak"

	"laglab/protocol"
)

// TestWhoLeftIsCollected: nothing in a match keeps the memory of players who left it, however many those are who stay.
func TestWhoLeftIsCollected(t *testing.T) {
	c := newCrowd(t, 300)
	c.match.config.SnapshotRate, c.match.config.Encoders = c.match.config.TickRate, 4 // all are due in each tick, and all encoders work
	players := make([]*player[dot, press], 300)
	for i := range players {
		players[i] = c.join(fmt.Sprint("player ", i))
	}
	c.tick()
	c.tick()
	if n := len(c.match.encoders); n != 4 || len(c.match.due) != 300 {
		t.Fatalf("%d encoders work, %d players are due", n, len(c.match.due))
	}
	var left []weak.Pointer[player[dot, press]]
	for i, p := range players {
		if i == 150 {
			continue // one stays
		}
		c.match.inbox.post(letterCommands, p, []byte{byte(protocol.KindCommands)}, c.now)
		c.leave(p)
		left = append(left, weak.Make(p))
	}
	clear(players)
	for range 3 { // the inbox has two boxes
		c.tick()
	}
	runtime.GC()
	kept := 0
	for _, p := range left {
		if p.Value() != nil {
			kept++
		}
	}
	if kept > 0 || c.match.Players() != 1 {
		t.Errorf("of %d who left %d are kept; %d stayed", len(left), kept, c.match.Players())
	}
	runtime.KeepAlive(c)
}

// TestSceneLetsGo: between ticks a scene, which may not be needed again, holds on to nothing of the player it was for last.
func TestSceneLetsGo(t *testing.T) {
	s := scene[dot]{memory: &[]lastTold{{}}, only: &interest[dot]{of: sightings{1: 1}}}
	if s.release(); s.memory != nil || s.only.of != nil {
		t.Errorf("it keeps %v and %v", s.memory, s.only.of)
	}
}
