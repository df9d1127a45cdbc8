package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"laglab/protocol/game"
	"laglab/sim"
	"laglab/sim/verdict"
)

// Runner runs scenarios. Simulated tells whether on simulated time, where figures of the machine mean nothing.
type Runner struct {
	Run       func(ctx context.Context, s *sim.Scenario) (*sim.Report, error)
	Simulated bool
}

// RealTime runs scenarios of a game in real time; progress, when not nil, is told how it goes.
func RealTime[E, C any](g *game.Game[E, C], progress func(sim.Progress)) Runner {
	return Runner{Run: func(ctx context.Context, s *sim.Scenario) (*sim.Report, error) { return sim.Run(ctx, g, *s, progress) }}
}

// SimulatedTime runs scenarios of a game in simulated time; progress, when not nil, is told how far a run has come.
func SimulatedTime[E, C any](g *game.Game[E, C], progress func(now time.Duration)) Runner {
	return Runner{Simulated: true, Run: func(ctx context.Context, s *sim.Scenario) (*sim.Report, error) {
		return sim.RunVirtual(ctx, g, *s, progress)
	}}
}

// Result is what came of a scenario.
type Result struct {
	Scenario string `json:"scenario"`
	Title    string `json:"title,omitempty"`
	Seed     uint64 `json:"seed"`
	// Elapsed is how long all its runs took, on their own clock.
	Elapsed  time.Duration     `json:"elapsed_ns"`
	Outcome  verdict.Outcome   `json:"outcome"`
	Reason   string            `json:"reason"`
	Findings []verdict.Finding `json:"expectations"`
	// Again is the command that runs it again, the same.
	Again string `json:"again,omitempty"`
	// Broken is why a run did not come to its end, if so; the Reason says it too.
	Broken error `json:"-"`
}

// Run runs all variants, one after the other, and judges them.
func (s *Scenario) Run(ctx context.Context, r Runner) *Result {
	variants, err := s.Variants()
	for i := range variants {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			variants[i].Report, err = r.Run(ctx, &variants[i].Scenario)
		}
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return s.Judge(variants, r.Simulated, err)
}

// Judge is what came of variants that were run, the last of them perhaps not to the end because of an error.
func (s *Scenario) Judge(variants []sim.Variant, simulated bool, broken error) *Result {
	r := &Result{Scenario: s.Name, Title: s.Title(), Seed: s.Seed, Findings: []verdict.Finding{}, Broken: broken}
	void := ""
	for i := range variants {
		v := &variants[i]
		if v.Report == nil {
			continue
		}
		r.Elapsed += v.Report.Elapsed
		if v.Report.Lab.Void != "" && void == "" {
			void = strings.TrimPrefix(v.Name+": "+v.Report.Lab.Void, ": ")
		}
		for j := range s.Expect {
			if e := &s.Expect[j]; about(e, v.Name) {
				f := e.Judge(v.Report.Figure, simulated)
				f.Variant = v.Name
				r.Findings = append(r.Findings, f)
			}
		}
	}
	if broken != nil {
		void = "the run broke: " + broken.Error()
	}
	r.Outcome, r.Reason = verdict.Conclude(r.Findings, void)
	if r.Outcome != verdict.Passed && s.File != "" {
		r.Again = fmt.Sprintf("laglab test %s --seed %d", Quoted(s.File), s.Seed)
	}
	return r
}

// Quoted is a word as a shell takes it.
func Quoted(word string) string {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool {
		return !strings.ContainsRune("-_./+:@%=,", r) && (r < '0' || r > 'z' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	}) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// marks stand before an expectation.
var marks = map[verdict.Status]string{verdict.Pass: "✓", verdict.Fail: "✗", verdict.Skipped: "–"}

// WriteText writes a line for each expectation and one for the outcome, and when it is not good how to see it again.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	variant := ""
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Variant != variant {
			variant = f.Variant
			t.Flush()
			fmt.Fprintf(t, "  %s\n", variant)
			t.Flush()
		}
		fmt.Fprintf(t, "  %s %s\t%s\n", marks[f.Status], f.Expectation, f.Says)
	}
	t.Flush()
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return r.WriteOutcome(w)
}

// WriteOutcome writes the outcome in a line, and when it is not good how to see it again.
func (r *Result) WriteOutcome(w io.Writer) error {
	line := fmt.Sprintf("%s: %s\n", r.Outcome, strings.TrimPrefix(r.Scenario+": "+r.Reason, ": "))
	if r.Again != "" {
		line += fmt.Sprintf("  seed %d; to see it again: %s\n", r.Seed, r.Again)
	}
	_, err := io.WriteString(w, line)
	return err
}

// Tell tells the report of a run what came of it.
func (r *Result) Tell(report *sim.Report) {
	report.Expectations, report.Outcome, report.Reason = r.expectations(), r.Outcome, r.Reason
}

// expectations are the findings as the report of a run has them.
func (r *Result) expectations() []sim.Expectation {
	all := make([]sim.Expectation, len(r.Findings))
	for i := range r.Findings {
		f := &r.Findings[i]
		e := sim.Expectation{Text: f.Expectation, Limit: f.LimitText(), Margin: f.Margin}
		if f.Value != nil {
			e.Measured = f.Says
		} else {
			e.Note = f.Says
		}
		if f.Status != verdict.Skipped {
			ok := f.Status == verdict.Pass
			e.OK = &ok
		}
		all[i] = e
	}
	return all
}

// WriteJSON writes results as one JSON array.
func WriteJSON(w io.Writer, results []*Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(results)
}

// Worst is the outcome of several results, as [verdict.Worst] has it.
func Worst(results []*Result) verdict.Outcome {
	outcomes := make([]verdict.Outcome, len(results))
	for i := range results {
		outcomes[i] = results[i].Outcome
	}
	return verdict.Worst(outcomes)
}
