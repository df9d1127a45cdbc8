package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"laglab/sim/measure"
)

// Axis is a setting and the values that it is to have, one after the other.
type Axis struct {
	Setting *Setting
	Values  []string
}

// ParseAxes reads axes as a person writes them: name=value,value,… or name=value|value|… where values have commas in them.
func ParseAxes(texts []string) ([]Axis, error) {
	var axes []Axis
	for _, text := range texts {
		name, values, cut := strings.Cut(text, "=")
		if name, values = strings.TrimSpace(name), strings.TrimSpace(values); !cut || values == "" {
			return nil, fmt.Errorf("%q: want a setting and its values, for instance prediction=on,off", text)
		}
		s, err := FindSetting(name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(axes, func(a Axis) bool { return a.Setting == s }) {
			return nil, fmt.Errorf("%s is varied twice: write all of its values behind one =", name)
		}
		all, err := splitValues(name, values)
		if err != nil {
			return nil, err
		}
		axes = append(axes, Axis{s, all})
	}
	return axes, nil
}

// splitValues takes the values of a setting apart, which are separated by commas, or by | where there is one.
func splitValues(name, values string) (all []string, err error) {
	between := ","
	if strings.Contains(values, "|") {
		between = "|" // values that have commas in them
	}
	for value := range strings.SplitSeq(values, between) {
		value = strings.TrimSpace(value)
		switch {
		case value == "":
			return nil, fmt.Errorf("%s=%s: a value is empty: want one before and after each %s", name, values, between)
		case slices.Contains(all, value):
			return nil, fmt.Errorf("%s=%s: %s is there twice", name, values, value)
		case between == "," && values != value && strings.Contains(value, "="):
			return nil, fmt.Errorf("%s=%s: is this one value, or are these several? Values that have commas in them are separated by |, for instance %s=%s|%s", name, values, name, before(values), values)
		}
		all = append(all, value)
	}
	return all, nil
}

// before is what stands before the first comma.
func before(values string) string {
	first, _, _ := strings.Cut(values, ",")
	return strings.TrimSpace(first)
}

// Variant is one combination of settings.
type Variant struct {
	Name     string   `json:"name"`
	Scenario Scenario `json:"-"`
	Report   *Report  `json:"report"` // nil until it ran
}

// mostVariants bounds the combinations that one call may run.
const mostVariants = 200

// Vary makes the combinations of all axes of a scenario, the last axis changing fastest. All have the same seed, and so the
// same weather.
func Vary(s Scenario, axes []Axis) ([]Variant, error) {
	variants := []Variant{{Scenario: s}}
	for _, a := range axes {
		var next []Variant
		for _, v := range variants {
			for _, value := range a.Values {
				w := Variant{Name: strings.TrimSpace(v.Name + " " + a.Setting.Name + "=" + value), Scenario: v.Scenario}
				w.Scenario.Groups = slices.Clone(v.Scenario.Groups)
				if err := a.Setting.Apply(&w.Scenario, value); err != nil {
					return nil, err
				}
				next = append(next, w)
			}
		}
		if variants = next; len(variants) > mostVariants {
			return nil, fmt.Errorf("these are more than %d combinations: vary fewer settings at once", mostVariants)
		}
	}
	return variants, nil
}

// column is a figure that a table of variants may show; the title tells its unit.
type column struct{ title, metric, part string }

// compared are all of them, what matters most first.
var compared = []column{
	{"own ms p95", "own_latency", "p95"},
	{"error p99", "prediction_error", "p99"},
	{"jump p99", "render_jump", "p99"},
	{"corrected p99", "correction", "p99"},
	{"view ms", "view_delay", "p50"},
	{"starved", "starvation", "value"},
	{"stutter p99", "velocity_error", "p99"},
	{"inputs missed", "inputs_missed", "value"},
	{"hits awarded", "hit_agreement", "value"},
	{"victim moved p99", "price_distance", "p99"},
	{"down B/s", "bytes_down", "value"},
	{"up B/s", "bytes_up", "value"},
	{"frozen", "freeze", "value"},
	{"age ms p99", "snapshot_age", "p99"},
	{"to other ms", "action_to_other", "p50"},
	{"shown off p99", "display_error", "p99"},
	{"behind cover ms p99", "price_cover", "p99"},
	{"checksums /min", "checksums", "value"},
	{"resent /min", "retransmits", "value"},
}

// weight tells how much the variants differ in a column, in steps that chance seldom climbs: 0 not at all as it is shown, or by
// less than a tenth, 1 by more, 2 by half, 3 by three or more times, or that one has no such figure.
func (c *column) weight(groups []*GroupReport) int {
	low, high, cells := math.Inf(1), math.Inf(-1), map[string]bool{}
	for _, g := range groups {
		cells[g.cell(c.metric, c.part)] = true
		if v, ok := g.Figure(c.metric, c.part); ok {
			low, high = min(low, v), max(high, v)
		}
	}
	switch {
	case len(cells) <= 1:
		return 0
	case cells[unmeasured], low < 0, high >= 3*low:
		return 3
	case high >= 1.5*low:
		return 2
	case high >= 1.1*low:
		return 1
	}
	return 0
}

// pick are the columns of a table: those in which the variants differ most, of equals what matters most, as many as fit beside
// the variants' names and the verdict. They stay in their order. tables are its groups, by variant.
func pick(tables [][]*GroupReport, names int) (picked []column) {
	type ranked struct{ at, weight, width int }
	var all []ranked
	for i := range compared {
		c := &compared[i]
		r := ranked{at: i, width: utf8.RuneCountInString(c.title)}
		for _, groups := range tables {
			r.weight = max(r.weight, c.weight(groups))
			for _, g := range groups {
				r.width = max(r.width, utf8.RuneCountInString(g.cell(c.metric, c.part)))
			}
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return b.weight - a.weight })
	room := summaryWidth - names - len("  ") - len("  verdict")
	var kept []int
	for _, r := range all {
		if r.width+2 <= room || len(kept) < leastColumns {
			room -= r.width + 2
			kept = append(kept, r.at)
		}
	}
	slices.Sort(kept)
	for _, i := range kept {
		picked = append(picked, compared[i])
	}
	return picked
}

// leastColumns is how many columns there are however long the variants' names are.
const leastColumns = 4

// WriteVariants writes what each combination was worth, group by group: the figures of the first, and of the others beside
// it, in the columns in which they differ most.
func WriteVariants(w io.Writer, variants []Variant) error {
	var b strings.Builder
	ran := slices.DeleteFunc(slices.Clone(variants), func(v Variant) bool { return v.Report == nil })
	if len(ran) == 0 {
		return nil
	}
	tables, names := make([][]*GroupReport, len(ran[0].Report.withAll())), 0
	for _, v := range ran {
		names = max(names, utf8.RuneCountInString(v.Name))
		for i, g := range v.Report.withAll() {
			tables[i] = append(tables[i], g)
		}
	}
	columns := pick(tables, names)
	for n := range tables {
		groups := tables[(n+len(tables)-1)%len(tables)] // all together first
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(groups[0].Name))
		t := grid{left: 1}
		head := []string{""}
		for _, c := range columns {
			head = append(head, c.title)
		}
		t.add(append(head, "verdict")...)
		for i, g := range groups {
			row := []string{ran[i].Name}
			for _, c := range columns {
				row = append(row, g.cell(c.metric, c.part))
			}
			t.add(append(row, string(g.Verdict.Grade))...)
		}
		t.write(&b)
	}
	b.WriteString("\n")
	wrap(&b, "  ", "  ", legend(columns))
	_, err := io.WriteString(w, b.String())
	return err
}

// legend says what the columns are.
func legend(columns []column) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, c.title+": "+measure.Find(c.metric).Title+" ("+c.metric+")")
	}
	return strings.Join(parts, "; ") + ". Shown are the figures that differ most, --json has all of them. Lengths are world units, and laglab metrics defines each figure by the name in brackets."
}

// cell is a figure as a table shows it.
func (g *GroupReport) cell(metric, part string) string {
	v, ok := g.Figure(metric, part)
	if !ok {
		return unmeasured
	}
	switch g.Metrics[metric].Unit {
	case measure.Share:
		return percent(v)
	case measure.Millis, measure.BytesRate:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// WriteVariantsJSON writes all reports as one JSON array.
func WriteVariantsJSON(w io.Writer, variants []Variant) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(variants)
}
