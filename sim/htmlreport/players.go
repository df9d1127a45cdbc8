package htmlreport

import (
	"fmt"
	"strings"

	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// playerTable is a row for each player, when they were measured one by one.
type playerTable struct {
	Heads []playerHead
	Rows  []playerRow
}

// playerHead is a column's. Few tells that little of it is what one looks for: it is sorted by the least first.
type playerHead struct {
	Title, Doc string
	Few        bool
}

// playerRow is a player's. Order is where the grade stands among the others, the worst first.
type playerRow struct {
	Group   string
	Number  int
	Grade   verdict.Grade
	Order   int
	Cells   []playerCell
	Because string   // the first of the reasons
	Reasons []string // all of them
}

// playerCell is a figure as it is shown, and as it is sorted by; empty when it was not measured.
type playerCell struct{ Text, Value string }

// playerFigures are the columns.
var playerFigures = []struct{ title, metric, part string }{
	{"RTT", "rtt", "p50"}, {"shown late", "view_delay", "p50"}, {"age p99", "snapshot_age", "p99"}, {"starved", "starvation", "value"}, {"longest freeze", "longest_freeze", "value"},
	{"corrected p99", "correction", "p99"}, {"commands missed", "inputs_missed", "value"}, {"hits awarded", "hit_agreement", "value"}, {"down", "bytes_down", "value"}, {"ends", "ends", "value"},
}

// grades are in the order in which a table of players has them.
var grades = []verdict.Grade{verdict.Bad, verdict.Fair, verdict.Good, verdict.Unknown, verdict.Void}

// playersOf is the table of a report's players; nil when they were not measured one by one.
func playersOf(players []sim.PlayerReport) *playerTable {
	if len(players) == 0 {
		return nil
	}
	t := new(playerTable)
	for _, f := range playerFigures {
		m := measure.Find(f.metric)
		name := strings.TrimSuffix(f.metric+"."+f.part, ".value")
		t.Heads = append(t.Heads, playerHead{Title: f.title, Doc: name + ": " + m.Doc, Few: m.Better == measure.More})
	}
	for i := range players {
		t.Rows = append(t.Rows, playerRowOf(&players[i]))
	}
	return t
}

func playerRowOf(p *sim.PlayerReport) playerRow {
	row := playerRow{Group: p.Group, Number: p.Number, Grade: p.Verdict.Grade, Reasons: p.Verdict.Reasons}
	if signs[row.Grade] == "" {
		row.Grade = verdict.Unknown
	}
	for i, g := range grades {
		if g == row.Grade {
			row.Order = i
		}
	}
	if len(row.Reasons) > 0 {
		row.Because = row.Reasons[0]
	}
	g := sim.GroupReport{Metrics: p.Metrics}
	for _, f := range playerFigures {
		c := playerCell{Text: told(&g, f.metric, f.part)}
		if v, ok := g.Figure(f.metric, f.part); ok {
			c.Value = fmt.Sprint(v)
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}
