package sim

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// WriteSpreads writes what the groups experienced over several runs, which differ in their seeds: means and standard deviations,
// and what came of what was expected of them. full shows all metrics.
func WriteSpreads(w io.Writer, reports []*Report, full bool) error {
	if len(reports) == 0 {
		return nil
	}
	var b strings.Builder
	first := reports[0]
	what := first.Name
	if first.Scenario != "" {
		what = first.Scenario + ": " + what
	}
	fmt.Fprintf(&b, "\n%s in simulated time, %v, %s from %d to %d\n", what, first.Elapsed, plural(len(reports), "seed"), first.Seed, reports[len(reports)-1].Seed)
	writeKept(&b, reports)
	names := headlines
	if full {
		names = nil
		for i := range measure.Metrics {
			names = append(names, measure.Metrics[i].Name)
		}
	}
	groups := first.withAll()
	columns := max((summaryWidth-44)/19, 1)
	for chunk := range slices.Chunk(groups, columns) {
		writeSpreads(&b, reports, chunk, names)
	}
	b.WriteString("\n  The mean over the seeds ± their standard deviation. laglab compare tells whether another set differs.\n\nVERDICT\n")
	for i := range first.Groups {
		fmt.Fprintf(&b, "  %s: %s\n", first.Groups[i].Name, gradesOf(reports, first.Groups[i].Name))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	c := Conclude(reports)
	return c.WriteText(w)
}

func writeSpreads(b *strings.Builder, reports []*Report, groups []*GroupReport, names []string) {
	t := grid{left: 1}
	head := []string{""}
	for _, g := range groups {
		head = append(head, short(g.Name))
	}
	t.add(head...)
	for _, name := range names {
		m := measure.Find(name)
		parts := []string{"value"}
		if m.IsDist() {
			parts = []string{"p50", "p99"}
		}
		for _, part := range parts {
			c, measured := Change{Metric: name, Part: part}, false
			row := []string{c.Name()}
			for _, g := range groups {
				s := SpreadOf(reports, g.Name, name, part)
				measured = measured || s.Runs > 0
				if s.Runs == 0 {
					row = append(row, unmeasured)
					continue
				}
				row = append(row, s.in(m.Unit))
			}
			if measured && !m.Machine {
				t.add(row...)
			}
		}
	}
	b.WriteString("\n")
	t.write(b)
}

// Grades counts the verdicts on a group over several runs.
type Grades map[verdict.Grade]int

// gradesOf counts the verdicts on a group.
func gradesOf(reports []*Report, group string) Grades {
	grades := Grades{}
	for _, r := range reports {
		if g := r.Group(group); g != nil {
			grades[g.Verdict.Grade]++
		}
	}
	return grades
}

// gradeOrder are the grades, the worst first; void says less than any.
var gradeOrder = []verdict.Grade{verdict.Void, verdict.Bad, verdict.Fair, verdict.Good, verdict.Unknown}

// Median is the grade in the middle; of two, the worse.
func (g Grades) Median() verdict.Grade {
	all := 0
	for _, n := range g {
		all += n
	}
	for _, grade := range gradeOrder {
		if all -= 2 * g[grade]; g[grade] > 0 && all <= 0 {
			return grade
		}
	}
	return verdict.Unknown
}

// String is the grades in words: "good", or "good, and 3 of 20 fair".
func (g Grades) String() string {
	all := 0
	for _, n := range g {
		all += n
	}
	median := g.Median()
	text := string(median)
	for _, grade := range gradeOrder {
		if n := g[grade]; n > 0 && grade != median {
			text += fmt.Sprintf(", and %d of %d %s", n, all, grade)
		}
	}
	return text
}
