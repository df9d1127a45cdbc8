package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"laglab/sim/measure"
	"laglab/sim/spelling"
)

// Expectation is what a figure of a run is to be: SUBJECT.METRIC[.PART] OP LIMIT, for instance
//
//	train.correction.p99 < 0.5
//	home.hit_agreement > 98%
//	server.tick.p99 < 4ms
//	all.starvation > 5% when lanes=kcp
//
// A limit has the metric's unit: ms, us or s, %, /min, kB/s or B/s, bits; none for counts, and none or units for lengths. What stands
// after "when" are the settings, joined by "and", of the variants of a run that it is about.
type Expectation struct {
	Text                  string
	Subject, Metric, Part string
	Op                    string // < <= > >= == !=
	Limit                 float64
	Unit                  measure.Unit
	// Machine: the figure depends on the machine, and so means nothing in a run on simulated time.
	Machine bool
	// When are the settings, as NAME=VALUE, of the variants that it is about. None: all of them.
	When []string
}

// Subject is what an expectation may be about, with the metrics that it has. Mean tells whether its distributions have
// a mean.
type Subject struct {
	Name    string
	Metrics []measure.Metric
	Mean    bool
}

// Misread says what is wrong with an expectation's text, and at which of its bytes.
type Misread struct {
	At     int
	Reason string
}

func (m *Misread) Error() string { return m.Reason }

// Form is what an expectation looks like, for whoever wrote something else.
const Form = "SUBJECT.METRIC < LIMIT, for instance all.rtt.p50 < 80ms"

// operators are the comparisons, those first of which others are the beginning, by what measure.Compare says.
var operators = []struct {
	name string
	ok   func(compared int) bool
}{
	{"<=", func(compared int) bool { return compared <= 0 }},
	{">=", func(compared int) bool { return compared >= 0 }},
	{"==", func(compared int) bool { return compared == 0 }},
	{"!=", func(compared int) bool { return compared != 0 }},
	{"<", func(compared int) bool { return compared < 0 }},
	{">", func(compared int) bool { return compared > 0 }},
}

// ParseExpectation reads an expectation about one of the subjects. The error is a *Misread.
func ParseExpectation(text string, subjects []Subject) (Expectation, error) {
	if !utf8.ValidString(text) {
		return Expectation{}, &Misread{0, "this is not UTF-8: want " + Form}
	}
	text = strings.Map(blank, text)
	e := Expectation{Text: strings.Join(strings.Fields(text), " ")}
	body, when, conditional := strings.Cut(text, " when ")
	at := strings.IndexAny(body, "<>=!")
	if at < 0 {
		return e, &Misread{0, "this compares nothing: want " + Form}
	}
	figure, rest := body[:at], body[at:]
	for _, o := range operators {
		if strings.HasPrefix(rest, o.name) {
			e.Op = o.name
			break
		}
	}
	limit := strings.TrimPrefix(rest, e.Op)
	if e.Op == "" || strings.ContainsAny(limit, "<>=!") {
		return e, &Misread{at, "this is no comparison: want one of <, <=, >, >=, ==, !="}
	}
	m, err := e.find(figure, subjects)
	if err != nil {
		return e, err
	}
	figure, at = strings.TrimSpace(figure), at+len(e.Op)+spaces(limit)
	if e.Limit, err = ParseValue(e.Unit, limit); err != nil {
		return e, &Misread{at, fmt.Sprintf("%s is in %s: %v", figure, symbol(e.Unit), err)}
	}
	switch least, most := m.Range(e.Part); {
	case e.Limit < least:
		return e, &Misread{at, fmt.Sprintf("%s is never below %s: want a limit that it can reach", figure, Format(e.Unit, least))}
	case e.Limit > most:
		return e, &Misread{at, fmt.Sprintf("%s is never above %s: want a limit that it can reach", figure, Format(e.Unit, most))}
	}
	if conditional {
		for condition := range strings.SplitSeq(when, " and ") {
			condition = strings.TrimSpace(condition)
			if !strings.Contains(condition, "=") {
				return e, &Misread{len(body) + len(" when "), fmt.Sprintf("%q is no setting: want SETTING=VALUE, for instance when rewind=off", condition)}
			}
			e.When = append(e.When, condition)
		}
	}
	return e, nil
}

// blank makes all white space the same.
func blank(r rune) rune {
	if unicode.IsSpace(r) {
		return ' '
	}
	return r
}

func spaces(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// find takes the figure's name apart and looks it up.
func (e *Expectation) find(figure string, subjects []Subject) (*measure.Metric, error) {
	at := spaces(figure)
	subject, rest, cut := strings.Cut(strings.TrimSpace(figure), ".")
	if !cut {
		return nil, &Misread{at, "this names no figure: want " + Form}
	}
	i := slices.IndexFunc(subjects, func(s Subject) bool { return s.Name == subject })
	if i < 0 {
		names := make([]string, len(subjects))
		for i := range subjects {
			names[i] = subjects[i].Name
		}
		return nil, &Misread{at, fmt.Sprintf("there is no group %q%s", subject, Meant(subject, names))}
	}
	at += len(subject) + 1
	metric, part, cut := strings.Cut(rest, ".")
	if !cut {
		part = "value"
	}
	m := slices.IndexFunc(subjects[i].Metrics, func(m measure.Metric) bool { return m.Name == metric })
	if m < 0 {
		names := make([]string, len(subjects[i].Metrics))
		for j := range names {
			names[j] = subjects[i].Metrics[j].Name
		}
		return nil, &Misread{at, fmt.Sprintf("%s has no metric %q%s", subject, metric, Meant(metric, names))}
	}
	found := &subjects[i].Metrics[m]
	if err := found.CheckPart(part); err != nil {
		return nil, &Misread{at, err.Error()}
	}
	if part == "mean" && !subjects[i].Mean {
		return nil, &Misread{at, fmt.Sprintf("%s has no mean of its own figures: want p50, p95, p99, max or count", subject)}
	}
	e.Subject, e.Metric, e.Part, e.Unit, e.Machine = subject, metric, part, found.Unit, found.Machine
	if part == "count" {
		e.Unit = measure.Number
	}
	return found, nil
}

// Meant asks whether a name that is there was meant by one that is not, or lists a few.
func Meant(name string, names []string) string {
	if best, ok := spelling.Closest(name, names); ok {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	if len(names) > 12 {
		return "" // too many to be read
	}
	return ": want one of " + strings.Join(names, ", ")
}

// Status is what became of an expectation.
type Status string

// The statuses.
const (
	Pass    Status = "pass"
	Fail    Status = "fail"
	Skipped Status = "not applicable"
)

// Finding is an expectation beside what was measured.
type Finding struct {
	Expectation string `json:"expectation"`
	Subject     string `json:"subject"`
	// Variant is the variant of the run, when there are several.
	Variant string       `json:"variant,omitempty"`
	Status  Status       `json:"status"`
	Value   *float64     `json:"value,omitempty"` // in Unit; none when nothing was measured
	Limit   float64      `json:"limit"`
	Unit    measure.Unit `json:"unit"`
	// Margin is by how much it was kept, in Unit, or below 0 by how much it was missed; none when nothing was measured.
	Margin *float64 `json:"margin,omitempty"`
	// Says is the outcome in words: the value with its unit, or why there is none.
	Says string `json:"says"`
}

// Lookup finds what was measured: a figure of a subject, by the names of the metric and its part. It is in the metric's
// unit; ok is false when there was nothing to measure.
type Lookup func(subject, metric, part string) (v float64, ok bool)

// Judge compares an expectation with what was measured. What found no data has failed: a figure that vanished is not a
// good one. An expectation about the machine is skipped where time was simulated.
func (e *Expectation) Judge(measured Lookup, simulated bool) Finding {
	f := Finding{Expectation: e.Text, Subject: e.Subject, Status: Fail, Limit: e.Limit, Unit: e.Unit}
	if e.Machine && simulated {
		f.Status, f.Says = Skipped, "not applicable: it is about the machine, and time was simulated"
		return f
	}
	v, ok := measured(e.Subject, e.Metric, e.Part)
	if !ok {
		f.Says = "no data: nothing of that was measured"
		return f
	}
	margin := e.margin(v)
	f.Value, f.Margin, f.Says = &v, &margin, e.says(v)
	for _, o := range operators {
		if o.name == e.Op && o.ok(measure.Compare(e.Part, v, e.Limit)) {
			f.Status = Pass
		}
	}
	return f
}

// margin is by how much a value is on the right side of the limit, or below 0 on the wrong one.
func (e *Expectation) margin(v float64) float64 {
	switch off := v - e.Limit; e.Op {
	case ">", ">=":
		return round(off)
	case "<", "<=":
		return round(-off)
	case "==":
		return round(-math.Abs(off))
	default:
		return round(math.Abs(off))
	}
}

// round keeps nine digits after the point, and no zero that is negative.
func round(v float64) float64 { return math.Round(v*1e9)/1e9 + 0 }

// LimitText is the limit with its unit.
func (f *Finding) LimitText() string { return format(f.Unit, f.Limit, 4) }

// says is a value with its unit, with as many digits as tell it from the limit.
func (e *Expectation) says(v float64) string {
	for digits := 0; ; digits++ {
		if s := format(e.Unit, v, digits); v == e.Limit || digits == 4 || s != format(e.Unit, e.Limit, digits) {
			return s
		}
	}
}
