package sim

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// Comparison is what changed in the groups of some runs against those of others: beyond the spread over seeds when both have
// several, and else by a margin.
type Comparison struct {
	Before, After int // runs
	// Alpha is how small the probability of a difference by chance must be to count it, see Compare; 0 when a side has one run
	// and the margin decides.
	Alpha   float64
	Changes []Change
	// Notes say what makes the two sides hard to compare.
	Notes []string
}

// Change is how one figure of one group changed.
type Change struct {
	Group, Metric, Part string
	Unit                measure.Unit
	Before, After       Spread
	Kind                ChangeKind
	// Chance is the probability of such a difference by chance, with several runs on both sides.
	Chance float64
}

// ChangeKind says what a change means.
type ChangeKind string

// The kinds of changes. Different is a change of a figure for which neither way is better.
const (
	Worse     ChangeKind = "worse"
	Improved  ChangeKind = "better"
	Different ChangeKind = "different"
	Same      ChangeKind = "same"
)

// Name is the figure's name as expectations write it.
func (c *Change) Name() string {
	if c.Part == "value" {
		return c.Metric
	}
	return c.Metric + "." + c.Part
}

// Relative is by which share of the mean before the mean has changed; infinite when that was 0.
func (c *Change) Relative() float64 {
	switch d := c.After.Mean - c.Before.Mean; {
	case d == 0:
		return 0
	default:
		return d / math.Abs(c.Before.Mean)
	}
}

// comparedParts are the parts of distributions that are compared.
var comparedParts = []string{"p50", "p95", "p99"}

// chanceOfAll is the probability that a comparison of runs that do not differ finds any change at all.
const chanceOfAll = 0.05

// leastChange is the share of the larger mean below which a difference is nobody's concern, however certain it is.
const leastChange = 0.01

// The margin for single runs: a share of the larger figure, and at the least so much, by unit.
const marginShare = 0.15

var marginLeast = map[measure.Unit]float64{
	measure.Millis: 5, measure.Micros: 5, measure.Units: 0.1, measure.Speed: 0.5, measure.Share: 0.01, measure.Number: 2,
	measure.PerMinute: 5, measure.BytesRate: 200, measure.Bits: 5,
}

// Compare compares reports, group by group: those of the same names, and all together. Figures of the machine are left out.
//
// With at least two runs on both sides a figure has changed when Welch's t-test gives its difference a probability below
// 5 % divided by the number of figures (Bonferroni), so that of twenty comparisons of runs that do not differ one finds
// anything; and when it is more than 1 %. With one run on a side there is no spread, and a figure has changed when it did by
// more than 15 % and a little.
func Compare(before, after []*Report) *Comparison {
	c := &Comparison{Before: len(before), After: len(after), Notes: notesOf(before, after)}
	for _, group := range groupsOf(before, after) {
		for i := range measure.Metrics {
			m := &measure.Metrics[i]
			if m.Machine {
				continue
			}
			parts := comparedParts
			if !m.IsDist() {
				parts = []string{"value"}
			}
			for _, part := range parts {
				c.add(m, group, part, before, after)
			}
		}
	}
	if c.Before > 1 && c.After > 1 {
		c.Alpha = chanceOfAll / float64(max(len(c.Changes), 1))
	}
	for i := range c.Changes {
		c.judge(&c.Changes[i])
	}
	return c
}

func (c *Comparison) add(m *measure.Metric, group, part string, before, after []*Report) {
	x := Change{Group: group, Metric: m.Name, Part: part, Unit: m.Unit, Before: SpreadOf(before, group, m.Name, part), After: SpreadOf(after, group, m.Name, part)}
	if x.Before.Runs > 0 && x.After.Runs > 0 {
		c.Changes = append(c.Changes, x)
	}
}

// groupsOf are the groups that both sides have, and all of them together when they are several.
func groupsOf(before, after []*Report) (names []string) {
	has := func(reports []*Report, name string) bool {
		return slices.ContainsFunc(reports, func(r *Report) bool { return r.Group(name) != nil })
	}
	for i := range before[0].Groups {
		if name := before[0].Groups[i].Name; has(after, name) {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		names = append(names, All)
	}
	return names
}

func notesOf(before, after []*Report) (notes []string) {
	b, a := before[0], after[0]
	for _, x := range []struct {
		what          string
		before, after any
	}{{"game", b.Name, a.Name}, {"scenario", b.Scenario, a.Scenario}, {"clock (simulated)", b.Virtual, a.Virtual}, {"duration", b.Elapsed.Round(1e9), a.Elapsed.Round(1e9)}} {
		if x.before != x.after {
			notes = append(notes, fmt.Sprintf("they differ in the %s: %v before, %v after", x.what, x.before, x.after))
		}
	}
	for _, r := range slices.Concat(before, after) {
		if r.Lab.Void != "" {
			notes = append(notes, fmt.Sprintf("the run of seed %d is void: %s", r.Seed, r.Lab.Void))
		}
	}
	return notes
}

// judge says what a change means.
func (c *Comparison) judge(x *Change) {
	x.Kind = Same
	d, larger := x.After.Mean-x.Before.Mean, math.Max(math.Abs(x.After.Mean), math.Abs(x.Before.Mean))
	if c.Before > 1 && c.After > 1 {
		if x.Before.Runs < 2 || x.After.Runs < 2 {
			return // it was measured so seldom that nothing can be said
		}
		x.Chance = measure.Welch(x.Before.Runs, x.Before.Mean, x.Before.Deviation, x.After.Runs, x.After.Mean, x.After.Deviation)
		if x.Chance >= c.Alpha || math.Abs(d) <= leastChange*larger {
			return
		}
	} else if math.Abs(d) <= marginLeast[x.Unit]+marginShare*larger {
		return
	}
	switch m := measure.Find(x.Metric); {
	case m.Better == measure.Neutral:
		x.Kind = Different
	case (d > 0) == (m.Better == measure.More):
		x.Kind = Improved
	default:
		x.Kind = Worse
	}
}

// Rule says by what rule a change counts, in words.
func (c *Comparison) Rule() string {
	if c.Alpha > 0 {
		return fmt.Sprintf("Changed is what Welch's t-test gives a chance below %.2g, which is 5 %% over the %d figures compared, and what differs by more than 1 %%.", c.Alpha, len(c.Changes))
	}
	return fmt.Sprintf("A side has one run, and so there is no spread to compare with: changed is what differs by more than %.0f %% and a little (5 ms, 1 %% of a share, 0.1 units). Several seeds tell more: laglab run --virtual --seeds 1..10 --json FILE.", marginShare*100)
}

var changeMarks = map[ChangeKind]string{Worse: "✗", Improved: "✓", Different: "≠", Same: unmeasured}

// WriteText writes what changed, group by group: what is worse first, the largest change first. full shows what did not change,
// too.
func (c *Comparison) WriteText(w io.Writer, full bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s before, %s after\n", plural(c.Before, "run"), plural(c.After, "run"))
	wrap(&b, "", "", c.Rule())
	for _, note := range c.Notes {
		wrap(&b, "note: ", "      ", note)
	}
	for _, group := range c.groups() {
		of := c.of(group)
		counts := map[ChangeKind]int{}
		for i := range of {
			counts[of[i].Kind]++
		}
		fmt.Fprintf(&b, "\n%s: %d worse, %d better, %d different, %d as before\n", strings.ToUpper(group), counts[Worse], counts[Improved], counts[Different], counts[Same])
		g := grid{left: 2}
		for i := range of {
			if x := &of[i]; full || x.Kind != Same {
				g.add(changeMarks[x.Kind], x.Name(), x.Before.in(x.Unit), "→", x.After.in(x.Unit), x.change(), string(x.Kind))
			}
		}
		g.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// in is a spread as a table shows it: the mean and the standard deviation, with three digits of the mean and one of the
// deviation.
func (s *Spread) in(u measure.Unit) string {
	factor, unit := 1.0, string(u)
	switch u {
	case measure.Share:
		factor, unit = 100, "%"
	case measure.BytesRate:
		factor, unit = 1e-3, "kB/s"
	case measure.Number:
		unit = ""
	}
	mean, deviation := s.Mean*factor, s.Deviation*factor
	digits := max(digitsFor(mean, 3), digitsFor(deviation, 1))
	text := fmt.Sprintf("%.*f", digits, mean)
	if s.Runs > 1 {
		text += fmt.Sprintf(" ± %.*f", digits, deviation)
	}
	return strings.TrimSpace(text + " " + unit)
}

// digitsFor is how many digits after the point show so many significant ones of a value.
func digitsFor(v float64, significant int) int {
	if v == 0 {
		return 0
	}
	return min(max(significant-1-int(math.Floor(math.Log10(math.Abs(v)))), 0), 3)
}

// change is by how much a figure changed.
func (c *Change) change() string {
	r := c.Relative()
	switch {
	case r == 0:
		return "="
	case math.IsInf(r, 0):
		return "from none"
	case math.Abs(r) >= 10:
		return fmt.Sprintf("× %.0f", c.After.Mean/c.Before.Mean)
	}
	return fmt.Sprintf("%+.1f %%", r*100)
}

// groups are the groups in the order in which they were compared.
func (c *Comparison) groups() (names []string) {
	for i := range c.Changes {
		if !slices.Contains(names, c.Changes[i].Group) {
			names = append(names, c.Changes[i].Group)
		}
	}
	return names
}

// of are the changes of a group, sorted.
func (c *Comparison) of(group string) []Change {
	var of []Change
	for i := range c.Changes {
		if c.Changes[i].Group == group {
			of = append(of, c.Changes[i])
		}
	}
	order := []ChangeKind{Worse, Improved, Different, Same}
	slices.SortStableFunc(of, func(a, b Change) int {
		if a.Kind != b.Kind {
			return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
		}
		return cmp.Compare(math.Abs(b.Relative()), math.Abs(a.Relative()))
	})
	return of
}

// Failure says which changes are not to be: any that is worse, or one figure's, perhaps only beyond a share.
type Failure struct {
	Metric, Part string  // none: any figure
	Beyond       float64 // share of the mean before
}

// ParseFailure reads a failure: worse, or METRIC[.PART], or METRIC[.PART]>10%.
func ParseFailure(text string) (f Failure, err error) {
	text, beyond, limited := strings.Cut(text, ">")
	if limited {
		if f.Beyond, err = verdict.ParseValue(measure.Share, beyond); err != nil {
			return f, err
		}
	}
	text = strings.TrimSpace(text)
	if text == string(Worse) {
		return f, nil
	}
	f.Metric, f.Part, _ = strings.Cut(text, ".")
	m := measure.Find(f.Metric)
	switch {
	case m == nil:
		return f, fmt.Errorf("there is no metric %q: did you mean %s? laglab metrics lists them, and worse means any", f.Metric, measure.Nearest(f.Metric))
	case m.Machine:
		return f, fmt.Errorf("%s is about the machine, and is not compared", f.Metric)
	case m.Better == measure.Neutral:
		return f, fmt.Errorf("%s is neither better nor worse when it is more: want a metric that is", f.Metric)
	case f.Part != "" && !m.IsDist():
		return f, m.CheckPart(f.Part)
	case f.Part != "" && !slices.Contains(comparedParts, f.Part):
		return f, fmt.Errorf("%s is compared by %s: want one of these, or none for any", f.Metric, strings.Join(comparedParts, ", "))
	}
	return f, nil
}

// Find are the changes for the worse that a failure is about.
func (f *Failure) Find(c *Comparison) (found []Change) {
	for _, group := range c.groups() {
		for _, x := range c.of(group) {
			if x.Kind == Worse && (f.Metric == "" || f.Metric == x.Metric && (f.Part == "" || f.Part == x.Part)) && math.Abs(x.Relative()) > f.Beyond {
				found = append(found, x)
			}
		}
	}
	return found
}
