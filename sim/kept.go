package sim

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"laglab/sim/verdict"
)

// Kept is how often an expectation was kept in several runs of one scenario, which differ in their seeds.
type Kept struct {
	Text   string `json:"text"`
	Kept   int    `json:"kept"`   // runs in which it was kept,
	Judged int    `json:"judged"` // of those in which it could be judged
	// Worst is what came of it where it was kept by the least or missed by the most, in the run with that Seed.
	Worst Expectation `json:"worst"`
	Seed  uint64      `json:"seed"`
}

// KeptIn counts in how many runs each expectation was kept.
func KeptIn(reports []*Report) (all []Kept) {
	for _, r := range reports {
		for i := range r.Expectations {
			e := &r.Expectations[i]
			at := slices.IndexFunc(all, func(k Kept) bool { return k.Text == e.Text })
			if at < 0 {
				at = len(all)
				all = append(all, Kept{Text: e.Text, Worst: *e, Seed: r.Seed})
			}
			all[at].add(e, r.Seed)
		}
	}
	return all
}

func (k *Kept) add(e *Expectation, seed uint64) {
	if e.OK == nil {
		return
	}
	if k.Judged++; *e.OK {
		k.Kept++
	}
	if k.Judged == 1 || e.worse(&k.Worst) {
		k.Worst, k.Seed = *e, seed
	}
}

// worse tells whether an expectation came off worse than in another run. Where nothing was measured is the worst.
func (e *Expectation) worse(than *Expectation) bool {
	if e.Margin == nil || than.Margin == nil {
		return e.Margin == nil && than.Margin != nil
	}
	return *e.Margin < *than.Margin
}

// Mark is the sign before it: ✓ when it was kept each time, ✗ when not, ~ when it could not be judged.
func (k *Kept) Mark() string { return keptMark(k.Kept, k.Judged) }

// keptMark is the sign of what was kept so often, of so many times that it was judged.
func keptMark(kept, judged int) string {
	switch {
	case judged == 0:
		return unmeasured
	case kept == judged:
		return "✓"
	}
	return "✗"
}

// worst is what was measured where it came off worst, or why nothing was.
func (k *Kept) worst() string { return cmp.Or(k.Worst.Measured, k.Worst.Note) }

// String tells how often it was kept, and what the worst was.
func (k *Kept) String() string {
	if k.Judged == 0 {
		return k.worst()
	}
	return fmt.Sprintf("kept on %d of %s, worst %s (seed %d)", k.Kept, plural(k.Judged, "seed"), k.worst(), k.Seed)
}

// keptAlways counts what was kept each time, of what could be judged.
func keptAlways(all []Kept) (always, judged int) {
	for i := range all {
		if k := &all[i]; k.Judged > 0 {
			judged++
			if k.Kept == k.Judged {
				always++
			}
		}
	}
	return always, judged
}

// writeKept tells in how many of several runs expectations were kept.
func writeKept(b *strings.Builder, reports []*Report) {
	all := KeptIn(reports)
	if len(all) == 0 {
		return
	}
	always, judged := keptAlways(all)
	g := grid{left: 3}
	for i := range all {
		k := &all[i]
		g.add(k.Mark(), k.Text, k.String())
	}
	fmt.Fprintf(b, "\nEXPECTATIONS  %d of %d kept on each seed\n", always, judged)
	g.write(b)
}

// Conclusion is how several runs of one scenario ended, which differ in their seeds.
type Conclusion struct {
	Outcome verdict.Outcome // the worst; empty when they were not judged
	Reason  string
	Worst   *Report // the run to look at
}

// Conclude is how runs ended that were judged.
func Conclude(reports []*Report) (c Conclusion) {
	var outcomes []verdict.Outcome
	for _, r := range reports {
		if r.Outcome != "" {
			outcomes = append(outcomes, r.Outcome)
		}
	}
	if len(outcomes) == 0 {
		return c
	}
	c.Outcome = verdict.Worst(outcomes)
	c.Worst = worstOf(slices.DeleteFunc(slices.Clone(reports), func(r *Report) bool { return r.Outcome != c.Outcome }))
	c.Reason = c.Worst.Reason
	if c.Outcome != verdict.Invalid {
		c.Reason = reasonOver(KeptIn(reports), c.Reason, len(reports))
	}
	return c
}

// worstOf is the run that missed by the most the first expectation that any of them missed.
func worstOf(reports []*Report) *Report {
	worst := reports[0]
	for _, k := range KeptIn(reports) {
		if k.Kept < k.Judged {
			return reports[slices.IndexFunc(reports, func(r *Report) bool { return r.Seed == k.Seed })]
		}
	}
	return worst
}

// reasonOver says which expectations were missed on how many seeds; when none was, what each run alone says.
func reasonOver(all []Kept, each string, seeds int) string {
	var missed []string
	for i := range all {
		if k := &all[i]; k.Kept < k.Judged {
			missed = append(missed, fmt.Sprintf("%s on %d of %s", k.Text, k.Judged-k.Kept, plural(k.Judged, "seed")))
		}
	}
	switch {
	case len(missed) == 0 && (seeds == 1 || !slices.ContainsFunc(all, func(k Kept) bool { return k.Judged > 0 })):
		return each
	case len(missed) == 0:
		return fmt.Sprintf("%s on each of %s", each, plural(seeds, "seed"))
	}
	return verdict.Some(missed)
}

// WriteText writes the outcome in a line, and when it is not good how to see the worst of the runs again.
func (c *Conclusion) WriteText(w io.Writer) error {
	if c.Outcome == "" {
		return nil
	}
	line := fmt.Sprintf("\n%s: %s\n", c.Outcome, strings.TrimPrefix(c.Worst.Scenario+": "+c.Reason, ": "))
	if c.Outcome != verdict.Passed && c.Worst.Repeat != "" {
		line += fmt.Sprintf("  seed %d; to see it again: %s\n", c.Worst.Seed, c.Worst.Repeat)
	}
	_, err := io.WriteString(w, line)
	return err
}

// plural is a number of things in words: 1 seed, 2 seeds.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
