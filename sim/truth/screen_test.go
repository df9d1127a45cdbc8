package truth

import (
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim/measure"
)

// walker is an entity that walks along X, a unit in each tick.
type walker struct {
	X, Y  int32 `net:"pos,unit=16"`
	Jumps uint8 `net:"teleport"`
	Mood  uint8
}

// onScreen is a screen on which a hundred walkers are shown as they were, of whom every second one is compared.
type onScreen struct {
	screen *Screen[walker, struct{}]
	shown  game.Motion[walker]
	view   game.View[walker]
	now    time.Duration
	tick   protocol.Tick
}

const walkers = 100

func newOnScreen(tb testing.TB) *onScreen {
	schema, err := game.NewSchema[walker]()
	if err != nil {
		tb.Fatal(err)
	}
	o := &onScreen{screen: NewScreen[walker, struct{}](0, measure.NewGroups(1), 2), shown: schema.NewMotion(), tick: 1}
	o.screen.match = &Match[walker, struct{}]{past: newPast(schema, 60)}
	return o
}

// row is where a walker is after a tick.
func (o *onScreen) row(tick protocol.Tick, id protocol.EntityID) []int32 {
	row := make([]int32, o.screen.match.past.width)
	o.screen.match.past.schema.Load(&walker{X: int32(16 * tick), Y: int32(id)}, row)
	return row
}

// remember has the world be what it is after the next tick.
func (o *onScreen) remember() {
	o.tick++
	o.now += time.Second / 60
	p := &o.screen.match.past
	p.now = o.tick
	f := p.frame(o.tick)
	f.tick, f.due = o.tick, o.now
	f.owners, f.rows = f.owners[:0], f.rows[:0]
	f.places.Clear()
	for id := range protocol.EntityID(walkers) {
		row := o.row(o.tick, id+1)
		f.owners, f.rows = append(f.owners, 0), append(f.rows, row...)
		f.places.Add(id+1, p.schema.PlaceOf(row))
	}
}

// show shows them on their way from a tick to another one, at a view, with an X that is off.
func (o *onScreen) show(from, to protocol.Tick, at protocol.View, off int32) {
	var ids []protocol.EntityID
	var a, b []int32
	for id := range protocol.EntityID(walkers) {
		left, right := o.row(from, id+1), o.row(to, id+1)
		left[0] += off
		right[0] += off
		ids, a, b = append(ids, id+1), append(a, left...), append(b, right...)
	}
	o.shown.Clear()
	for i := 0; i < walkers; i += 7 { // as it is when they were told of at different ticks
		j, width := min(i+7, walkers), len(a)/walkers
		o.shown.Move(ids[i:j], a[i*width:j*width], b[i*width:j*width], from, to)
	}
	o.shown.At(float64(at) / protocol.ViewOne)
	o.view.Shown, o.view.Shows = at, game.Interpolated
	o.view.Look(func() *game.Motion[walker] { return &o.shown })
}

// TestVelocities: everybody's velocity is measured once in seven frames while it is compared, and only of who is compared in each of
// them; it is right of who is shown beside the truth, but as fast as it.
func TestVelocities(t *testing.T) {
	o := newOnScreen(t)
	const frames = 8 * turnFrames // half of them for each half
	for range frames {
		o.remember()
		if o.tick < 10 {
			continue
		}
		o.show(o.tick-3, o.tick, protocol.ViewAt(o.tick-2, 128), 8)
		o.screen.frames++
		o.screen.compare(o.now, &o.view)
	}
	g := o.screen.groups.At(0)
	compared := int64(frames-8) * walkers / 2
	if n := g.DisplayError.Count(); n != compared || g.DisplayError.LengthAt(0) != 0.5 || g.DisplayError.LengthAt(100) != 0.5 {
		t.Errorf("%d places are off by %v to %v, want %d by half a unit", n, g.DisplayError.LengthAt(0), g.DisplayError.LengthAt(100), compared)
	}
	// In each turn of 14 frames two measurements begin of each entity; of those of the last four frames none ends.
	if n := g.VelocityError.Count(); n < compared/velocityEvery*2/3 || n > compared/velocityEvery || g.VelocityError.LengthAt(100) != 0 {
		t.Errorf("%d velocities of %d places, off by up to %v", n, compared, g.VelocityError.LengthAt(100))
	}
}

// BenchmarkCompare compares half of a hundred entities on a screen with the truth.
func BenchmarkCompare(b *testing.B) {
	o := newOnScreen(b)
	for range 100 {
		o.remember()
	}
	o.show(o.tick-3, o.tick, protocol.ViewAt(o.tick-2, 77), 0)
	b.ReportAllocs()
	for b.Loop() {
		o.screen.frames++
		o.now += time.Second / 60
		o.screen.compare(o.now, &o.view)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(walkers/2), "ns/entity")
}
