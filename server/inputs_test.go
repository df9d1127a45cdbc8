package server

import (
	"math/rand/v2"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

type press struct{ Key int8 }

const tickLength = 10 * time.Millisecond

func newInputs(ran protocol.Tick) *inputs[press] {
	return &inputs[press]{tick: tickLength, ran: ran, ranAt: time.Duration(ran) * tickLength, slack: protocol.SlackNone, grace: 60}
}

// put hands in the command of a tick, whose key is the tick's number, at a time in ticks.
func (b *inputs[C]) putAt(tick protocol.Tick, at float64, c C) {
	b.put(&game.Input[C]{Tick: tick, View: protocol.ViewAt(tick-5, 0), Command: c}, time.Duration(at*float64(tickLength)))
}

func (b *inputs[C]) takeAt(tick protocol.Tick) (C, bool) {
	c, _, repeated := b.take(tick, time.Duration(tick)*tickLength)
	return c, repeated
}

func TestCommandWaitsForItsTick(t *testing.T) {
	b := newInputs(100)
	b.putAt(103, 100.5, press{3})
	b.putAt(102, 100.5, press{2})
	if _, repeated := b.takeAt(101); !repeated {
		t.Error("tick 101 had no command, but none was missed")
	}
	for tick := protocol.Tick(102); tick <= 103; tick++ {
		if c, repeated := b.takeAt(tick); repeated || c.Key != int8(tick-100) {
			t.Errorf("tick %d took %v, repeated %v", tick, c, repeated)
		}
	}
	if got := b.takeSlack(); got != 24 { // 102 came at 100.5: it waited 1.5 ticks
		t.Errorf("slack %d/16 tick, want 24", got)
	}
	if got := b.takeSlack(); got != protocol.SlackNone {
		t.Errorf("slack %d without a command", got)
	}
}

func TestLateLostRepeated(t *testing.T) {
	b := newInputs(100)
	b.putAt(101, 100, press{1})
	b.takeAt(101)
	if c, repeated := b.takeAt(102); !repeated || c.Key != 1 {
		t.Errorf("tick 102 took %v, repeated %v: want the one before", c, repeated)
	}
	b.takeAt(103)
	b.takeSlack()
	b.putAt(102, 103.25, press{2}) // a tick and a quarter too late
	b.putAt(102, 103.5, press{2})  // a copy
	if b.stats.Late != 1 || b.stats.Copies != 1 || b.stats.Repeated != 2 || b.stats.Needed != 3 {
		t.Errorf("%+v", b.stats)
	}
	if got := b.takeSlack(); got != -20 {
		t.Errorf("slack %d/16 tick, want -20", got)
	}
	for tick := protocol.Tick(104); tick <= 104+inputWindow; tick++ {
		b.putAt(tick, float64(tick)-1, press{9})
		b.takeAt(tick)
	}
	if b.stats.Lost != 1 || b.stats.Late != 1 {
		t.Errorf("103 never came, 102 did: %+v", b.stats)
	}
}

func TestCommandsOutOfBounds(t *testing.T) {
	b := newInputs(1000)
	b.putAt(1000+inputWindow, 1000, press{1}) // too far ahead
	b.putAt(500, 1000, press{1})              // long past
	b.putAt(1001, 1000, press{1})
	b.putAt(1001, 1000, press{2}) // the first one counts
	if b.stats.Early != 1 || b.stats.Copies != 1 {
		t.Errorf("%+v", b.stats)
	}
	if c, repeated := b.takeAt(1001); repeated || c.Key != 1 {
		t.Errorf("took %v, repeated %v", c, repeated)
	}
}

// TestSilenceIsNotAMiss: before the first command nothing counts.
func TestSilenceIsNotAMiss(t *testing.T) {
	b := newInputs(0)
	for tick := protocol.Tick(1); tick < 50; tick++ {
		b.takeAt(tick)
	}
	if b.stats != (InputStats{}) {
		t.Errorf("%+v", b.stats)
	}
}

// TestFarOffClocksHearOfIt: commands that cannot be used still tell the player how wrong its clock is.
func TestFarOffClocksHearOfIt(t *testing.T) {
	for _, c := range []struct {
		tick protocol.Tick
		want int
	}{{1000 + inputWindow, 16 * inputWindow}, {1000 + 200, 16 * 200}, {5000, protocol.SlackMax}, {1000 - inputWindow - 5, -16 * (inputWindow + 5)}, {1, protocol.SlackMin}} {
		b := newInputs(1000)
		b.putAt(c.tick, 1000, press{1})
		if got := b.takeSlack(); got != c.want {
			t.Errorf("tick %d at 1000: slack %d/16 tick, want %d", c.tick, got, c.want)
		}
	}
}

// TestFirstCommandsLate: a player whose very first commands are late is told so, and starts when they are not.
// TestSilenceForTooLong: a player who is there and gives no command at all is missed once its grace is over.
func TestSilenceForTooLong(t *testing.T) {
	b := newInputs(100)
	for tick := protocol.Tick(101); tick <= 100+60+inputWindow+10; tick++ {
		b.takeAt(tick)
	}
	if s := b.stats; s.Needed != inputWindow+10 || s.Repeated != s.Needed || s.Lost != 10 {
		t.Errorf("%+v", s)
	}
}

func TestFirstCommandsLate(t *testing.T) {
	b := newInputs(100)
	for tick := protocol.Tick(101); tick < 110; tick++ {
		b.takeAt(tick)
		b.putAt(tick-4, float64(tick), press{1})
	}
	if got := b.takeSlack(); got > -4*protocol.SlackOne || !b.begun {
		t.Errorf("slack %d/16 tick, begun %v", got, b.begun)
	}
	if b.stats.Needed != 0 {
		t.Errorf("%+v: nothing was needed before the first command in time", b.stats)
	}
	b.putAt(111, 109.5, press{2})
	b.takeAt(110)
	b.takeAt(111)
	if b.stats.Needed != 1 || b.stats.Repeated != 0 {
		t.Errorf("%+v", b.stats)
	}
}

// TestInputsAsAModel: whatever comes in whatever order, each tick takes the first command that came for it, and late and lost ones are
// counted as by somebody who remembers everything.
func TestInputsAsAModel(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 2))
		b, ran := newInputs(1000), protocol.Tick(1000)
		here, missed, used := map[protocol.Tick]int8{}, map[protocol.Tick]bool{}, map[protocol.Tick]bool{}
		var want InputStats
		var last int8
		most := 1 + rng.IntN(inputWindow+10) // how far ahead they are
		for range 3000 {
			for range rng.IntN(3) {
				tick, key := ran+protocol.Tick(1+rng.IntN(most))-protocol.Tick(rng.IntN(20)), int8(rng.IntN(100))
				b.putAt(tick, float64(ran), press{key})
				_, waits := here[tick]
				switch ahead := tick.Sub(ran); {
				case ahead >= inputWindow:
					want.Early++
				case waits || used[tick]:
					want.Copies++
				case ahead > 0:
					here[tick] = key
				case missed[tick]:
					delete(missed, tick)
					used[tick] = true
					want.Late++
				}
			}
			ran++
			c, repeated := b.takeAt(ran)
			key, is := here[ran]
			if is {
				last = key
				want.Needed++
				used[ran] = true
			} else if b.started {
				want.Needed++
				want.Repeated++
				missed[ran] = true
			}
			delete(here, ran)
			delete(used, ran-inputWindow)
			if missed[ran-inputWindow] {
				delete(missed, ran-inputWindow)
				want.Lost++
			}
			if repeated == is || c.Key != last {
				t.Fatalf("seed %d: tick %d took %v (repeated %v), want %v (%v)", seed, ran, c.Key, repeated, last, !is)
			}
		}
		if b.stats != want {
			t.Errorf("seed %d: %+v, want %+v", seed, b.stats, want)
		}
	}
}

// TestHeldCommandsNeedNotBeRead: whoever skips what a message can tell nothing of ends up with the same as who takes all of it,
// whatever is lost, late, out of order or twice.
func TestHeldCommandsNeedNotBeRead(t *testing.T) {
	skipped := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		all, some := newInputs(1000), newInputs(1000)
		newest, loss := protocol.Tick(1001), rng.Float64()*0.7
		for range 2000 {
			if rng.IntN(200) == 0 {
				newest += protocol.Tick(rng.IntN(100)) // the clock jumps
			}
			newest += protocol.Tick(rng.IntN(3))
			last := newest - protocol.Tick(rng.IntN(1+rng.IntN(40))) // some come out of order
			count := 1 + rng.IntN(protocol.MaxCommands)
			if rng.Float64() >= loss {
				held := some.held(last, count)
				for i := range count {
					tick := last - protocol.Tick(count-1-i)
					all.putAt(tick, float64(all.ran)+0.5, press{int8(tick)})
					if tick > held {
						some.putAt(tick, float64(all.ran)+0.5, press{int8(tick)})
						continue
					}
					some.stats.Copies++
					skipped++
				}
			}
			if rng.IntN(8) > 0 {
				tick := all.ran + 1
				a, missed := all.takeAt(tick)
				if b, also := some.takeAt(tick); a != b || missed != also {
					t.Fatalf("seed %d, tick %d: %v (repeated %v) of all commands, %v (%v) of some", seed, tick, a, missed, b, also)
				}
			}
			if newest.Sub(all.ran) < -20 {
				newest = all.ran
			}
		}
		if all.stats != some.stats || all.newest != some.newest || all.takeSlack() != some.takeSlack() {
			t.Errorf("seed %d: %+v of all commands, %+v of some", seed, all.stats, some.stats)
		}
	}
	if skipped < 100_000 {
		t.Errorf("only %d commands were skipped", skipped)
	}
}
