package sim

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"laglab/sim/measure"
)

// several are reports of one group whose figures are normally distributed around means.
func several(random *rand.Rand, n int, means map[string]float64) (reports []*Report) {
	for i := range n {
		g := GroupReport{Name: "g", Metrics: map[string]measure.Figure{}}
		for _, name := range slices.Sorted(maps.Keys(means)) {
			mean := means[name]
			metric, part, _ := strings.Cut(name, ".")
			v := mean * (1 + 0.05*random.NormFloat64())
			f := measure.Figure{Unit: measure.Find(metric).Unit, Count: 100}
			switch part {
			case "":
				f.Value = &v
			case "p99":
				f.P99 = &v
			}
			g.Metrics[metric] = f
		}
		reports = append(reports, &Report{Version: ReportVersion, Name: "arena", Seed: uint64(i), Virtual: true, Groups: []GroupReport{g}, All: g})
	}
	return reports
}

func kinds(c *Comparison) map[string]ChangeKind {
	all := map[string]ChangeKind{}
	for i := range c.Changes {
		all[c.Changes[i].Name()] = c.Changes[i].Kind
	}
	return all
}

// TestCompare: what changed beyond the spread is told, with its direction, and what did not is not; with single runs the
// margin decides.
func TestCompare(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	before := map[string]float64{"rtt.p99": 100, "starvation": 0.1, "hit_agreement": 0.5, "loss_up": 0.02, "bytes_up": 4000, "stall.p99": 20}
	after := map[string]float64{"rtt.p99": 150, "starvation": 0.05, "hit_agreement": 0.4, "loss_up": 0.2, "bytes_up": 4010, "stall.p99": 20}
	want := map[string]ChangeKind{"rtt.p99": Worse, "starvation": Improved, "hit_agreement": Worse, "loss_up": Different, "bytes_up": Same, "stall.p99": Same}
	for _, n := range []int{1, 8} {
		got := kinds(Compare(several(random, n, before), several(random, n, after)))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with %d runs: %v, want %v", n, got, want)
		}
	}
	old := several(random, 8, before)
	for _, r := range old[1:] {
		delete(r.Groups[0].Metrics, "rtt")
	}
	if k := kinds(Compare(old, several(random, 8, after)))["rtt.p99"]; k != Same {
		t.Errorf("what was measured in one run of several is %s", k)
	}
}

// TestComparisonsSeldomErr: of comparisons of runs that do not differ, about one in twenty finds anything.
func TestComparisonsSeldomErr(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	means := map[string]float64{}
	for i := range measure.Metrics {
		if m := &measure.Metrics[i]; !m.Machine && !m.IsDist() {
			means[m.Name] = 10
		}
	}
	erred := 0
	for range 400 {
		for _, k := range kinds(Compare(several(random, 5, means), several(random, 5, means))) {
			if k != Same {
				erred++
				break
			}
		}
	}
	if erred > 40 {
		t.Errorf("%d of 400 comparisons of runs that do not differ found something, want about 20", erred)
	}
}

// TestFailures: what is not to get worse is found by its name and beyond its share, and a name that makes no sense is refused.
func TestFailures(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	c := Compare(several(random, 5, map[string]float64{"rtt.p99": 100, "starvation": 0.1}), several(random, 5, map[string]float64{"rtt.p99": 150, "starvation": 0.01}))
	for text, want := range map[string]int{
		"worse": 1, "worse>60%": 0, "rtt": 1, "rtt.p99": 1, "rtt.p50": 0, "rtt.p99>10%": 1, "rtt.p99>90%": 0, "starvation": 0,
	} {
		f, err := ParseFailure(text)
		if err != nil || len(f.Find(c)) != want {
			t.Errorf("%s finds %v, %v, want %d", text, f.Find(c), err, want)
		}
	}
	for text, want := range map[string]string{
		"rt": "did you mean rtt", "rtt.p98": "compared by p50, p95", "starvation.p99": "write starvation", "loss_up": "neither better nor worse",
		"bot_late": "about the machine", "rtt>fast": "no value",
	} {
		if _, err := ParseFailure(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something with %q", text, err, want)
		}
	}
	golden(t, "compare.txt", func(w io.Writer) error { return c.WriteText(w, true) })
}

// TestMedianGrade: of two grades in the middle it is the worse.
func TestMedianGrade(t *testing.T) {
	for text, g := range map[string]Grades{
		"good":                                  {"good": 3},
		"fair, and 2 of 4 good":                 {"good": 2, "fair": 2},
		"good, and 1 of 4 bad":                  {"good": 3, "bad": 1},
		"fair, and 1 of 3 bad, and 1 of 3 good": {"good": 1, "fair": 1, "bad": 1},
		"good, and 1 of 3 void":                 {"good": 2, "void": 1},
		"void, and 1 of 2 bad":                  {"bad": 1, "void": 1},
		"unknown":                               {},
	} {
		if g.String() != text {
			t.Errorf("%v is %q, want %q", map[string]int{"good": g["good"], "fair": g["fair"], "bad": g["bad"]}, g.String(), text)
		}
	}
}
