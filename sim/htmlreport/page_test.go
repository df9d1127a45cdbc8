package htmlreport

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// keep is where the tests leave their pages, to be looked at: go test ./sim/htmlreport -pages /tmp
var keep = flag.String("pages", "", "a directory to leave the pages in")

const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)"> & 'quoted' "twice" {{.}}`

func event(t testing.TB, at time.Duration, group, name, value string) sim.Event {
	t.Helper()
	a, err := sim.ParseAction(name, value)
	if err != nil {
		t.Fatal(err)
	}
	return sim.Event{At: at, Group: group, Do: a}
}

// eventful is a report of a run in which much is done.
func eventful(t testing.TB) *sim.Report {
	t.Helper()
	s := sim.Scenario{Name: "eventful", Seed: 3, Duration: 40 * time.Second, Warmup: 1500 * time.Millisecond, Groups: sim.DemoGroups(), PerPlayer: true}
	s.Groups[3].Name = "bad <b>bold</b>"
	s.Events = []sim.Event{
		event(t, 8*time.Second, "4g", "blackout", "2s"), event(t, 14*time.Second, "wifi", "spike", "150ms for 3s"),
		event(t, 22*time.Second, "", "loss", "20% for 2s"), event(t, 30*time.Second, "", "restart", "1s"),
	}
	r, err := sim.RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept, broken := true, false
	r.Expectations = []sim.Expectation{
		{Text: "home.hit_agreement > 98%", Measured: "99.5 %", Limit: "98 %", OK: &kept},
		{Text: "all.correction.p99 < 0.3", Measured: "1.9 units", Limit: "0.3 units", OK: &broken, Note: "as it was in the run before"},
		{Text: "server.tick.p99 < 4ms", Limit: "4 ms", Note: "nothing of the machine counts in simulated time"},
	}
	r.Outcome, r.Reason = verdict.FailedNetcode, "all.correction.p99 < 0.3"
	r.Repeat = "laglab run eventful --virtual --seed 3"
	return r
}

// hostileReport has markup wherever a name or a text may come from outside.
func hostileReport(t testing.TB) *sim.Report {
	r := eventful(t)
	r.Name, r.Scenario, r.Text, r.Repeat, r.Desyncs = hostile, hostile, hostile, hostile, []string{hostile}
	r.Expectations[0].Text, r.Expectations[1].Note = hostile, hostile
	r.Timeline.Events[0].Text = hostile
	old := r.Groups[0].Name
	r.Groups[0].Name, r.Groups[0].Up.Configured, r.Groups[0].Verdict.Reasons = hostile, hostile, []string{hostile}
	r.Players[0].Group, r.Players[0].Verdict.Reasons = hostile, []string{hostile}
	r.Timeline.Series[hostile] = r.Timeline.Series[old]
	r.Virtual, r.Lab.Void, r.Addr, r.Reason = false, hostile, hostile, hostile
	return r
}

// late expects the others to be shown at most 120 ms late, of a sweep's runs.
func late(v sim.Variant) {
	delay, _ := v.Report.Group("home").Figure("view_delay", "p50")
	kept, margin := delay < 120, 120-delay
	v.Report.Expectations = []sim.Expectation{{Text: "home.view_delay.p50 < 120ms", Measured: verdict.Format(measure.Millis, delay), OK: &kept, Margin: &margin}}
	if v.Report.Outcome, v.Report.Reason = verdict.Passed, "1 of 1"; !kept {
		v.Report.Outcome, v.Report.Reason = verdict.FailedNetcode, "home.view_delay.p50 < 120ms"
	}
}

func sweep(t testing.TB, judge func(sim.Variant), vary ...string) *sim.Sweep {
	t.Helper()
	axes, err := sim.ParseAxes(vary)
	if err != nil {
		t.Fatal(err)
	}
	s := sim.Scenario{Duration: 4 * time.Second, Groups: []sim.Group{{Name: "home", Count: 4, Brain: "hunter"}, {Name: "<i>away</i>", Count: 2}}}
	w, err := sim.RunSweep(context.Background(), arena.Game, s, axes, []uint64{1, 2, 3}, judge, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Repeat = "laglab sweep"
	return w
}

// pagesOf are pages of all kinds, by name.
func pagesOf(t *testing.T) map[string][]byte {
	t.Helper()
	pages := map[string][]byte{}
	add := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pages[name] = b.Bytes()
		if *keep != "" {
			if err := os.WriteFile(filepath.Join(*keep, name+".html"), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	report := func(r *sim.Report) func(io.Writer) error { return func(w io.Writer) error { return WriteReport(w, r) } }
	add("eventful", report(eventful(t)))
	add("hostile", report(hostileReport(t)))
	add("empty", report(&sim.Report{}))
	for name, vary := range map[string][]string{
		"sweep":  {"link=delay=5ms|delay=40ms,jitter=10ms|delay=100ms,jitter=30ms,loss=3%", "snapshots=10,20,30,60"},
		"line":   {"snapshots=10,30"},
		"facets": {"rewind=off,250ms", "interpolation=1,adaptive", "snapshots=10,30"},
	} {
		judge := late
		if name == "facets" {
			judge = nil
		}
		w := sweep(t, judge, vary...)
		add(name, func(to io.Writer) error { return WriteSweep(to, w) })
	}
	return pages
}

// TestPagesAreOneFile: nothing in a page asks for anything else, and no name becomes markup.
func TestPagesAreOneFile(t *testing.T) {
	reference := regexp.MustCompile(`(?i)(src|href)\s*=\s*["']?[^"'#d>]|url\(|@import|https?://[^w]|fetch\(|XMLHttpRequest|WebSocket`)
	for name, page := range pagesOf(t) {
		markup := regexp.MustCompile(`(?s)<pre.*?</pre>|<script type="application/json".*?</script>`).ReplaceAll(page, nil)
		if found := reference.FindAll(bytes.ReplaceAll(markup, []byte("http://www.w3.org/2000/svg"), nil), 3); name != "hostile" && len(found) > 0 {
			t.Errorf("%s refers to something else: %q", name, found)
		}
		for _, wrong := range []string{"<script>alert", "<img src=x", "<b>bold", "<i>away"} {
			if bytes.Contains(page, []byte(wrong)) {
				t.Errorf("%s has %q in it as it came", name, wrong)
			}
		}
	}
}

// TestPagesInABrowser: a browser draws the pages without an error and without a request; and it would tell.
func TestPagesInABrowser(t *testing.T) {
	browser := browserOf(t)
	want := map[string][]string{
		"eventful": {`class="curve"`, `data-group="bad &lt;b&gt;bold`, `class="event-number"`, "8.0 s", "bad &lt;b&gt;bold", "✗ broken", `class="bar"`},
		"hostile":  {`class="curve"`, "&lt;img src=x"},
		"empty":    {"</html>"},
		"sweep":    {`class="map"`, "expected: ✓ 1 of 1", "expected: ✗ 0 of 1", "kept in 7 of 12, worst 308.5 ms", "<option value=\"expected", "✗ bad", "delay=40ms,jitter=10ms", "<option value=\"&lt;i&gt;away"},
		"line":     {`class="map"`}, "facets": {`class="map"`, "rewind = off"},
	}
	for name, page := range pagesOf(t) {
		dom, said := browse(t, browser, page)
		for _, w := range want[name] {
			if !strings.Contains(dom, w) {
				t.Errorf("%s: there is no %q in what was drawn", name, w)
			}
		}
		if said != "" {
			t.Errorf("%s: the browser says %s", name, said)
		}
	}
	for what, script := range map[string]string{"an error": "undefined.x", "a request": `fetch("http://127.0.0.1:1/")`} {
		broken := strings.Replace(string(pagesOf(t)["line"]), "</body>", "<script>"+script+"</script></body>", 1)
		if _, said := browse(t, browser, []byte(broken)); said == "" {
			t.Errorf("a page with %s is not noticed", what)
		}
	}
}

// TestPlayersAreSorted: the table of players has one row for each, in their order; a click on a head has the worst first, and
// another one last.
func TestPlayersAreSorted(t *testing.T) {
	browser := browserOf(t)
	r := &sim.Report{}
	figure := func(v float64) map[string]measure.Figure {
		return map[string]measure.Figure{"hit_agreement": {Unit: measure.Share, Value: &v}}
	}
	for i, p := range []struct {
		grade   verdict.Grade
		figures map[string]measure.Figure
	}{{verdict.Good, figure(0.9)}, {verdict.Unknown, nil}, {verdict.Bad, figure(0.25)}, {verdict.Fair, figure(0.095)}} {
		r.Players = append(r.Players, sim.PlayerReport{Group: "home", Number: i + 1, Metrics: p.figures, Verdict: verdict.Verdict{Grade: p.grade, Reasons: []string{"because"}}})
	}
	var b bytes.Buffer
	if err := WriteReport(&b, r); err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`>home (\d)</th>`)
	for script, want := range map[string]string{
		"": "1 2 3 4", "heads[1].click()": "3 4 1 2", "heads[1].click();heads[1].click()": "2 1 4 3", "heads[9].click()": "4 3 1 2", "heads[9].click();heads[9].click()": "1 3 4 2", "heads[9].click();heads[0].click()": "1 2 3 4",
	} {
		page := strings.Replace(b.String(), "</body>", "<script>const heads = document.querySelectorAll('table.players thead button');"+script+"</script></body>", 1)
		dom, said := browse(t, browser, []byte(page))
		var got []string
		for _, m := range row.FindAllStringSubmatch(dom, -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want || said != "" {
			t.Errorf("%q: the players are %v, want %s; the browser says %q", script, got, want, said)
		}
	}
}

// browserOf is the browser of this machine; a test that needs one is skipped without.
func browserOf(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no chromium on this machine: apt-get install chromium lets this test draw the pages")
	return ""
}

// browse opens a page from a file and returns what was drawn, and what the browser's console says.
func browse(t *testing.T, browser string, page []byte) (dom, said string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--window-size=1280,720", "--virtual-time-budget=2000", "--dump-dom", "file://"+file)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") {
			said += line
		}
	}
	return out.String(), said
}
