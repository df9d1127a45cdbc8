// Package htmlreport makes pages of reports: each is one file that opens in any browser, from a disk too, and that asks nothing of
// the network. It has plots drawn by the page's own script, and all figures as tables.
//
//	err := htmlreport.WriteReport(file, report)
package htmlreport

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

//go:embed assets
var assets embed.FS

// asset is a file that is part of the program.
func asset(name string) string {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it was there when the program was built
	}
	return string(b)
}

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"css":    func() template.CSS { return template.CSS(asset("page.css")) },
	"script": func(name string) template.JS { return template.JS(asset(name)) },
	"sign":   func(g verdict.Grade) string { return signs[g] },
	"deref":  func(b *bool) bool { return *b },
	"kb":     func(v float64) string { return verdict.Format(measure.BytesRate, v) },
}).ParseFS(assets, "assets/*.html"))

// signs stand before grades, so that they do not hang on colours.
var signs = map[verdict.Grade]string{verdict.Good: "✓", verdict.Fair: "!", verdict.Bad: "✗", verdict.Unknown: "?", verdict.Void: "–"}

// fact is a name and a value, for the line below a title.
type fact [2]string

// unmeasured stands for what was not measured.
const unmeasured = "~"

// WriteReport writes the page of a report.
func WriteReport(w io.Writer, r *sim.Report) error {
	return pages.ExecuteTemplate(w, "report.html", newReportPage(r))
}

// WriteSweep writes the page of a sweep.
func WriteSweep(w io.Writer, s *sim.Sweep) error {
	return pages.ExecuteTemplate(w, "sweep.html", newSweepPage(s))
}

// titleOf is the name of what ran.
func titleOf(game, scenario string) string {
	if scenario != "" {
		return scenario + " (" + game + ")"
	}
	return game
}

// sweepPage is what the template of a sweep shows.
type sweepPage struct {
	Title string
	Facts []fact
	Rows  []sweepRow
	Kept  []sim.SweptKept
	Data  *sim.Sweep
}

// sweepRow is a combination and a group.
type sweepRow struct {
	First  bool // of its combination
	Values []string
	Group  string
	Grade  verdict.Grade // empty: it did not run
	Reason string
	// Outcome and Why tell what came of the expectations, in the first row only; empty when nothing was expected.
	Outcome verdict.Outcome
	Why     string
}

func newSweepPage(s *sim.Sweep) *sweepPage {
	p := &sweepPage{Title: titleOf(s.Game, s.Scenario), Data: s, Kept: s.KeptOver(), Facts: []fact{
		{"combinations", fmt.Sprint(len(s.Cells))}, {"seeds each", fmt.Sprint(len(s.Seeds))}, {"time", "simulated"},
	}}
	if passed, judged := s.Passed(); judged > 0 {
		p.Facts = append(p.Facts, fact{"all expectations kept in", fmt.Sprintf("%d of %d", passed, judged)})
	}
	for i := range s.Cells {
		for j, group := range s.Groups {
			c := &s.Cells[i]
			row := sweepRow{First: j == 0, Values: c.Values, Group: group}
			if row.First {
				row.Outcome, row.Why = c.Outcome, c.Reason
			}
			if o, ran := c.Groups[group]; ran {
				row.Grade, row.Reason = o.Grade, strings.Join(o.Reasons, "; ")
			}
			p.Rows = append(p.Rows, row)
		}
	}
	return p
}

// clock is a time since a run's beginning.
func clock(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
