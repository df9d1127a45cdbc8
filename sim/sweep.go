package sim

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"laglab/protocol/game"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// SweepVersion is the version of the format in which a Sweep is written.
const SweepVersion = 1

// Sweep is a grid of runs in simulated time: every combination of the values of some settings, with each of some seeds. It tells
// where the netcode is good, where fair and where bad.
type Sweep struct {
	Version int    `json:"version"` // of this format, SweepVersion
	Game    string `json:"game"`
	// Scenario is the scenario's name, if it has one, and Text the scenario in words.
	Scenario string      `json:"scenario,omitempty"`
	Text     string      `json:"scenario_text"`
	Repeat   string      `json:"repeat,omitempty"` // the command that runs it again, the same
	Seeds    []uint64    `json:"seeds"`
	Axes     []SweepAxis `json:"axes"`
	Groups   []string    `json:"groups"` // the groups' names, and "all" when they are several
	// Figures are those that cells have, by their names: METRIC or METRIC.PART.
	Figures []SweepFigure `json:"figures"`
	// Cells are the combinations, the last axis changing fastest.
	Cells []SweepCell `json:"cells"`
}

// SweepAxis is a setting and its values, as they were written.
type SweepAxis struct {
	Setting string   `json:"setting"`
	Values  []string `json:"values"`
}

// SweepFigure is a figure that cells have.
type SweepFigure struct {
	Name   string         `json:"name"`
	Title  string         `json:"title"`
	Unit   measure.Unit   `json:"unit"`
	Better measure.Better `json:"better,omitempty"`
}

// SweepCell is one combination.
type SweepCell struct {
	Values []string `json:"values"` // one for each axis
	// Outcome is the worst of its runs', of a scenario that was judged, and Reason why, in a line. Expectations tell of those
	// that are about this combination on how many seeds they were kept.
	Outcome      verdict.Outcome `json:"outcome,omitempty"`
	Reason       string          `json:"reason,omitempty"`
	Expectations []Kept          `json:"expectations,omitempty"`
	// Groups are what came of it, by the groups' names. It is empty when the combination did not run.
	Groups map[string]SweepOutcome `json:"groups"`
}

// SweepOutcome is what a group experienced with one combination, over all seeds.
type SweepOutcome struct {
	// Grade is the one in the middle of the seeds' (of two the worse), Grades count them, and Reasons are those of the
	// first seed that has it.
	Grade   verdict.Grade     `json:"grade"`
	Grades  Grades            `json:"grades"`
	Reasons []string          `json:"reasons"`
	Figures map[string]Spread `json:"figures"`
}

// sweptFigures are the figures that cells have: those of the table of variants, and the round trip.
func sweptFigures() (all []SweepFigure) {
	add := func(metric, part string) {
		m := measure.Find(metric)
		c := Change{Metric: metric, Part: part}
		all = append(all, SweepFigure{c.Name(), m.Title, m.Unit, m.Better})
	}
	add("rtt", "p50")
	for _, c := range compared {
		add(c.metric, c.part)
	}
	return all
}

// RunSweep runs every combination of the axes with every seed, as many at once as there are processors. When the context ends,
// the cells that did not run to the end are empty, and the error is the context's. progress, when not nil, is told how much is
// done, 0 to 1. judge, when not nil, tells the report of a run that came to its end what came of the expectations.
func RunSweep[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario, axes []Axis, seeds []uint64, judge func(Variant), progress func(done float64)) (*Sweep, error) {
	variants, err := Vary(s, axes)
	if err != nil {
		return nil, err
	}
	var all []Scenario
	for i := range variants {
		if err := Check(g, &variants[i].Scenario); err != nil {
			return nil, fmt.Errorf("%s: %w", variants[i].Name, err)
		}
		all = append(all, WithSeeds(variants[i].Scenario, seeds)...)
	}
	if len(all) > mostRuns {
		return nil, fmt.Errorf("these are %d runs, and a sweep has at most %d: vary less, or take fewer seeds", len(all), mostRuns)
	}
	reports, err := RunAll(ctx, g, all, progress)
	if err != nil {
		return nil, err
	}
	w := newSweep(g.Name, &s, axes, seeds, variants[0].Scenario.Groups)
	for i := range variants {
		of := reports[i*len(seeds) : (i+1)*len(seeds)]
		whole := !slices.ContainsFunc(of, func(r *Report) bool { return r == nil || r.Elapsed < s.Duration })
		if judge != nil && whole {
			for _, r := range of {
				judge(Variant{Name: variants[i].Name, Scenario: variants[i].Scenario, Report: r})
			}
		}
		w.Cells = append(w.Cells, w.cell(i, of, whole))
	}
	return w, ctx.Err()
}

// mostRuns bounds what one sweep runs.
const mostRuns = 20_000

func newSweep(game string, s *Scenario, axes []Axis, seeds []uint64, groups []Group) *Sweep {
	described := *s
	described.Groups = groups
	w := &Sweep{Version: SweepVersion, Game: game, Scenario: s.Name, Text: described.text(), Seeds: seeds, Figures: sweptFigures()}
	if len(s.Groups) == 0 {
		described.Groups = DemoGroups()
		w.Text = described.text()
	}
	for _, a := range axes {
		w.Axes = append(w.Axes, SweepAxis{a.Setting.Name, a.Values})
	}
	for i := range described.Groups {
		w.Groups = append(w.Groups, described.Groups[i].Name)
	}
	if len(w.Groups) > 1 {
		w.Groups = append(w.Groups, All)
	}
	return w
}

// cell is what came of the i-th combination.
func (w *Sweep) cell(i int, reports []*Report, whole bool) SweepCell {
	c := SweepCell{Groups: map[string]SweepOutcome{}, Values: make([]string, len(w.Axes))}
	for a := len(w.Axes) - 1; a >= 0; a-- {
		values := w.Axes[a].Values
		c.Values[a], i = values[i%len(values)], i/len(values)
	}
	if !whole {
		return c
	}
	end := Conclude(reports)
	c.Outcome, c.Reason, c.Expectations = end.Outcome, end.Reason, KeptIn(reports)
	for _, name := range w.Groups {
		o := SweepOutcome{Grades: gradesOf(reports, name), Figures: map[string]Spread{}}
		o.Grade = o.Grades.Median()
		at := slices.IndexFunc(reports, func(r *Report) bool { return r.Group(name).Verdict.Grade == o.Grade })
		o.Reasons = reports[at].Group(name).Verdict.Reasons
		for _, f := range w.Figures {
			metric, part, cut := strings.Cut(f.Name, ".")
			if !cut {
				part = "value"
			}
			if s := SpreadOf(reports, name, metric, part); s.Runs > 0 {
				o.Figures[f.Name] = s
			}
		}
		c.Groups[name] = o
	}
	return c
}

// WriteText writes the grid: for each group a line for each combination, with its verdict and how many of the expectations it
// kept; and where each expectation was missed.
func (w *Sweep) WriteText(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s in simulated time, %s, %s each\n", w.Game, plural(len(w.Cells), "combination"), plural(len(w.Seeds), "seed"))
	for _, group := range w.Groups {
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(group))
		t := grid{left: len(w.Axes) + 1}
		var head []string
		for _, a := range w.Axes {
			head = append(head, a.Setting)
		}
		head = append(head, "verdict")
		if w.judged() {
			t.left++
			head = append(head, "expected")
		}
		t.add(append(head, sweepColumns...)...)
		for i := range w.Cells {
			t.add(w.row(&w.Cells[i], group)...)
		}
		t.write(&b)
	}
	w.writeExpected(&b)
	b.WriteString("\n  The verdict is that of the seed in the middle. --html draws the grid, with the reasons; --json has all figures.\n")
	_, err := io.WriteString(to, b.String())
	return err
}

// sweepColumns are the figures that the text has room for.
var sweepColumns = []string{"view_delay.p50", "starvation", "hit_agreement", "correction.p99", "bytes_down"}

func (w *Sweep) row(c *SweepCell, group string) []string {
	row := slices.Clone(c.Values)
	o, ran := c.Groups[group]
	if !ran {
		return append(row, "did not run")
	}
	grade := string(o.Grade)
	if o.Grades[o.Grade] != len(w.Seeds) {
		grade += fmt.Sprintf(" %d/%d", o.Grades[o.Grade], len(w.Seeds))
	}
	row = append(row, grade)
	if w.judged() {
		row = append(row, w.expected(c, group))
	}
	for _, name := range sweepColumns {
		s, ok := o.Figures[name]
		metric, _, _ := strings.Cut(name, ".")
		if !ok {
			row = append(row, unmeasured)
			continue
		}
		row = append(row, verdict.Format(measure.Find(metric).Unit, s.Mean))
	}
	return row
}

// WriteJSON writes the sweep as one JSON object.
func (w *Sweep) WriteJSON(to io.Writer) error { return writeJSON(to, w) }
