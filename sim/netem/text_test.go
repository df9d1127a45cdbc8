package netem

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// TestTextRoundTrip: what a path's text says is what its own text says again.
func TestTextRoundTrip(t *testing.T) {
	for _, text := range []string{
		"", "4g", "4g,loss=3%,burst=5", "delay=40ms,jitter=10ms,up.rate=2mbit,down.rate=20mbit",
		"delay=50ms,jitter=7ms,distribution=paretonormal,correlation=1s,order=free,reorder=1%,reorder-delay=3ms,reorder-gap=4",
		"mtu=1280,gemodel=1%/10%/70%/0.1%,loss-every=7,size-loss=50%,size-from=500,size-to=900,duplicate=1.5%,duplicate-delay=4ms,corrupt=0.3%,corrupt-deliver=yes",
		"state=1%/10%/70%/50%/0.5%,trace=satellite,queue=1mb,discipline=codel,overhead=60",
		"rate=1234567,discipline=head,delay=1ms,jitter=2ms,clip=yes",
		"lan,schedule=(5s blackout 1s every 10s; 5s flap 1s up 4s; 3s hold 300ms; 1s spike 200ms for 2s; 0s loss 30% for 2s every 9s; 20s change 4g,loss=3%; 30s ramp bad over 10s; 40s rebind every 5s; loop 60s)",
		"netem delay 50ms 10ms distribution normal loss 5% 25% duplicate 1% rate 1mbit",
		"entities/5g-regional-50th", "unreal/bad,down.loss=0%",
	} {
		p, err := ParsePath(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		again, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var q Path
		if err := q.UnmarshalText(again); err != nil {
			t.Errorf("%q becomes %q: %v", text, again, err)
			continue
		}
		if third, _ := q.MarshalText(); !bytes.Equal(again, third) {
			t.Errorf("%q becomes %q and then %q", text, again, third)
		}
		if p.Up.Schedule == nil && p != q {
			t.Errorf("%q is another path after %q", text, again)
		}
	}
}

// TestMappings: the form for files says the same as the text.
func TestMappings(t *testing.T) {
	for _, c := range []struct{ json, text string }{
		{`"4g,loss=3%"`, "4g,loss=3%"},
		{`{"preset":"4g","loss":"3%","burst":5}`, "4g,loss=3%,burst=5"},
		{`{"up":"4g,loss=3%","down":{"delay":"30ms","clip":true,"jitter":"40ms"}}`, "up.delay=40ms,up.jitter=15ms,up.loss=3%,up.rate=15mbit,down.delay=30ms,down.jitter=40ms,down.clip=yes"},
		{`{"delay":"1ms","schedule":["5s blackout 1s","loop 9s"]}`, "delay=1ms,schedule=(5s blackout 1s; loop 9s)"},
		{`{"up":{"loss":1}}`, "up.loss=1%"},
	} {
		var p Path
		if err := json.Unmarshal([]byte(c.json), &p); err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		want, err := ParsePath(c.text)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := p.MarshalText()
		b, _ := want.MarshalText()
		if !bytes.Equal(a, b) {
			t.Errorf("%s is %s, want %s", c.json, a, b)
		}
		var viaYAML Path
		err = viaYAML.UnmarshalYAML(func(v any) error { return json.Unmarshal([]byte(c.json), v) })
		if y, _ := viaYAML.MarshalText(); err != nil || !bytes.Equal(y, b) {
			t.Errorf("%s as YAML is %s, %v", c.json, y, err)
		}
	}
	for _, bad := range []string{`{"preset":"4g","los":1}`, `{"up":"4g","loss":1}`, `{"delay":{"a":1}}`, `[{}]`, `{"loss":"3","delay":"x"}`, `{"delay":30}`} {
		var p Path
		if err := json.Unmarshal([]byte(bad), &p); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// TestYAML: the form for files, as people write it.
func TestYAML(t *testing.T) {
	var file struct{ A, B, C, D Path }
	err := yaml.Unmarshal([]byte(`
a: 4g,loss=3%
b: {preset: 4g, loss: 3%, burst: 5, corrupt-deliver: true}
c:
  up: {delay: 40ms, jitter: 10ms, rate: 2mbit}
  down: cable
d:
  delay: 20ms
  schedule:
    - 5s blackout 1s every 10s
    - 20s change 4g,loss=3%
    - loop 60s
`), &file)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		got  Path
		want string
	}{
		{file.A, "4g,loss=3%"}, {file.B, "4g,loss=3%,burst=5,corrupt-deliver=yes"}, {file.C, "cable,up.rate=2mbit,up.delay=40ms,up.jitter=10ms"},
		{file.D, "delay=20ms,schedule=(5s blackout 1s every 10s; 20s change 4g,loss=3%; loop 60s)"},
	} {
		want, err := ParsePath(c.want)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := c.got.MarshalText()
		if b, _ := want.MarshalText(); !bytes.Equal(a, b) {
			t.Errorf("%c is %s, want %s", 'a'+i, a, b)
		}
	}
	if err := yaml.Unmarshal([]byte("a: {loss: 300%}"), &file); err == nil || !strings.Contains(err.Error(), "0% to 100%") {
		t.Errorf("error %v", err)
	}
}

// TestTextErrors: each mistake is named with the field, its value and what is wanted.
func TestTextErrors(t *testing.T) {
	for text, want := range map[string][]string{
		"4gg":                  {`no preset "4gg"`, "4g", "laglab presets"},
		"5g-regional-50th":     {"entities/5g-regional-50th"},
		"lost=3%":              {`no setting "lost"`, `did you mean "loss"?`},
		"up.jiter=3ms":         {`no setting "jiter"`, `did you mean "jitter"?`},
		"4g,latency=3ms":       {`no setting "latency"`, "want one of mtu, loss"},
		"wifi-bsy":             {`no preset "wifi-bsy"`, `did you mean "wifi-busy"?`},
		"delay=5":              {`delay is "5"`, "5ms or 5s"},
		"down.jitter=1.5":      {`down.jitter is "1.5"`, "1.5ms or 1.5s"},
		"loss=101%":            {`loss is "101%"`, "0% to 100%"},
		"loss=NaN":             {"loss", "0% to 100%"},
		"delay=20parsecs":      {`delay is "20parsecs"`, "20ms"},
		"delay=11s":            {"delay is 11s", "0 to 10s"},
		"delay=-1ms":           {"delay is -1ms"},
		"delay=5ms,jitter=6ms": {"jitter is 6ms", "5ms", "clip=yes"},
		"delay=50ms,jitter=20ms,distribution=normal": {"jitter is 20ms", "12.5ms"},
		"burst=5":                                         {"burst is 5", "without a loss"},
		"loss=50%,burst=0.5":                              {"burst is 0.5", "1 to 10000"},
		"loss=90%,burst=2":                                {"burst is 2", "at least 9"},
		"loss=1%,gemodel=1%/10%":                          {"2 models"},
		"gemodel=1%/0%":                                   {"gemodel's r is 0%"},
		"state=60%/10%/0%/100%/60%":                       {"p13+p14", "120%"},
		"rate=10":                                         {`rate is "10"`, "1kbit"},
		"rate=1mbit,trace=cellular":                       {"rate is 1000000", "trace"},
		"trace=file:/etc/passwd":                          {"files cannot be named here"},
		"trace=celular":                                   {"cellular"},
		"mtu=20":                                          {"mtu is 20", "64 to 65535"},
		"size-loss=1%,size-from=9,size-to=8":              {"size-to is 8", "size-from, 9"},
		"order=maybe":                                     {"keep or free"},
		"discipline=red":                                  {"tail, head or codel"},
		"schedule=(5 blackout 1s)":                        {"5ms or 5s"},
		"schedule=(5s blackout 1s every 10)":              {"10ms or 10s"},
		"schedule=(5s explode)":                           {"explode", "blackout"},
		"schedule=(5s blackout 2s every 1s)":              {"every is 1s", "2s"},
		"schedule=(5s blackout 1s now)":                   {"every TIME", "now"},
		"schedule=(5s change 4g,schedule=(1s rebind))":    {"schedule within a schedule"},
		"schedule=(5s spike 20s for 1s)":                  {"extra delay is 20s"},
		"netem slot 20ms":                                 {"slots are not modelled"},
		"tc qdisc add dev lo root":                        {"netem"},
		"netem delay":                                     {"want a time"},
		"netem delay 50ms 10ms distribution experimental": {"experimental", "file:PATH"},
	} {
		_, err := ParsePath(text)
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %q does not say %q", text, err, w)
			}
		}
	}
}

// TestFiles: traces and distributions are read where files may be, and keep their names.
func TestFiles(t *testing.T) {
	files := map[string]string{
		"a.dist": "# four\n-8192 0\n4096 # half\n24576\n", "a.trace": "1\n1\n\n5\n10\n", "bad.dist": "1 2 x", "bad.trace": "5\n4\n", "short.dist": "7",
	}
	r := Parser{Open: func(path string) (io.ReadCloser, error) {
		if text, ok := files[path]; ok {
			return io.NopCloser(strings.NewReader(text)), nil
		}
		return nil, errors.New("no such file")
	}}
	p, err := r.Path("delay=50ms,jitter=10ms,distribution=file:a.dist,trace=file:a.trace")
	if err != nil {
		t.Fatal(err)
	}
	if p.Up.quantile(0) != -1 || p.Up.quantile(1) != 3 || p.Up.quantile(0.5) != 0.25 {
		t.Errorf("the distribution is read wrong: %v", p.Up.Table.points)
	}
	if got := p.Up.Trace.MeanRate(); got != 4*1500*8/0.01 {
		t.Errorf("the trace's rate is %v", got)
	}
	if got := p.Up.Trace.WorstGap(); got != 5*ms {
		t.Errorf("the trace's worst gap is %v", got)
	}
	if text, err := p.Up.Text(); err != nil || !strings.Contains(text, "trace=file:a.trace") || !strings.Contains(text, "distribution=file:a.dist") {
		t.Errorf("text %q, %v", text, err)
	}
	for text, want := range map[string]string{
		"trace=file:none": "no such file", "distribution=file:bad.dist": `line 1: "x"`, "trace=file:bad.trace": "opportunity 2 is at 4 ms",
		"distribution=file:short.dist": "1 values: want 2",
	} {
		if _, err := r.Path(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestTC: what a line means, and what is said about it.
func TestTC(t *testing.T) {
	tc, err := ParseTC("tc qdisc add dev eth0 root handle 1: netem delay 50ms 10ms 25% distribution normal loss 10% 50% rate 1mbit limit 100")
	if err != nil {
		t.Fatal(err)
	}
	want := Profile{Delay: 50 * ms, Jitter: 10 * ms, Shape: Normal, Loss: 0.1, Burst: 1 / (0.5 * 0.9), Rate: 1e6, Queue: 150_000, Overhead: 42}
	if tc.Profile != want {
		t.Errorf("%+v", tc.Profile)
	}
	notes := strings.Join(tc.Notes, "\n")
	for _, w := range []string{"no effect in the kernel", "changes the rate", "Ethernet"} {
		if !strings.Contains(notes, w) {
			t.Errorf("the notes do not say %q: %s", w, notes)
		}
	}
	if tc, _ := ParseTC("netem delay 1000 500"); tc.Profile.Delay != ms || tc.Profile.Jitter != ms/2 || !tc.Profile.Unordered {
		t.Errorf("bare numbers are microseconds, and jitter reorders: %+v", tc.Profile)
	}
}

// TestPresets: each is good, has its source, and reads its own text.
func TestPresets(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Presets() {
		if seen[p.Name] || p.About == "" || !strings.Contains(p.Source, "20") {
			t.Errorf("%s: %q %q", p.Name, p.About, p.Source)
		}
		seen[p.Name] = true
		if err := p.Path.Check(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if _, err := ParsePath(p.Name); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	for _, name := range []string{"lan", "fibre", "cable", "dsl", "wifi", "wifi-busy", "4g", "4g-train", "5g", "3g", "leo", "geo", "bad",
		"unity/4g", "entities/4g-international-95th", "unreal/average", "lightyear/poor", "naia/very-poor", "chrome/slow-3g"} {
		if !seen[name] {
			t.Errorf("there is no preset %s", name)
		}
	}
	if p, err := FindPreset("home-fibre"); err != nil || p.Name != "fibre" {
		t.Errorf("%+v, %v", p, err)
	}
	for name, want := range map[string]string{"4gg": `did you mean "4g"?`, "fiber": "unity/fiber", "wfii": `did you mean "wifi"?`, "fibr": `did you mean "fibre"?`, "": "for instance lan, ", "elsewhere": "for instance lan, "} {
		if _, err := FindPreset(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", name, err, want)
		}
	}
	if seen["entities/3g-regional-5th"] {
		t.Error("3G has no regional rows")
	}
}

// TestSchedule: each event does what it says, when it says so.
func TestSchedule(t *testing.T) {
	l := NewLink(parsed(t, "delay=20ms,schedule=(1s blackout 500ms every 2s; 4s hold 100ms; 6s spike 200ms for 1s; 8s loss 100% for 1s; 10s change delay=50ms; 11s ramp delay=150ms,jitter=10ms over 1s; 13s rebind; 14s rebind every 2s; loop 20s)"), 1)
	l.Begin(10 * time.Second)
	for _, c := range []struct {
		at    time.Duration
		drop  Drop
		delay time.Duration
	}{
		{0, Delivered, 20 * ms}, {999 * ms, Delivered, 20 * ms}, {1000 * ms, Outage, 0}, {1499 * ms, Outage, 0}, {1500 * ms, Delivered, 20 * ms},
		{3200 * ms, Outage, 0}, {4000 * ms, Delivered, 120 * ms}, {4060 * ms, Delivered, 60 * ms}, {4100 * ms, Delivered, 20 * ms},
		{6000 * ms, Delivered, 220 * ms}, {6999 * ms, Delivered, 220 * ms}, {7700 * ms, Delivered, 20 * ms},
		{8500 * ms, LostInStorm, 0}, {10_500 * ms, Delivered, 50 * ms}, {12_800 * ms, Delivered, 150 * ms}, {20_500 * ms, Delivered, 20 * ms}, {21_100 * ms, Outage, 0},
	} {
		now := 10*time.Second + c.at
		v := l.Admit(now, 100)
		slack := time.Duration(0)
		if c.delay == 150*ms {
			slack = 10 * ms
		}
		if v.Drop != c.drop || v.Drop == Delivered && (v.At-now-c.delay).Abs() > slack {
			t.Errorf("at %v: %v after %v, want %v after %v", c.at, v.Drop, v.At-now, c.drop, c.delay)
		}
	}
	for at, want := range map[time.Duration]int{12 * time.Second: 0, 13 * time.Second: 1, 15 * time.Second: 2, 19 * time.Second: 4, 33 * time.Second: 5} {
		if got := l.Rebinds(10*time.Second + at); got != want {
			t.Errorf("%d rebindings by %v, want %d", got, at, want)
		}
	}
	for at, want := range map[time.Duration]time.Duration{0: 13 * time.Second, 13 * time.Second: 14 * time.Second, 14 * time.Second: 16 * time.Second, 19 * time.Second: 33 * time.Second} {
		if got, ok := l.NextRebind(10*time.Second + at); !ok || got != 10*time.Second+want {
			t.Errorf("after %v the next rebinding is at %v, want %v", at, got-10*time.Second, want)
		}
	}
}

// TestRamp: in the middle of a ramp everything is in the middle.
func TestRamp(t *testing.T) {
	l := NewLink(parsed(t, "delay=20ms,schedule=(0s ramp delay=120ms over 10s)"), 1)
	l.Begin(0)
	for i := range 100 {
		now := time.Duration(i) * 100 * ms
		want := 20*ms + time.Duration(i)*ms
		if got := l.Admit(now, 100).At - now; (got - want).Abs() > ms/10 {
			t.Fatalf("at %v: %v, want %v", now, got, want)
		}
	}
}

// TestSetProfile: a link can be changed while datagrams are under way; order and counters go on.
func TestSetProfile(t *testing.T) {
	profiles := []string{"delay=100ms,jitter=20ms", "delay=1ms", "delay=20ms,rate=1mbit", "delay=20ms,rate=1mbit,discipline=codel", "trace=cellular,discipline=head", "delay=5ms,trace=satellite", "delay=3ms,loss=20%,burst=3"}
	var q Queue[Flight[int]]
	m := NewMeter()
	pipe := NewPipe(NewLink(Profile{}, 3), m, &q, 0)
	last := -1
	deliver := func(data []byte) {
		if n := int(data[0]) | int(data[1])<<8; n <= last {
			t.Fatalf("%d arrives after %d", n, last)
		} else {
			last = n
		}
	}
	drain := func(until time.Duration) {
		for at, ok := q.Next(); ok && at <= until; at, ok = q.Next() {
			due, data, f, _ := q.Pop(at)
			if pipe.Arrive(at, due, data, &f) {
				deliver(data)
			}
			q.Recycle(data)
		}
	}
	datagram := make([]byte, 900)
	for i := range 20_000 {
		now := time.Duration(i) * 3 * ms
		drain(now)
		if i%500 == 0 {
			pipe.Link.SetProfile(parsed(t, profiles[i/500%len(profiles)]))
		}
		datagram[0], datagram[1] = byte(i), byte(i>>8)
		if pipe.Enter(now, datagram) {
			deliver(datagram)
		}
	}
	drain(never - 1)
	if m.Offered != 20_000 || m.Offered != m.Delivered+m.Lost || q.Len() != 0 || pipe.Waiting() != 0 {
		t.Errorf("offered %d, delivered %d, lost %d, %d left, %d waiting", m.Offered, m.Delivered, m.Lost, q.Len(), pipe.Waiting())
	}
}

// TestTraces: the synthetic ones are what they say, always the same, and can be written and read.
func TestTraces(t *testing.T) {
	for _, c := range []struct {
		name      string
		low, high float64 // Mbit/s
		gap       time.Duration
	}{{"cellular", 4, 12, 300 * ms}, {"satellite", 22, 30, 120 * ms}, {"wifi-busy", 12, 28, 20 * ms}} {
		tr := SyntheticTrace(c.name)
		if rate := tr.MeanRate() / 1e6; rate < c.low || rate > c.high || tr.WorstGap() < c.gap || tr.WorstGap() > 2*time.Second {
			t.Errorf("%s: %.1f Mbit/s, worst gap %v", c.name, rate, tr.WorstGap())
		}
		var b bytes.Buffer
		if _, err := tr.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadTrace(c.name, &b)
		if err != nil || again.MeanRate() != tr.MeanRate() {
			t.Errorf("%s does not read back: %v", c.name, err)
		}
	}
}

// TestTraceCapacity: what passes is what the trace allows, opportunity by opportunity, and what is not used is lost.
func TestTraceCapacity(t *testing.T) {
	tr, err := NewTrace("t", []uint32{2, 2, 5, 10})
	if err != nil {
		t.Fatal(err)
	}
	l := NewLink(Profile{Trace: tr, Overhead: 100}, 1)
	const begin = 77*time.Second + 300*time.Microsecond
	l.Begin(begin)
	for _, c := range []struct {
		now  time.Duration
		size int // with 100 more on the wire
		at   time.Duration
	}{
		{0, 1400, 2 * ms}, {0, 1400, 2 * ms}, {0, 650, 5 * ms}, {0, 650, 5 * ms}, {0, 1500, 12 * ms}, // 1,600 bytes: all of 10 and 100 of 12
		{13 * ms, 650, 15 * ms}, // the rest of 12 is gone
		{101 * ms, 1400, 102 * ms}, {101 * ms, 2900, 105 * ms}, {1000*ms + 1, 100, 1002 * ms},
	} {
		if got := l.Admit(begin+c.now, c.size).At - begin; got != c.at {
			t.Errorf("%d bytes at %v leave at %v, want %v", c.size, c.now, got, c.at)
		}
	}
	// Under a load that never ends, all of it is used.
	l = NewLink(Profile{Trace: SyntheticTrace("satellite"), Queue: maxQueue}, 1)
	bytes, last := 0, time.Duration(0)
	for last < 120*time.Second {
		last = l.Admit(0, 972).At
		bytes += 1000
	}
	if want := SyntheticTrace("satellite").MeanRate() / 8 * last.Seconds(); float64(bytes) < want-3000 || float64(bytes) > want+3000 {
		t.Errorf("%d bytes in %v, want %.0f", bytes, last, want)
	}
}
