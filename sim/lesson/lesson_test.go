package lesson

import (
	"context"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/measure"
)

// outcome runs a lesson in simulated time, with other settings and something that is done to it after the warm-up.
func outcome(t *testing.T, name string, set []string, done ...*Action) *sim.Report {
	t.Helper()
	l, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Begin(set)
	if err != nil {
		t.Fatal(err)
	}
	s.Duration, s.Warmup = 30*time.Second, 4*time.Second
	for _, a := range done {
		do, err := sim.ParseAction(a.Name, a.Value)
		if err != nil {
			t.Fatal(err)
		}
		s.Events = append(s.Events, sim.Event{At: time.Second, Group: a.Group, Do: do})
	}
	r, err := sim.RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// of is a figure of a group.
func of(t *testing.T, r *sim.Report, group, name, part string) float64 {
	t.Helper()
	g := r.Group(group)
	if g == nil {
		t.Fatalf("there is no group %s", group)
	}
	v, ok := g.Figure(name, part)
	if !ok {
		t.Fatalf("%s: %s.%s was not measured", group, name, part)
	}
	return v
}

// claim is what a text says.
func claim(t *testing.T, ok bool, format string, a ...any) {
	t.Helper()
	if !ok {
		t.Errorf(format, a...)
	}
}

func TestWhyPrediction(t *testing.T) {
	r := outcome(t, "why-prediction", nil)
	with, without := of(t, r, "predicting", "own_latency", "p50"), of(t, r, "waiting", "own_latency", "p50")
	rtt := of(t, r, "waiting", "rtt", "p50")
	claim(t, rtt > 149 && rtt < 152, "the round trip is %v ms", rtt)
	claim(t, with == 0, "with prediction the own moves show after %v ms", with)
	claim(t, without > 150, "without prediction the own moves show after %v ms", without)
	far := outcome(t, "why-prediction", nil, &Action{"all", "link", "delay=200ms"})
	claim(t, of(t, far, "predicting", "own_latency", "p50") == 0, "at 400 ms the prediction is felt")
	claim(t, of(t, far, "waiting", "own_latency", "p50") > 400, "at 400 ms the wait is %v", of(t, far, "waiting", "own_latency", "p50"))
	near := of(t, outcome(t, "why-prediction", []string{"link=lan"}), "waiting", "own_latency", "p50")
	claim(t, near < without/2, "on a LAN one still waits %v ms", near)
	off := outcome(t, "why-prediction", nil, &Action{"predicting", "set", "prediction=off"}, &Action{"waiting", "set", "prediction=on"})
	claim(t, of(t, off, "predicting", "own_latency", "p50") > 150 && of(t, off, "waiting", "own_latency", "p50") == 0, "the switches do not exchange the groups")
}

func TestWhyReconciliation(t *testing.T) {
	r := outcome(t, "why-reconciliation", nil)
	with, without := of(t, r, "corrected", "prediction_error", "p95"), of(t, r, "drifting", "prediction_error", "p95")
	claim(t, with < 0.1 && without > 1, "predictions are off by %v with, and %v without", with, without)
	claim(t, of(t, r, "corrected", "corrections", "value") > 10 && of(t, r, "drifting", "corrections", "value") == 0, "corrections")
	claim(t, of(t, r, "drifting", "inputs_missed", "value") > 0.01, "nothing goes wrong")
	back := outcome(t, "why-reconciliation", nil, &Action{"drifting", "set", "reconciliation=on"})
	claim(t, of(t, back, "drifting", "prediction_error", "p95") < 0.1, "who reconciles again stays off by %v", of(t, back, "drifting", "prediction_error", "p95"))
}

func TestWhyInterpolation(t *testing.T) {
	r := outcome(t, "why-interpolation", nil)
	smooth, jumping := of(t, r, "smooth", "velocity_error", "p95"), of(t, r, "jumping", "velocity_error", "p95")
	claim(t, jumping > 5*smooth, "velocities are off by %v with, and %v without", smooth, jumping)
	late, early := of(t, r, "smooth", "view_delay", "p50"), of(t, r, "jumping", "view_delay", "p50")
	claim(t, late > early+25, "the others are shown %v ms late with, and %v without", late, early)
	often := outcome(t, "why-interpolation", []string{"snapshots=60"})
	claim(t, of(t, often, "smooth", "view_delay", "p50") < late-20, "with 60 snapshots the delay is %v", of(t, often, "smooth", "view_delay", "p50"))
	claim(t, of(t, often, "jumping", "velocity_error", "p95") < jumping, "with 60 snapshots they jump as much")
	uneven := outcome(t, "why-interpolation", nil, &Action{"all", "link", "delay=40ms,jitter=35ms"})
	claim(t, of(t, uneven, "smooth", "view_delay", "p50") > late+10, "on an uneven network the delay is %v", of(t, uneven, "smooth", "view_delay", "p50"))
}

func TestLateSnapshots(t *testing.T) {
	r := outcome(t, "late-snapshots", nil)
	starved := func(group string) float64 { return of(t, r, group, "starvation", "value") }
	claim(t, starved("patient") < 0.005 && starved("guessing") > 0.01 && starved("freezing") > 0.01, "starved: %v, %v, %v", starved("patient"), starved("guessing"), starved("freezing"))
	claim(t, of(t, r, "patient", "view_delay", "p50") > of(t, r, "guessing", "view_delay", "p50")+20, "patience costs nothing")
	claim(t, of(t, r, "guessing", "extrapolation", "value") > 0.9*starved("guessing"), "who guesses does not")
	claim(t, of(t, r, "freezing", "freeze", "value") == starved("freezing"), "who freezes does not")
}

func TestKCPAgainstDatagrams(t *testing.T) {
	kcp, plain := outcome(t, "kcp-against-datagrams", nil), outcome(t, "kcp-against-datagrams", []string{"lanes=unreliable"})
	for _, name := range []string{"starvation", "inputs_missed"} {
		a, b := of(t, kcp, "players", name, "value"), of(t, plain, "players", name, "value")
		claim(t, a > 0.02 && b < a/10, "%s is %v with KCP and %v with datagrams", name, a, b)
	}
	claim(t, of(t, kcp, "players", "stall", "count") > 50, "nothing waits for what was lost")
	claim(t, of(t, kcp, "players", "stall", "p50") > 50, "what waits does so for %v ms", of(t, kcp, "players", "stall", "p50"))
	long := outcome(t, "kcp-against-datagrams", nil, &Action{"all", "link", "delay=120ms,loss=3%"})
	claim(t, of(t, long, "players", "stall", "p50") > of(t, kcp, "players", "stall", "p50"), "with a longer round trip what waits waits for %v ms", of(t, long, "players", "stall", "p50"))
}

func TestLagCompensation(t *testing.T) {
	on, off, capped := outcome(t, "lag-compensation", nil), outcome(t, "lag-compensation", []string{"rewind=off"}), outcome(t, "lag-compensation", []string{"rewind=100ms"})
	agreed := func(r *sim.Report) float64 { return of(t, r, "far", "hit_agreement", "value") }
	claim(t, agreed(on) > 0.95 && agreed(off) < 0.5 && agreed(capped) < 0.9 && agreed(capped) > agreed(off), "awarded: %v, without %v, capped %v", agreed(on), agreed(off), agreed(capped))
	price := func(r *sim.Report) float64 { return of(t, r, "far", "price_distance", "p50") }
	claim(t, price(on) > 0.5 && price(off) == 0, "the price is %v, and without rewind %v", price(on), price(off))
	claim(t, of(t, on, "far", "price_cover", "p99") > 50, "nobody is hit behind cover")
	farther := outcome(t, "lag-compensation", nil, &Action{"far", "link", "delay=90ms"})
	mean := func(r *sim.Report) float64 { return of(t, r, "far", "price_distance", "mean") }
	claim(t, mean(farther) > mean(on), "with a longer round trip the price is %v, not more than %v", mean(farther), mean(on))
	near := outcome(t, "lag-compensation", nil, &Action{"all", "link", "lan"})
	claim(t, mean(near) < mean(on)/1.5, "on a LAN the price is %v, not much less than %v", mean(near), mean(on))
}

func TestPeekersAdvantage(t *testing.T) {
	r := outcome(t, "peekers-advantage", nil)
	first := func(r *sim.Report, group string) float64 { return of(t, r, group, "peekers_advantage", "p50") }
	claim(t, first(r, "near") > 0 && first(r, "far") > first(r, "near")+30, "who moves sees first by %v near, and %v far", first(r, "near"), first(r, "far"))
	often := outcome(t, "peekers-advantage", []string{"snapshots=60"})
	claim(t, first(often, "far") < first(r, "far") && first(often, "near") < first(r, "near"), "with 60 snapshots by %v and %v", first(often, "near"), first(often, "far"))
	all := outcome(t, "peekers-advantage", nil, &Action{"far", "link", "lan"})
	claim(t, first(all, "far") < first(r, "far")-30, "when all are on a LAN by %v", first(all, "far"))
	wait := outcome(t, "peekers-advantage", nil, &Action{"near", "set", "interpolation=4"})
	claim(t, of(t, wait, "near", "view_delay", "p50") > of(t, r, "near", "view_delay", "p50")+100, "who waits for four intervals does not see later")
}

func TestBurstsAgainstRedundancy(t *testing.T) {
	r := outcome(t, "bursts-against-redundancy", nil)
	lost := func(r *sim.Report, group string) float64 { return of(t, r, group, "inputs_lost", "value") }
	claim(t, lost(r, "once") > 0.05 && lost(r, "once") < 0.11, "once: %v are lost", lost(r, "once"))
	claim(t, lost(r, "thrice") < lost(r, "once") && lost(r, "all-of-them") < 0.005, "thrice: %v, all: %v are lost", lost(r, "thrice"), lost(r, "all-of-them"))
	claim(t, of(t, r, "all-of-them", "inputs_missed", "value") > 2*lost(r, "all-of-them"), "nothing comes late")
	bytes := func(group string) float64 { return of(t, r, group, "bytes_up", "value") }
	claim(t, bytes("all-of-them") > bytes("thrice") && bytes("thrice") > bytes("once"), "bytes: %v, %v, %v", bytes("once"), bytes("thrice"), bytes("all-of-them"))
	single := outcome(t, "bursts-against-redundancy", nil, &Action{"all", "link", "delay=40ms,up.loss=8%"})
	claim(t, lost(single, "thrice") < 0.005 && lost(single, "once") > 0.05, "of single losses thrice loses %v, once %v", lost(single, "thrice"), lost(single, "once"))
}

// TestLessonsAreWhole: every lesson has all that a page needs, and all that it offers can be done.
func TestLessonsAreWhole(t *testing.T) {
	for i := range All {
		l := &All[i]
		t.Run(l.Name, func(t *testing.T) {
			s, err := l.Begin(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{l.Title, l.About, l.Watch} {
				claim(t, text != "", "a text is missing")
			}
			claim(t, len(l.Try) >= 2 && len(l.Try) <= 4, "%d things to try", len(l.Try))
			claim(t, len(l.Layout.Players) > 0 && len(l.Layout.Players) <= 4, "%d players to compare", len(l.Layout.Players))
			for _, p := range l.Layout.Players {
				claim(t, p.Group < len(s.Groups)-1 && p.Number >= 1 && p.Number <= s.Groups[p.Group].Count, "there is no player %+v", p)
			}
			for _, g := range l.Layout.Ghosts {
				claim(t, g == Confirmed || g == Truth || g == Shots, "ghost %q", g)
			}
			for _, name := range l.Layout.Charts {
				found := false
				for j := range measure.AllSeries {
					found = found || measure.AllSeries[j].Name == name
				}
				claim(t, found, "there is no series %q", name)
			}
			for _, try := range l.Try {
				claim(t, (try.Action == nil) != (try.Set == nil) && try.Text != "", "%+v", try)
				set := try.Set
				s, err := l.Begin(set)
				claim(t, err == nil, "%v: %v", set, err)
				if a := try.Action; a != nil {
					do, err := sim.ParseAction(a.Name, a.Value)
					claim(t, err == nil, "%+v: %v", a, err)
					s.Events = []sim.Event{{Group: a.Group, Do: do}}
				}
				claim(t, sim.Check(arena.Game, &s) == nil, "%+v: %v", try, sim.Check(arena.Game, &s))
			}
		})
	}
	if len(All) != 8 {
		t.Errorf("%d lessons", len(All))
	}
	if _, err := Find("why"); err == nil {
		t.Error("a lesson was found that is not there")
	}
	for _, bad := range [][]string{{"rewind=7"}, {"nothing=on"}, {"rewind"}} {
		if _, err := All[0].Begin(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
