package verdict

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"laglab/sim/measure"
)

// file is what a file of thresholds holds.
type file struct {
	Version    int      `yaml:"version"`
	Thresholds ast.Node `yaml:"thresholds"` // kept with the places of what is in it
}

// limit is one threshold as written: numbers with a unit.
type limit struct {
	Good string `yaml:"good"`
	Fair string `yaml:"fair"`
}

// Read takes thresholds from a YAML file; those that it does not name stay as Default has them:
//
//	version: 1
//	thresholds:
//	  starvation: {good: 0.5%, fair: 3%}
//	  correction.p99: {good: 0.25, fair: 1}
//	  prediction_error.p99: {good: 0.25, fair: 1}
//	  own_latency.p95: {good: 50ms, fair: 100ms}
//	  rtt.p50: {good: 80ms, fair: 180ms}
//	  hit_agreement: {good: 98%, fair: 90%}    # good above fair: more is better
//	  snaps: off                               # is not judged
//
// What is wrong is an error that says where, and what would be right.
func Read(r io.Reader) (Thresholds, error) {
	text, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, err
	}
	var f file
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("thresholds: %w", err)
	}
	if f.Version != 1 {
		return nil, fmt.Errorf("thresholds: version is %d: want version: 1", f.Version)
	}
	return Default().changed(f.Thresholds)
}

// changed are the thresholds with those that a mapping of them names.
func (t Thresholds) changed(all ast.Node) (Thresholds, error) {
	var entries []*ast.MappingValueNode
	switch all := all.(type) {
	case nil, *ast.NullNode:
	case *ast.MappingNode:
		entries = all.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{all}
	default:
		return nil, fmt.Errorf("thresholds: line %d: want a mapping, such as {starvation: %s}", line(all), form)
	}
	for _, e := range entries {
		var err error
		if t, err = t.read(e.Key.GetToken().Value, e.Value); err != nil {
			return nil, fmt.Errorf("thresholds: line %d: %w", line(e), err)
		}
	}
	return t, nil
}

// form is what a threshold looks like.
const form = "{good: 0.5%, fair: 3%}"

func line(n ast.Node) int { return n.GetToken().Position.Line }

// read changes one threshold.
func (t Thresholds) read(name string, value ast.Node) (Thresholds, error) {
	switch value := value.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		var l limit
		if err := yaml.NodeToValue(value, &l, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return t.With(name, l.Good, l.Fair)
	case *ast.StringNode:
		if value.Value == "off" {
			return t.Without(name)
		}
	}
	return nil, fmt.Errorf("%s: want limits such as %s, or off", name, form)
}

// With replaces or adds the threshold of a figure, such as correction.p99: up to where it is good, and up to where fair.
func (t Thresholds) With(name, good, fair string) (Thresholds, error) {
	m, part, err := find(name)
	if err != nil {
		return nil, err
	}
	unit := m.Unit
	if part == "count" {
		unit = measure.Number
	}
	added := Threshold{Metric: m.Name, Part: part}
	for _, l := range []struct {
		name, text string
		to         *float64
	}{{"good", good, &added.Good}, {"fair", fair, &added.Fair}} {
		switch *l.to, err = ParseValue(unit, l.text); {
		case l.text == "":
			return nil, fmt.Errorf("%s: %s is missing: want both limits, or off", name, l.name)
		case err != nil:
			return nil, fmt.Errorf("%s: %s: %w", name, l.name, err)
		case *l.to < 0 && !m.Signed():
			return nil, fmt.Errorf("%s: %s is %s: want at least 0", name, l.name, l.text)
		}
	}
	if part != "count" {
		if err := added.ordered(m.Better); err != nil {
			return nil, fmt.Errorf("%s: good is %s and fair is %s: %w", name, good, fair, err)
		}
	}
	return append(t.without(added.Metric, part), added), nil
}

// ordered says what is wrong with the order of the limits, where it is known which way a figure improves.
func (t *Threshold) ordered(better measure.Better) error {
	switch {
	case better == measure.Less && t.Good > t.Fair:
		return errors.New("less is better, so want good at most as high as fair")
	case better == measure.More && t.Good < t.Fair:
		return errors.New("more is better, so want good at least as high as fair")
	}
	return nil
}

// Without takes the threshold of a figure out: it is not judged.
func (t Thresholds) Without(name string) (Thresholds, error) {
	m, part, err := find(name)
	if err != nil {
		return nil, err
	}
	return t.without(m.Name, part), nil
}

func (t Thresholds) without(metric, part string) Thresholds {
	return slices.DeleteFunc(slices.Clone(t), func(old Threshold) bool { return old.Metric == metric && old.Part == part })
}

// find takes the name of a figure apart.
func find(name string) (*measure.Metric, string, error) {
	metric, part, cut := strings.Cut(name, ".")
	m := measure.Find(metric)
	if m == nil {
		return nil, "", fmt.Errorf("there is no metric %q; did you mean %q?", metric, measure.Nearest(metric))
	}
	if !cut {
		part = "value"
	}
	return m, part, m.CheckPart(part)
}

// suffixes are how values of a unit may be written, with what they are multiplied by. Counts are plain numbers.
var suffixes = map[measure.Unit]map[string]float64{
	measure.Units:     {"": 1, "units": 1},
	measure.Speed:     {"": 1, "units/s": 1},
	measure.Share:     {"%": 0.01},
	measure.Millis:    {"ms": 1, "us": 0.001, "s": 1000},
	measure.Micros:    {"us": 1, "ms": 1000},
	measure.PerMinute: {"/min": 1},
	measure.PerSecond: {"/s": 1},
	measure.Hertz:     {"Hz": 1},
	measure.BytesRate: {"B/s": 1, "kB/s": 1000},
	measure.Bits:      {"bits": 1},
}

// ParseValue reads a value with its unit: 98%, 40ms, 0.5, 6kB/s.
func ParseValue(u measure.Unit, s string) (float64, error) {
	s = strings.TrimSpace(s)
	end := strings.LastIndexAny(s, "0123456789.") + 1
	number, suffix := s[:end], strings.TrimSpace(s[end:])
	allowed, ok := suffixes[u]
	if !ok {
		allowed = map[string]float64{"": 1}
	}
	factor, known := allowed[suffix]
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || math.IsInf(v, 0) || math.IsNaN(v) || !known && suffix != "":
		return 0, fmt.Errorf("%q is no value in %s, such as %s", s, symbol(u), example(u))
	case !known && u == measure.Share && v <= 1:
		return 0, fmt.Errorf("%q has no unit: write %s%%", s, trim(v*100, 4))
	case !known:
		return 0, fmt.Errorf("%q has no unit: write %s%s", s, number, symbol(u))
	}
	return round(v * factor), nil // 7% is 0.07
}

// symbol is what stands behind a value of a unit.
func symbol(u measure.Unit) string {
	if u == measure.Share {
		return "%"
	}
	return string(u)
}

// example is a value of a unit as one writes it.
func example(u measure.Unit) string {
	switch u {
	case measure.Share:
		return "2%"
	case measure.Millis, measure.Micros:
		return "40" + string(u)
	case measure.PerMinute, measure.PerSecond, measure.Hertz, measure.Bits:
		return "20" + string(u)
	case measure.BytesRate:
		return "6kB/s"
	default:
		return "0.5"
	}
}
