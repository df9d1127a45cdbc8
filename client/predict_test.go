package client

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"laglab/protocol"
	"laglab/protocol/game"
)

// fresh is a predictor that knows nothing yet.
func fresh(t rapid.TB, c Config) *predictor[dot, push] {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	schema, err := game.NewSchema[dot]()
	if err != nil {
		t.Fatal(err)
	}
	p := newPredictor[dot, push](schema, dots{}, &c, 60, newRows(schema.Width()))
	return &p
}

// predicting is a predictor that has given the commands for ticks 1 to 20, one unit to the right each, from a truth
// at 0 after tick 0.
func predicting(t *testing.T, c Config) *predictor[dot, push] {
	t.Helper()
	p := fresh(t, c)
	p.now = 100
	if c := p.confirm(0, 100, []int32{0, 0, 0}, true); c.Predicted {
		t.Fatal("the first confirmation has nothing to compare with")
	}
	for tick := protocol.Tick(101); tick <= 120; tick++ {
		p.apply(game.Input[push]{Tick: tick, Command: push{1}})
	}
	return p
}

func TestRightPredictionChangesNothing(t *testing.T) {
	p := predicting(t, Config{})
	c := p.confirm(0, 110, []int32{10, 0, 0}, true)
	if !c.Predicted || !c.Equal || c.Base != 100 || c.Error != 0 || c.Replayed != 0 || p.state.X != 20 {
		t.Errorf("%+v, state %+v", c, p.state)
	}
}

// TestCorrectionReplaysAndFades: the state jumps to the truth with all later commands applied again; what is shown
// stays where it was and follows, half of the way in each half-life, however often it is looked at.
func TestCorrectionReplaysAndFades(t *testing.T) {
	p := predicting(t, Config{SmoothHalfLife: 100 * time.Millisecond})
	c := p.confirm(time.Second, 110, []int32{7, 0, 0}, true)
	if c.Equal || c.Error != 3 || c.Replayed != 10 || c.Moved != 3 || c.Snapped || p.state.X != 17 {
		t.Fatalf("%+v, state %+v", c, p.state)
	}
	if p.offset[0] != 3 {
		t.Fatalf("shown %v beside the state: it would jump", p.offset[0])
	}
	for now := time.Second; now <= time.Second+100*time.Millisecond; now += 7 * time.Millisecond {
		p.fade(now)
	}
	p.fade(time.Second + 100*time.Millisecond)
	if math.Abs(p.offset[0]-1.5) > 1e-9 || p.state.X != 17 {
		t.Errorf("after a half-life it is shown %v beside the state, which is %+v", p.offset[0], p.state)
	}
	if c := p.confirm(2*time.Second, 115, []int32{12, 0, 0}, true); !c.Equal || c.Base != 110 {
		t.Errorf("the corrected prediction is wrong again: %+v", c)
	}
}

// TestJumped: of a correction of three units a player sees all at once, or, smoothed, as much in each frame as fades, three in the
// end; moves and teleports are no jumps.
func TestJumped(t *testing.T) {
	smooth := predicting(t, Config{SmoothHalfLife: 100 * time.Millisecond})
	smooth.confirm(time.Second, 110, []int32{7, 0, 0}, true)
	if d := smooth.jumped(time.Second); d != 0 {
		t.Errorf("at once it jumps by %v", d)
	}
	sum := 0.0
	for now := time.Second; now <= 3*time.Second; now += 100 * time.Millisecond {
		d := smooth.jumped(now)
		if want := 3 * math.Exp2(-(now-time.Second).Seconds()*10); now > time.Second && math.Abs(d-want) > 1e-9 {
			t.Errorf("at %v it jumps by %v, want %v", now, d, want)
		}
		sum += d
		smooth.apply(game.Input[push]{Tick: smooth.now + 1, Command: push{1}})
	}
	if math.Abs(sum-3) > 1e-4 {
		t.Errorf("in the end it jumped by %v", sum)
	}
	for name, c := range map[string]struct {
		config Config
		row    []int32
		want   float64
	}{
		"not smoothed": {Config{SmoothHalfLife: -1}, []int32{7, 0, 0}, 3},
		"too far":      {Config{SnapDistance: 4}, []int32{-90, 0, 0}, 100},
		"right":        {Config{}, []int32{10, 0, 0}, 0},
		"teleported":   {Config{}, []int32{11, 0, 1}, 0},
	} {
		p := predicting(t, c.config)
		p.confirm(0, 110, c.row, true)
		if d := p.jumped(0); d != c.want {
			t.Errorf("%s: it jumps by %v, want %v", name, d, c.want)
		}
		if d := p.jumped(time.Second); d != 0 {
			t.Errorf("%s: it jumps by %v once more", name, d)
		}
	}
}

func TestCorrectionsThatAreNotSmoothed(t *testing.T) {
	far := predicting(t, Config{SnapDistance: 4})
	if c := far.confirm(0, 110, []int32{-90, 0, 0}, true); !c.Snapped || far.offset[0] != 0 {
		t.Errorf("100 units: %+v, offset %v", c, far.offset)
	}
	hard := predicting(t, Config{SmoothHalfLife: -1})
	if c := hard.confirm(0, 110, []int32{7, 0, 0}, true); c.Snapped || c.Moved != 3 || hard.offset[0] != 0 {
		t.Errorf("3 units, smoothing off: %+v, offset %v", c, hard.offset)
	}
	if c := hard.confirm(0, 115, []int32{-90, 0, 0}, true); !c.Snapped {
		t.Errorf("100 units, smoothing off: %+v", c)
	}
	teleported := predicting(t, Config{})
	if c := teleported.confirm(0, 110, []int32{11, 0, 1}, true); !c.Teleport || c.Snapped || teleported.offset[0] != 0 {
		t.Errorf("a teleport: %+v, offset %v", c, teleported.offset)
	}
	off := predicting(t, Config{})
	if c := off.confirm(0, 110, []int32{7, 0, 0}, false); c.Replayed != 0 || off.state.X != 20 || c.Error != 3 {
		t.Errorf("without reconciliation: %+v, state %+v", c, off.state)
	}
}

// TestTruthOlderThanMemory: when so much has been predicted since that not all commands are remembered, nothing that
// follows from the truth is taken for a prediction, until one does that can be replayed whole.
func TestTruthOlderThanMemory(t *testing.T) {
	p := predicting(t, Config{})
	for tick := protocol.Tick(121); tick <= 200; tick++ {
		p.apply(game.Input[push]{Tick: tick, Command: push{1}})
	}
	for _, c := range []struct {
		tick      protocol.Tick
		predicted bool
	}{{110, false}, {130, false}, {137, false}, {140, true}} {
		got := p.confirm(0, c.tick, []int32{int32(c.tick) - 100, 0, 0}, true)
		if got.Predicted != c.predicted || got.Predicted && !got.Equal {
			t.Errorf("tick %d: %+v", c.tick, got)
		}
	}
	if p.state.X != 100 {
		t.Errorf("in the end it is at %d, want 100", p.state.X)
	}
}

// TestStepsGrowUnnoticed: one that makes room as it goes does what one does that has had all the room from the start.
func TestStepsGrowUnnoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small, large := fresh(t, Config{}), fresh(t, Config{})
		large.makeRoom(large.most)
		both := []*predictor[dot, push]{small, large}
		begin := protocol.Tick(rapid.Uint32Range(1, 1<<30).Draw(t, "begin"))
		ahead := protocol.Tick(rapid.Uint32Range(0, 140).Draw(t, "ahead"))
		for _, p := range both {
			p.now = begin + ahead
			p.confirm(0, begin, []int32{0, 0, 0}, true)
		}
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			for range rapid.IntRange(0, 60).Draw(t, "steps") {
				in := game.Input[push]{Tick: small.now + 1, Command: push{rapid.Int8Range(-2, 2).Draw(t, "command")}}
				for _, p := range both {
					p.apply(in)
				}
			}
			tick := small.base + 1 // the oldest that can be
			if rapid.Bool().Draw(t, "newer") {
				tick += protocol.Tick(rapid.IntRange(0, max(small.now.Sub(tick), 0)+3).Draw(t, "by"))
			}
			row := []int32{rapid.Int32Range(-20, 20).Draw(t, "x"), 0, rapid.Int32Range(0, 1).Draw(t, "jump")}
			reconcile := rapid.Bool().Draw(t, "reconcile")
			if a, b := small.confirm(0, tick, row, reconcile), large.confirm(0, tick, row, reconcile); a != b {
				t.Fatalf("tick %d, at %d:\n%+v with little room at first, want\n%+v", tick, small.now, a, b)
			}
			if small.state != large.state || small.now != large.now || small.base != large.base || small.based != large.based {
				t.Fatalf("after tick %d: %+v at %d, want %+v at %d", tick, small.state, small.now, large.state, large.now)
			}
		}
		if n := len(small.steps); n > small.most {
			t.Fatalf("room for %d steps, want at most %d", n, small.most)
		}
	})
}
