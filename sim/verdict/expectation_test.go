package verdict

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"laglab/sim/measure"
)

// subjects are two groups, and a server with figures of its own.
var subjects = []Subject{
	{Name: "home", Metrics: measure.Metrics, Mean: true},
	{Name: "all", Metrics: measure.Metrics, Mean: true},
	{Name: "server", Metrics: []measure.Metric{
		{Name: "skipped", Unit: measure.Number, Machine: true}, measure.OwnDist("tick", measure.Millis, "what a tick cost"), measure.OwnValue("rate", measure.Hertz, ""),
	}},
}

func TestParseExpectation(t *testing.T) {
	for text, want := range map[string]Expectation{
		"home.correction.p99 < 0.5":           {Subject: "home", Metric: "correction", Part: "p99", Op: "<", Limit: 0.5, Unit: measure.Units},
		"home.correction.p99 < 0.5 units":     {Subject: "home", Metric: "correction", Part: "p99", Op: "<", Limit: 0.5, Unit: measure.Units},
		"home.velocity_error.p99 < 2units/s":  {Subject: "home", Metric: "velocity_error", Part: "p99", Op: "<", Limit: 2, Unit: measure.Speed},
		"home.hit_agreement > 98%":            {Subject: "home", Metric: "hit_agreement", Part: "value", Op: ">", Limit: 0.98, Unit: measure.Share},
		"all.starvation<=7 %":                 {Subject: "all", Metric: "starvation", Part: "value", Op: "<=", Limit: 0.07, Unit: measure.Share},
		"home.rtt.p50 >= 0.04s":               {Subject: "home", Metric: "rtt", Part: "p50", Op: ">=", Limit: 40, Unit: measure.Millis},
		"home.rtt.count > 100":                {Subject: "home", Metric: "rtt", Part: "count", Op: ">", Limit: 100, Unit: measure.Number},
		"home.input_slack.p50 > -5ms":         {Subject: "home", Metric: "input_slack", Part: "p50", Op: ">", Limit: -5, Unit: measure.Millis},
		"all.desyncs == 0":                    {Subject: "all", Metric: "desyncs", Part: "value", Op: "==", Unit: measure.Number},
		"all.corrections != 3/min":            {Subject: "all", Metric: "corrections", Part: "value", Op: "!=", Limit: 3, Unit: measure.PerMinute},
		"all.bytes_down < 6kB/s":              {Subject: "all", Metric: "bytes_down", Part: "value", Op: "<", Limit: 6000, Unit: measure.BytesRate},
		"all.replay_cost.p99 < 1ms":           {Subject: "all", Metric: "replay_cost", Part: "p99", Op: "<", Limit: 1000, Unit: measure.Micros, Machine: true},
		"server.tick.p99 < 4ms":               {Subject: "server", Metric: "tick", Part: "p99", Op: "<", Limit: 4, Unit: measure.Millis},
		"all.stalled < 120%":                  {Subject: "all", Metric: "stalled", Part: "value", Op: "<", Limit: 1.2, Unit: measure.Share},
		"all.peekers_advantage.p50 > -40ms":   {Subject: "all", Metric: "peekers_advantage", Part: "p50", Op: ">", Limit: -40, Unit: measure.Millis},
		"server.rate > 59.5Hz":                {Subject: "server", Metric: "rate", Part: "value", Op: ">", Limit: 59.5, Unit: measure.Hertz},
		"all.rtt.p50 < 9ms when a=b and c=kx": {Subject: "all", Metric: "rtt", Part: "p50", Op: "<", Limit: 9, Unit: measure.Millis, When: []string{"a=b", "c=kx"}},
	} {
		got, err := ParseExpectation(" "+text+" ", subjects)
		if want.Text = text; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParseExpectationErrors(t *testing.T) {
	for text, want := range map[string]struct {
		at     int
		reason string
	}{
		"home.rtt.p50":                 {0, "compares nothing"},
		"":                             {0, "compares nothing"},
		"rtt < 4ms":                    {0, "names no figure"},
		"home.rtt.p50 = 4ms":           {13, "want one of <, <="},
		"home.rtt.p50 => 4ms":          {13, "want one of <, <="},
		"1ms < home.rtt.p50 < 4ms":     {4, "want one of <, <="},
		"hom.rtt.p50 < 4ms":            {0, `there is no group "hom"; did you mean "home"?`},
		"elsewhere.rtt.p50 < 4ms":      {0, `want one of home, all, server`},
		"home.corection.p99 < 1":       {5, `home has no metric "corection"; did you mean "correction"?`},
		"server.tik.p99 < 1ms":         {7, `did you mean "tick"?`},
		"server.correction.p99 < 1":    {7, `server has no metric "correction": want one of skipped, tick, rate`},
		"home.rtt < 4ms":               {5, "name a part of it, such as rtt.p99"},
		"home.rtt.p98 < 4ms":           {5, "want p50, p95"},
		"home.starvation.p99 < 4%":     {5, "starvation is one value"},
		"server.tick.mean < 4ms":       {7, "no mean"},
		"home.rtt.p50 < 40":            {15, `home.rtt.p50 is in ms: "40" has no unit: write 40ms`},
		"home.rtt.p50 <  40m":          {16, "such as 40ms"},
		"home.hit_agreement > 0.98":    {21, `home.hit_agreement is in %: "0.98" has no unit: write 98%`},
		"home.hit_agreement > 98":      {21, "write 98%"},
		"home.hit_agreement > 98ms":    {21, "such as 2%"},
		"home.correction.p99 < 4ms":    {22, "such as 0.5"},
		"home.corrections < 3":         {19, "write 3/min"},
		"all.desyncs == none":          {15, "such as 0.5"},
		"all.bytes_down < 6kB":         {17, "such as 6kB/s"},
		"home.rtt.p50 < NaNms":         {15, "such as 40ms"},
		"home.rtt.p50 < 1e999ms":       {15, "such as 40ms"},
		"home.rtt.p50 < 4ms when":      {15, "such as 40ms"},
		"home.snaps < 4 when ":         {20, `"" is no setting`},
		"home.snaps < 4 when b and c=": {20, `"b" is no setting`},
		"home. rtt.p50 < 4ms":          {5, "has no metric"},
		"home.rtt.p50 < 4ms or 5ms":    {15, "such as 40ms"},
		"home.hit_agreement > 98% OK":  {21, "such as 2%"},
		"home.hit_agreement > 130%":    {21, "home.hit_agreement is never above 100 %"},
		"home.rtt.p50 < -4ms":          {15, "home.rtt.p50 is never below 0 ms"},
		"home.input_slack.count < -1":  {25, "never below 0"},
		"server.tick.p99 < -1ms":       {18, "server.tick.p99 is never below 0 ms"},
	} {
		_, err := ParseExpectation(text, subjects)
		var m *Misread
		if !errors.As(err, &m) || m.At != want.at || !strings.Contains(m.Reason, want.reason) {
			t.Errorf("%q gives %+v, want %q at %d", text, err, want.reason, want.at)
		}
	}
}

func TestExpectationJudge(t *testing.T) {
	measured := func(v float64) Lookup {
		return func(subject, metric, part string) (float64, bool) {
			return v, subject == "home" || metric == "tick"
		}
	}
	for _, c := range []struct {
		text      string
		v         float64
		simulated bool
		status    Status
		says      string
	}{
		{"home.rtt.p50 < 40ms", 39.96, false, Pass, "39.96 ms"},
		{"home.rtt.p50 < 40ms", 40, false, Fail, "40 ms"},
		{"home.rtt.p50 <= 40ms", 40, false, Pass, "40 ms"},
		{"home.rtt.p50 > 40ms", 40.1, false, Pass, "40.1 ms"},
		{"home.rtt.p50 > 40ms", 40.001, false, Fail, "40.001 ms"}, // a distribution does not tell it from 40
		{"home.rtt.p50 <= 40ms", 40.001, false, Pass, "40.001 ms"},
		{"home.rtt.p50 <= 40ms", 40.1, false, Fail, "40.1 ms"},
		{"home.rtt.p50 >= 40ms", 39.999, false, Fail, "39.999 ms"}, // it is at most that
		{"home.starvation <= 1%", 0.010001, false, Fail, "1.0001 %"},
		{"home.rtt.p50 >= 40ms", 39, false, Fail, "39 ms"},
		{"home.desyncs == 0", 0, false, Pass, "0"},
		{"home.desyncs == 0", 2, false, Fail, "2"},
		{"home.desyncs != 0", 2, false, Pass, "2"},
		{"home.starvation < 1%", 0.025, false, Fail, "2.5 %"},
		{"all.desyncs == 0", 0, false, Fail, "no data"},
		{"all.desyncs != 0", 0, false, Fail, "no data"},
		{"server.skipped == 0", 0, true, Skipped, "time was simulated"},
		{"home.bot_late.p99 < 1ms", 9, true, Skipped, "time was simulated"},
		{"home.bot_late.p99 < 1ms", 9, false, Fail, "9 ms"},
		{"server.tick.p99 < 4ms", 3, false, Pass, "3 ms"},
	} {
		e, err := ParseExpectation(c.text, subjects)
		if err != nil {
			t.Fatal(err)
		}
		if f := e.Judge(measured(c.v), c.simulated); f.Status != c.status || !strings.Contains(f.Says, c.says) || f.Expectation != c.text {
			t.Errorf("%s at %v: %+v, want %s and %q", c.text, c.v, f, c.status, c.says)
		}
	}
}

func TestConclude(t *testing.T) {
	pass, home := Finding{Status: Pass, Subject: "home"}, Finding{Status: Fail, Subject: "home", Expectation: "home.x < 1"}
	server, lab := Finding{Status: Fail, Subject: "server", Expectation: "server.x < 1"}, Finding{Status: Fail, Subject: "lab", Expectation: "lab.x < 1"}
	skipped := Finding{Status: Skipped, Subject: "server"}
	for _, c := range []struct {
		findings []Finding
		void     string
		want     Outcome
		why      string
	}{
		{nil, "", Passed, "nothing was expected of it"},
		{[]Finding{skipped}, "", Passed, "nothing was expected of it but of the machine, and time was simulated"},
		{[]Finding{pass, pass, skipped}, "", Passed, "2 of 2"},
		{[]Finding{pass, home}, "", FailedNetcode, "home.x < 1"},
		{[]Finding{home, home, home, home, home}, "", FailedNetcode, "home.x < 1, home.x < 1, home.x < 1, and 2 more"},
		{[]Finding{home, server}, "", FailedServer, "server.x < 1, home.x < 1"},
		{[]Finding{home, server}, "links were late", Invalid, "links were late"},
		{[]Finding{pass}, "links were late", Invalid, "links were late"},
		{[]Finding{home, lab}, "", Invalid, "the lab was not as punctual as is expected: lab.x < 1"},
	} {
		if got, why := Conclude(c.findings, c.void); got != c.want || why != c.why {
			t.Errorf("%v, %q: %s because of %q, want %s because of %q", c.findings, c.void, got, why, c.want, c.why)
		}
	}
}

// FuzzParseExpectation: no text panics, and what is understood is understood again, the same.
func FuzzParseExpectation(f *testing.F) {
	for _, s := range []string{"home.rtt.p50 < 40ms", "all.desyncs == 0 when rewind=off", "server.tick.p99 >= 4ms", "a.b", "<", "home. < 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExpectation(text, subjects)
		if err != nil {
			var m *Misread
			if !errors.As(err, &m) || m.At < 0 || m.At > len(text) {
				t.Fatalf("%q: %+v", text, err)
			}
			return
		}
		if again, err := ParseExpectation(e.Text, subjects); err != nil || again.Limit != e.Limit || again.Op != e.Op {
			t.Fatalf("%q is %+v, and again %+v, %v", text, e, again, err)
		}
	})
}
