package sim

import (
	"fmt"
	"slices"
	"strings"

	"laglab/sim/verdict"
)

// Outcome is the worst of the combinations that ran; empty when none was judged.
func (w *Sweep) Outcome() verdict.Outcome {
	var all []verdict.Outcome
	for i := range w.Cells {
		if o := w.Cells[i].Outcome; o != "" {
			all = append(all, o)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return verdict.Worst(all)
}

// Passed counts the combinations that kept all that was expected of them, of those that were judged.
func (w *Sweep) Passed() (passed, judged int) {
	for i := range w.Cells {
		switch w.Cells[i].Outcome {
		case "":
			continue
		case verdict.Passed:
			passed++
		}
		judged++
	}
	return passed, judged
}

// judged tells whether anything was expected of any combination.
func (w *Sweep) judged() bool {
	return slices.ContainsFunc(w.Cells, func(c SweepCell) bool { return len(c.Expectations) > 0 })
}

// expected tells how many of a combination's expectations were kept on each seed: of a group those about it, of the last one,
// which stands for the whole, all.
func (w *Sweep) expected(c *SweepCell, group string) string {
	of := c.Expectations
	if group != w.Groups[len(w.Groups)-1] {
		of = slices.DeleteFunc(slices.Clone(of), func(k Kept) bool { return !strings.HasPrefix(k.Text, group+".") })
	}
	always, judged := keptAlways(of)
	if judged == 0 {
		return unmeasured
	}
	return fmt.Sprintf("%s %d/%d", keptMark(always, judged), always, judged)
}

// SweptKept is in how many combinations of a sweep an expectation was kept on each seed.
type SweptKept struct {
	Kept
	In string // the combination in which it came off worst, in words
}

// String tells in how many combinations it was kept, and what the worst was.
func (k *SweptKept) String() string {
	if k.Judged == 0 {
		return k.worst()
	}
	return fmt.Sprintf("kept in %d of %d, worst %s (%s, seed %d)", k.Kept.Kept, k.Judged, k.worst(), k.In, k.Seed)
}

// KeptOver counts for each expectation in how many combinations it was kept.
func (w *Sweep) KeptOver() (all []SweptKept) {
	for i := range w.Cells {
		c := &w.Cells[i]
		for j := range c.Expectations {
			k := &c.Expectations[j]
			at := slices.IndexFunc(all, func(o SweptKept) bool { return o.Text == k.Text })
			if at < 0 {
				at = len(all)
				all = append(all, SweptKept{Kept: Kept{Text: k.Text, Worst: k.Worst, Seed: k.Seed}, In: w.name(c)})
			}
			all[at].add(k, w.name(c))
		}
	}
	return all
}

// add adds what came of it in one combination.
func (k *SweptKept) add(one *Kept, in string) {
	if one.Judged == 0 {
		return
	}
	if k.Judged++; one.Kept == one.Judged {
		k.Kept.Kept++
	}
	if k.Judged == 1 || one.Worst.worse(&k.Worst) {
		k.Worst, k.Seed, k.In = one.Worst, one.Seed, in
	}
}

// writeExpected tells of each expectation in how many combinations it was kept, and where it came off worst.
func (w *Sweep) writeExpected(b *strings.Builder) {
	if !w.judged() {
		return
	}
	g := grid{left: 3}
	for _, k := range w.KeptOver() {
		g.add(k.Mark(), k.Text, k.String())
	}
	passed, judged := w.Passed()
	fmt.Fprintf(b, "\nEXPECTATIONS  all kept in %d of %s\n", passed, plural(judged, "combination"))
	g.write(b)
}

// name is a combination in words, as a variant is called.
func (w *Sweep) name(c *SweepCell) string {
	var parts []string
	for i, a := range w.Axes {
		parts = append(parts, a.Setting+"="+c.Values[i])
	}
	return strings.Join(parts, " ")
}
