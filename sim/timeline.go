package sim

import (
	"slices"
	"time"

	"laglab/sim/measure"
)

// timeline makes series of what the groups of a run experience: one value for each window of time. It has one owner.
type timeline struct {
	window time.Duration
	next   time.Duration // when the present window ends, since the run's beginning
	begun  time.Duration // when it began
	from   time.Duration // when the first window that is kept began
	groups []timed
	ends   []time.Duration // of the windows so far
}

// timed is one group in a timeline; the last one is all groups together.
type timed struct {
	slicer measure.Slicer
	points [][]*float64 // by series, by window
}

// The length of windows: long runs have longer ones, so that a series has at most so many values.
const (
	windowLeast = time.Second
	windowMost  = 600
)

func newTimeline(groups int, duration time.Duration) *timeline {
	t := &timeline{window: windowLeast, groups: make([]timed, groups+1)}
	for duration/t.window > windowMost {
		t.window *= 2
	}
	t.next = t.window
	for i := range t.groups {
		t.groups[i].points = make([][]*float64, len(measure.AllSeries))
	}
	return t
}

// cut ends the present window. cuts are the parts of each group, playing how many players of each play.
func (t *timeline) cut(now time.Duration, cuts [][]*measure.Cut, playing []int) {
	span := now - t.begun
	var all []*measure.Cut
	everybody := 0
	for i := range cuts {
		t.groups[i].add(cuts[i], span, playing[i])
		all = append(all, cuts[i]...)
		everybody += playing[i]
	}
	t.groups[len(cuts)].add(all, span, everybody)
	t.begun, t.next, t.ends = now, now+t.window, append(t.ends, now)
	if len(t.groups[0].points[0]) >= 2*windowMost { // of a run without end
		for i := range t.groups {
			t.groups[i].drop(windowMost)
		}
		t.from = t.ends[windowMost-1]
		t.ends = slices.Clone(t.ends[windowMost:])
	}
}

// drop forgets the first so many windows. Reports keep what they have.
func (g *timed) drop(n int) {
	for i := range g.points {
		g.points[i] = slices.Clone(g.points[i][n:])
	}
}

func (g *timed) add(cuts []*measure.Cut, span time.Duration, playing int) {
	for i, v := range g.slicer.Next(cuts, span, playing) {
		g.points[i] = append(g.points[i], v)
	}
}

// restart is told that everything that was measured so far is forgotten.
func (t *timeline) restart() {
	for i := range t.groups {
		t.groups[i].slicer.Restart()
	}
}

// Timeline is how the figures of a run went over time.
type Timeline struct {
	// Window is the length of a window; the last one may be shorter, and the one at whose end the warm-up ends.
	Window time.Duration `json:"window_ns"`
	// From is when the first window began: of a run that goes on and on, the oldest are dropped.
	From time.Duration `json:"from_ns,omitempty"`
	// Ends are when the windows ended.
	Ends []time.Duration `json:"ends_ns"`
	// Series are the figures of each group, and of "all", by the names of measure.AllSeries: a value for each window, null
	// where there is none.
	Series map[string]map[string][]*float64 `json:"series"`
	// Events are what was done meanwhile.
	Events []EventReport `json:"events"`
}

// EventReport is something that was done to a run.
type EventReport struct {
	At    time.Duration `json:"at_ns"`
	Group string        `json:"group,omitempty"`
	Text  string        `json:"text"`
}

// report is the timeline of groups with names.
func (t *timeline) report(groups []Group, told []Event) *Timeline {
	r := &Timeline{Window: t.window, From: t.from, Ends: t.ends, Series: map[string]map[string][]*float64{}, Events: []EventReport{}}
	for i := range t.groups {
		name := All
		if i < len(groups) {
			name = groups[i].Name
		}
		series := map[string][]*float64{}
		for j := range measure.AllSeries {
			if points := t.groups[i].points[j]; anything(points) {
				series[measure.AllSeries[j].Name] = points
			}
		}
		r.Series[name] = series
	}
	for i := range told {
		e := EventReport{At: told[i].At, Group: told[i].Group, Text: told[i].String()}
		if told[i].everybody() {
			e.Group = ""
		}
		r.Events = append(r.Events, e)
	}
	return r
}

func anything(points []*float64) bool {
	for _, p := range points {
		if p != nil {
			return true
		}
	}
	return false
}
