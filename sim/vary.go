package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

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
		if !cut || values == "" {
			return nil, fmt.Errorf("%q: want a setting and its values, for instance prediction=on,off", text)
		}
		s, err := FindSetting(name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(axes, func(a Axis) bool { return a.Setting == s }) {
			return nil, fmt.Errorf("%s is varied twice: write all of its values behind one =", name)
		}
		between := ","
		if strings.Contains(values, "|") {
			between = "|" // values that have commas in them
		}
		axes = append(axes, Axis{s, strings.Split(values, between)})
	}
	return axes, nil
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

// compared are the figures that a table of variants shows; the titles tell their units.
var compared = []struct{ title, metric, part string }{
	{"error p99", "prediction_error", "p99"},
	{"corrected p99", "correction", "p99"},
	{"view ms", "view_delay", "p50"},
	{"starved", "starvation", "value"},
	{"stutter p99", "velocity_error", "p99"},
	{"inputs missed", "inputs_missed", "value"},
	{"to other ms", "action_to_other", "p50"},
	{"hits awarded", "hit_agreement", "value"},
	{"victim moved p99", "price_distance", "p99"},
	{"down B/s", "bytes_down", "value"},
}

// WriteVariants writes what each combination was worth, group by group: the figures of the first, and of the others beside
// it.
func WriteVariants(w io.Writer, variants []Variant) error {
	var b strings.Builder
	ran := slices.DeleteFunc(slices.Clone(variants), func(v Variant) bool { return v.Report == nil })
	if len(ran) == 0 {
		return nil
	}
	tables := len(ran[0].Report.withAll())
	for n := range tables {
		i := (n + tables - 1) % tables // all together first
		name := ran[0].Report.withAll()[i].Name
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(name))
		head := "  "
		for _, c := range compared {
			head += "\t" + c.title
		}
		table(&b, head+"\tverdict", func(line func(string, ...any)) {
			for _, v := range ran {
				g := v.Report.withAll()[i]
				row := "  " + v.Name
				for _, c := range compared {
					row += "\t" + g.cell(c.metric, c.part)
				}
				line("%s", row+"\t"+string(g.Verdict.Grade))
			}
		})
	}
	b.WriteString(`
  error: of the own position's prediction; stutter: how far the velocity of others on the screen is from the true one; to
  other: from a command to another player's screen. Lengths are world units. laglab metrics explains each figure.
`)
	_, err := io.WriteString(w, b.String())
	return err
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
