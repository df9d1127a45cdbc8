// Package verdict says in one word, and with its reasons in sentences, whether what a group of players experienced is good
// enough.
//
//	v := verdict.Default().Judge(figures)
//	fmt.Println(v.Grade, v.Reasons)
//
// The thresholds are data: [Default] documents the built-in ones, [Read] takes others from a file.
//
// An [Expectation] is what somebody wants of one figure, in a line that a person writes and reads; [Conclude] says from
// those that were judged how a run ended.
package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"laglab/sim/measure"
)

// Grade is how good something is.
type Grade string

// The grades, the best first. Unknown: nothing that is judged was measured. Void: the laboratory was late, so that the machine
// was measured and not the network.
const (
	Good    Grade = "good"
	Fair    Grade = "fair"
	Bad     Grade = "bad"
	Unknown Grade = "unknown"
	Void    Grade = "void"
)

// Verdict is a grade and what led to it, the worst first.
type Verdict struct {
	Grade   Grade    `json:"grade"`
	Reasons []string `json:"reasons"`
	// NotJudged are the thresholds of what this kind of run cannot measure.
	NotJudged []string `json:"not_judged,omitempty"`
}

// Threshold is up to where a figure is good, and up to where it is fair. When Good is the larger of the two, more is
// better.
type Threshold struct {
	Metric     string // a name from measure.Metrics
	Part       string // value, p50, p95, p99, max, mean
	Good, Fair float64
}

// Name is the figure's name as expectations and files write it.
func (t *Threshold) Name() string {
	if t.Part == "value" {
		return t.Metric
	}
	return t.Metric + "." + t.Part
}

// grade is the grade that one value gets.
func (t *Threshold) grade(v float64) Grade {
	beyond := 1
	if t.Good > t.Fair {
		beyond = -1
	}
	switch {
	case measure.Compare(t.Part, v, t.Good) != beyond:
		return Good
	case measure.Compare(t.Part, v, t.Fair) != beyond:
		return Fair
	default:
		return Bad
	}
}

// Thresholds are what a verdict is judged by.
type Thresholds []Threshold

// Default are the built-in thresholds. They are for shooters: what lets good players trust their eyes. What is not measured
// is not judged: with prediction off there are no corrections to see, but the own moves are seen late.
func Default() Thresholds {
	return Thresholds{
		{"kept_out", "value", 0, 0},          // who does not get to play has the worst of all netcodes
		{"starvation", "value", 0.005, 0.03}, // share of time: 0.3 s and 1.8 s in a minute
		{"inputs_missed", "value", 0.01, 0.05},
		{"own_latency", "p95", 50, 100},      // ms, nothing with prediction: 50 ms are hardly felt, with 100 ms aiming suffers
		{"prediction_error", "p99", 0.25, 1}, // units, like corrections: whether they are corrected or not, the player is elsewhere
		{"correction", "p99", 0.25, 1},       // units: a quarter of a metre is seen when one looks for it
		{"snaps", "value", 0, 3},
		{"hit_agreement", "value", 0.98, 0.90}, // more is better
		{"view_intervals", "value", 3, 6},      // snapshot intervals beyond half of the round trip
		{"desyncs", "value", 0, 0},             // any is a fault in the game
		{"rtt", "p50", 80, 180},                // ms
		{"price_cover", "p99", 120, 250},       // ms behind cover and still hit
		{"longest_freeze", "value", 100, 400},  // ms
		{"ends", "value", 0, 0},
	}
}

// Void makes the verdict void, for a reason.
func (v *Verdict) Void(why string) { v.Grade, v.Reasons = Void, []string{why} }

// About are the names of the thresholds that are about some metrics.
func (t Thresholds) About(metrics []string) (names []string) {
	for i := range t {
		if slices.Contains(metrics, t[i].Metric) {
			names = append(names, t[i].Name())
		}
	}
	return names
}

// finding is a figure that is not good.
type finding struct {
	grade Grade
	text  string
}

// Judge grades the figures of a group, by name. What was not measured does not count.
func (t Thresholds) Judge(figures map[string]measure.Figure) Verdict {
	var found []finding
	verdict := Verdict{Grade: Unknown, Reasons: []string{}}
	for i := range t {
		f, ok := figures[t[i].Metric]
		if !ok {
			continue
		}
		v, ok := f.At(t[i].Part)
		if !ok {
			continue
		}
		verdict.Grade = Good
		if g := t[i].grade(v); g != Good {
			found = append(found, finding{g, t[i].reason(g, f.Unit, v, figures)})
		}
	}
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(rank(b.grade), rank(a.grade)) })
	for _, f := range found {
		verdict.Reasons = append(verdict.Reasons, f.text)
	}
	if len(found) > 0 {
		verdict.Grade = found[0].grade
	}
	return verdict
}

func rank(g Grade) int { return slices.Index([]Grade{Unknown, Good, Fair, Bad}, g) }

// Format is a value with its unit as a person writes it.
func Format(u measure.Unit, v float64) string { return format(u, v, 0) }

// format is the same with so many digits more.
func format(u measure.Unit, v float64, more int) string {
	switch u {
	case measure.Share:
		return trim(v*100, 2+more) + " %"
	case measure.Number:
		return trim(v, 1+more)
	case measure.BytesRate:
		return trim(v/1000, 1+more) + " kB/s"
	case measure.Millis, measure.Micros, measure.Bits:
		return trim(v, 1+more) + " " + string(u)
	default:
		return trim(v, 2+more) + " " + string(u)
	}
}

// trim is a number with at most so many digits after the point.
func trim(v float64, digits int) string {
	s := fmt.Sprintf("%.*f", digits, v)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
