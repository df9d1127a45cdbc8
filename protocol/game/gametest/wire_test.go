package gametest

import (
	"strings"
	"testing"

	"laglab/protocol/game"
)

// TestWireNoticesWhatDoesNotComeBack sends what a sound engine never would.
func TestWireNoticesWhatDoesNotComeBack(t *testing.T) {
	type state struct {
		A int8 `net:"max=5"`
		B int8 `net:"own"`
	}
	s, err := game.NewSchema[state]()
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(s)
	if f := w.send(3, s.Zero(), []int32{6, 0}, true); f == nil || !strings.Contains(f.Found, "does not decode") {
		t.Errorf("a value out of bounds: %v", f)
	}
	for _, owner := range []bool{true, false} {
		if f := w.send(3, []int32{1, 2}, []int32{4, -4}, owner); f != nil {
			t.Errorf("owner %t: %v", owner, f)
		}
	}
}
