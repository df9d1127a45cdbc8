package measure

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestQuantiles: quantiles of values of either sign are those of the sorted list, to three digits.
func TestQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(-50_000, 50_000), 1, 400).Draw(t, "values")
		d := NewNumbers()
		for _, v := range values {
			d.Number(v)
		}
		slices.Sort(values)
		for _, p := range []float64{0, 10, 50, 90, 99, 100} {
			got := d.NumberAt(p)
			rank := p / 100 * float64(len(values))
			low := values[min(max(int(math.Floor(rank))-1, 0), len(values)-1)]
			high := values[min(int(math.Ceil(rank)), len(values)-1)]
			slack := 0.002*math.Max(math.Abs(float64(low)), math.Abs(float64(high))) + 1
			if got < float64(low)-slack || got > float64(high)+slack {
				t.Fatalf("p%v of %v is %v, want %d to %d", p, values, got, low, high)
			}
		}
		if d.Count() != int64(len(values)) {
			t.Fatalf("%d values of %d", d.Count(), len(values))
		}
	})
}

// TestMergeIsTheSameAsOne: what two distributions have together is what one has of all.
func TestMergeIsTheSameAsOne(t *testing.T) {
	a, b, all := NewTimes(), NewTimes(), NewTimes()
	for i := range 1000 {
		d := time.Duration(i*i%777-300) * time.Millisecond
		all.Time(d)
		if i%3 == 0 {
			a.Time(d)
		} else {
			b.Time(d)
		}
	}
	a.Merge(b)
	for p := 0.0; p <= 100; p += 2.5 {
		if a.TimeAt(p) != all.TimeAt(p) {
			t.Errorf("p%v is %v merged, %v in one", p, a.TimeAt(p), all.TimeAt(p))
		}
	}
	if a.MeanTime() != all.MeanTime() {
		t.Errorf("the mean is %v merged, %v in one", a.MeanTime(), all.MeanTime())
	}
}

// TestMetricsAreWellDefined: names are unique, lower case, documented, and every metric of an empty group is not measured
// or a count of zero.
func TestMetricsAreWellDefined(t *testing.T) {
	seen := map[string]bool{}
	empty := NewGroup()
	for i := range Metrics {
		m := &Metrics[i]
		if seen[m.Name] || m.Doc == "" || m.Unit == "" || m.Title == "" || Find(m.Name) != m {
			t.Errorf("metric %q is not well defined", m.Name)
		}
		seen[m.Name] = true
		if m.Curve(empty) != nil {
			t.Errorf("%s of nobody has a curve", m.Name)
		}
		f, ok := m.Of(empty, 0)
		if ok && (m.IsDist() || *f.Value != 0) {
			t.Errorf("%s of nobody is measured as %+v", m.Name, f)
		}
	}
}

// TestGroupsMerge: every distribution of a group is merged.
func TestGroupsMerge(t *testing.T) {
	a, b := NewGroup(), NewGroup()
	for i, d := range b.dists() {
		d.Number(i + 1)
	}
	a.Merge(b)
	for i, d := range a.dists() {
		if d.Count() != 1 || d.NumberAt(50) != float64(i+1) {
			t.Errorf("distribution %d was not merged", i)
		}
	}
}

// TestCompare: whatever is recorded, its figure is equal to what it was; what is an eighth of a percent away is not.
func TestCompare(t *testing.T) {
	for us := int64(1); us < distTop; us += 1 + us/7 {
		for _, sign := range []int64{1, -1} {
			g := NewGroup()
			g.InputSlack.Time(time.Duration(sign*us) * time.Microsecond)
			f, _ := Find("input_slack").Of(g, 1)
			limit, off := float64(sign*us)/1000, max(float64(us)/800, 1)/1000
			for at, want := range map[float64]int{limit: 0, limit - off: 1, limit + off: -1} {
				if got := Compare("p99", *f.P99, at); got != want {
					t.Fatalf("%v ms is told as %v ms, and compared with %v gives %d", limit, *f.P99, at, got)
				}
			}
		}
	}
	if Compare("value", 250.1, 250) != 1 || Compare("count", 1000, 1001) != -1 {
		t.Error("values and counts are what they are")
	}
}

func TestNearest(t *testing.T) {
	for wrong, want := range map[string]string{"corection": "correction", "hit_agrement": "hit_agreement", "rt": "rtt", "starving": "starvation"} {
		if got := Nearest(wrong); got != want {
			t.Errorf("%s is nearest to %s, not %s", wrong, got, want)
		}
	}
}

// TestCurve: a curve rises, and agrees with the figure's parts.
func TestCurve(t *testing.T) {
	g := NewGroup()
	for i := range 10_000 {
		g.InputSlack.Time(time.Duration(i-2000) * 100 * time.Microsecond)
	}
	m := Find("input_slack")
	curve := m.Curve(g)
	f, _ := m.Of(g, 1)
	if len(curve) != len(CurveAt) || !slices.IsSorted(curve) {
		t.Fatalf("the curve is %v", curve)
	}
	for part, at := range map[string]float64{"p50": 50, "p95": 95, "p99": 99, "max": 100} {
		if want, _ := f.At(part); curve[slices.Index(CurveAt, at)] != want {
			t.Errorf("the curve at %v is %v, and %s is %v", at, curve[slices.Index(CurveAt, at)], part, want)
		}
	}
	for name := range titles {
		if Find(name) == nil {
			t.Errorf("there is a title of %s, and no such metric", name)
		}
	}
}

// TestSampled: what a window is made of is kept of those distributions of which there are series, and goes on to be after a reset.
func TestSampled(t *testing.T) {
	g := NewGroup()
	for _, reset := range []bool{false, true} {
		if reset {
			g.RTT.Time(time.Second)
			g.Reset()
		}
		g.RTT.Time(40 * time.Millisecond)
		g.DisplayError.Length(0.5)
		g.DisplayError.Length(0)
		if n := g.DisplayError.Count(); n != 2 {
			t.Errorf("%d errors", n)
		}
		var c Cut
		g.Cut(&c)
		for i, d := range g.dists() {
			var want []int32
			if d == &g.RTT {
				want = []int32{40_000}
			}
			if got := c.samples[i].values; !slices.Equal(got, want) {
				t.Errorf("reset %t: of distribution %d there is %v, want %v", reset, i, got, want)
			}
		}
	}
}
