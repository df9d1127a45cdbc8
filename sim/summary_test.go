package sim

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"laglab/protocol"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what is written with a file in testdata.
func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with go test ./sim -run %s -update", err, t.Name())
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("%s is another (-file +now); if that is meant, write it with go test ./sim -run %s -update\n%s", file, t.Name(), diff)
	}
}

// played is a group that was measured, made up from a few numbers: the larger trouble, the worse it went.
func played(players int, trouble float64) *measure.Group {
	g := measure.NewGroup()
	g.Players, g.Played, g.Truth, g.Known = players, time.Duration(players)*30*time.Second, true, true
	g.Interval = 50 * time.Millisecond
	for i := range 1000 {
		spread := float64(i*i%1000)/1000*trouble + 1
		ms := func(mean float64) time.Duration { return time.Duration(mean * spread * float64(time.Millisecond)) }
		g.RTT.Time(ms(15))
		g.SnapshotAge.Time(ms(25))
		g.ViewDelay.Time(ms(60))
		g.FreshnessGap.Time(ms(40))
		g.InputSlack.Time(ms(20) - 30*time.Millisecond)
		g.ActionToOther.Time(ms(90))
		g.DisplayError.Length(0.01 * spread)
		if i%10 == 0 {
			g.Correction.Length(0.1 * spread)
			g.PriceCover.Time(ms(40))
		}
	}
	n := int64(trouble * 10)
	g.Hits.Shots, g.Hits.Seen, g.Hits.Agreed, g.Hits.Denied = 400, 200, 200-n, n
	g.Client.Watched, g.Client.Frozen, g.Client.LongestFreeze = g.Played, time.Duration(n)*100*time.Millisecond, time.Duration(n)*10*time.Millisecond
	g.Client.Confirmed, g.Client.Mispredicts, g.Client.Corrections, g.Client.Connects = 10_000, n*20, n*10, int64(players)
	g.Client.BytesIn[protocol.KindSnapshot], g.Client.BytesOut[protocol.KindCommands] = int64(players)*30*2000, int64(players)*30*3000
	g.Traffic.BytesIn, g.Traffic.BytesOut = int64(players)*30*2300, int64(players)*30*3500
	g.Traffic.DatagramsIn, g.Traffic.DatagramsOut = int64(players)*30*20, int64(players)*30*60
	g.Inputs.Needed, g.Inputs.Late = 10_000, n*10
	if trouble > 3 {
		g.Ends[transport.ReasonTimeout] = 1
	}
	return g
}

// sample is a report of a run that never was.
func sample() *Report {
	groups := []Group{{Name: "home", Count: 4}, {Name: "<b>train & co</b>", Count: 8}}
	for i, link := range []string{"cable", "4g,loss=3%,burst=5"} {
		p, err := ParseAction("link", link)
		if err != nil {
			panic(err)
		}
		groups[i].Up, groups[i].Down = *p.(SetLink).Up, *p.(SetLink).Down
	}
	kept, broken := true, false
	r := &Report{
		Name: "arena", Scenario: "sample", Text: "duration 30s\ngroup home: 4 bots\n</script><script>alert(1)</script>\n", Seed: 42, Addr: "127.0.0.1:62893",
		Repeat: "laglab run sample --seed 42", Started: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC), Elapsed: 30 * time.Second,
		Expectations: []Expectation{
			{Text: "home.hit_agreement > 98%", Measured: "99.5 %", Limit: "98 %", OK: &kept},
			{Text: "all.correction.p99 < 0.3", Measured: "0.49 units", Limit: "0.3 units", OK: &broken, Note: "one group alone is responsible"},
			{Text: "server.tick.p99 < 4ms", Limit: "4 ms", Note: "nothing of the machine counts in simulated time"},
		},
	}
	r.Outcome, r.Reason = verdict.FailedNetcode, "all.correction.p99 < 0.3"
	r.fill(groups, measuredOf(played(4, 0.5), played(8, 4)), nil, nil, func(int) bool { return false })
	r.Server = &ServerReport{
		TickRate: 60, SnapshotRate: 20, Matches: 1, Ticks: 1800, AchievedRate: 60, TickCost: Quantiles{0.066, 0.11, 0.141, 0.199, 1800},
		TickLate: Quantiles{0.033, 0.1, 0.119, 1.5, 1800}, Late: 1, Phases: map[string]Quantiles{}, Inbox: 30, InboxDepth: Quantiles{12, 14, 18, 30, 1800}, ReliableDepth: Quantiles{0, 2, 5, 22, 1800}, Queued: 2, BitsPerUpdate: 44,
		Process: ProcessReport{Allocations: 3075, Collections: 3, PauseTotal: 0.5, PauseMax: 0.26, Heap: 20_000_000},
	}
	for i := range server.Phases {
		at := 0.005 * float64(i+1)
		r.Server.Phases[server.Phase(i).String()] = Quantiles{at, 2 * at, 3 * at, 5 * at, 1800}
	}
	r.Lab = LabReport{LinkLate: Quantiles{0.035, 0.08, 0.119, 2.4, 50_000}, BotLate: Quantiles{0.035, 0.07, 0.113, 1, 20_000}}
	r.Desyncs = []string{"match 0, player 3: entity 7 differs at tick 99 in field Health"}
	r.Timeline = sampleTimeline(groups)
	return r
}

func sampleTimeline(groups []Group) *Timeline {
	t := &Timeline{Window: time.Second, Series: map[string]map[string][]*float64{}, Events: []EventReport{
		{At: 8 * time.Second, Group: groups[1].Name, Text: groups[1].Name + ": blackout 2s"}, {At: 20 * time.Second, Text: "restart 1s"},
	}}
	for k := range 30 {
		t.Ends = append(t.Ends, time.Duration(k+1)*time.Second)
	}
	for i, name := range []string{groups[0].Name, groups[1].Name, All} {
		series := map[string][]*float64{}
		for j := range measure.AllSeries {
			var points []*float64
			for k := range 30 {
				v := float64((i+2)*(j+3)*(10+k*k%17)) / 10
				if measure.AllSeries[j].Unit == measure.Share {
					v /= 100
				}
				if points = append(points, &v); i == 1 && (k == 8 || k == 9) {
					points[k] = nil
				}
			}
			series[measure.AllSeries[j].Name] = points
		}
		t.Series[name] = series
	}
	return t
}

// TestSummary: the texts of a report, and its JSON.
func TestSummary(t *testing.T) {
	r := sample()
	golden(t, "sample.txt", r.WriteText)
	golden(t, "sample-full.txt", r.WriteFullText)
	golden(t, "sample.json", r.WriteJSON)
}

// TestVirtualSummary: a short run in simulated time gives the texts and the JSON that it always gave, and nothing in them is
// of the machine.
func TestVirtualSummary(t *testing.T) {
	s := Scenario{Seed: 7, Duration: 3 * time.Second, Warmup: time.Second, Events: []Event{{At: 2 * time.Second, Group: "bad", Do: action(t, "blackout", "500ms")}}}
	s.Groups = []Group{DemoGroups()[0], DemoGroups()[3]}
	r, err := RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "virtual.txt", r.WriteText)
	golden(t, "virtual.json", r.WriteJSON)
	var b strings.Builder
	if err := r.WriteFullText(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "in simulated time") {
		t.Error("it does not say that the time was simulated")
	}
	for _, word := range []string{"LAB", "bot_late", "replay_cost", "allocations", "kernel", "a tick costs"} {
		if strings.Contains(b.String(), word) {
			t.Errorf("it tells of the machine: %q in\n%s", word, b.String())
		}
	}
}

// TestSummaryIsNarrow: no line is wider than a terminal of 120 columns, however many groups there are and whatever they are
// called.
func TestSummaryIsNarrow(t *testing.T) {
	r := sample()
	for i := range 12 {
		g := r.Groups[i%2]
		g.Name = strings.Repeat("long-ä", 6) + string(rune('a'+i))
		r.Groups = append(r.Groups, g)
	}
	var b strings.Builder
	if err := r.WriteFullText(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// measuredOf are these groups.
func measuredOf(all ...*measure.Group) *measure.Groups {
	g := new(measure.Groups)
	for i, m := range all {
		g.At(i).Merge(m)
	}
	return g
}
