package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"laglab/sim/arena"
	"laglab/sim/chronicle"
	"laglab/sim/perfetto"
)

// traceEvent is one event of a trace.
type traceEvent struct {
	Phase   string         `json:"ph"`
	Process int            `json:"pid"`
	Thread  int            `json:"tid"`
	At      float64        `json:"ts"`
	Lasted  float64        `json:"dur"`
	Name    string         `json:"name"`
	ID      int            `json:"id"`
	Scope   string         `json:"s"`
	Args    map[string]any `json:"args"`
}

type place struct{ process, thread int }

// checkTrace says what is wrong with a trace's structure, and counts its events by phase and name.
func checkTrace(t *testing.T, text []byte) (counts map[string]int, names map[place]string) {
	t.Helper()
	var trace struct{ TraceEvents []traceEvent }
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatalf("the trace is no JSON: %v", err)
	}
	counts, names = map[string]int{}, map[place]string{}
	last, open := map[place]float64{}, map[place]int{}
	type end struct {
		at float64
		on place
	}
	departed, arrived := map[int]end{}, map[int]end{}
	for _, e := range trace.TraceEvents {
		on := place{e.Process, e.Thread}
		if e.Phase == "M" {
			if e.Name == "thread_name" {
				names[on] = e.Args["name"].(string)
			}
			continue
		}
		if names[on] == "" {
			t.Fatalf("%+v is on a track without a name", e)
		}
		if at, ok := last[on]; ok && e.At < at || e.At < 0 || e.Lasted < 0 {
			t.Fatalf("on %s time goes back from %v: %+v", names[on], at, e)
		}
		last[on] = e.At
		counts[e.Phase]++
		counts[e.Name]++
		switch e.Phase {
		case "B":
			open[on]++
		case "E":
			open[on]--
		case "s":
			if _, twice := departed[e.ID]; twice {
				t.Errorf("arrow %d begins twice", e.ID)
			}
			departed[e.ID] = end{e.At, on}
		case "f":
			if _, twice := arrived[e.ID]; twice {
				t.Errorf("arrow %d ends twice", e.ID)
			}
			arrived[e.ID] = end{e.At, on}
		case "X", "i":
		default:
			t.Errorf("phase %q: %+v", e.Phase, e)
		}
		if open[on] < 0 || open[on] > 1 {
			t.Fatalf("on %s %d slices are open", names[on], open[on])
		}
	}
	for on, n := range open {
		if n != 0 {
			t.Errorf("on %s a slice is never ended", names[on])
		}
	}
	if len(departed) != len(arrived) {
		t.Errorf("%d arrows begin and %d end", len(departed), len(arrived))
	}
	for id, from := range departed {
		to, ok := arrived[id]
		if !ok || to.on == from.on || (to.on.process == serverProcess) == (from.on.process == serverProcess) {
			t.Errorf("arrow %d goes from %v to %v, %v", id, from, to, ok)
		}
	}
	return counts, names
}

func entriesOf(t *testing.T, text []byte) (entries []chronicle.Entry) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	for {
		var e chronicle.Entry
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return entries
		} else if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
}

// witnessed adds a trace and a chronicle to a scenario; the function closes them.
func witnessed(t *testing.T, s *Scenario) (trace, log *bytes.Buffer, finish func()) {
	trace, log = new(bytes.Buffer), new(bytes.Buffer)
	s.Trace, s.Chronicle = perfetto.NewWriter(trace), chronicle.NewWriter(log, chronicle.LeastCorrection)
	return trace, log, func() {
		if err := errors.Join(s.Trace.Close(), s.Chronicle.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWitnessVirtual: a run with everything that can happen, in simulated time: its trace is sound, its chronicle agrees with
// its report, both are the same again with the same seed, and the run is the same as without them.
func TestWitnessVirtual(t *testing.T) {
	inOneGoroutine(t)
	var first [2][]byte
	for round := range 2 {
		s := stormy(t, 20*time.Second, 16)
		s.Warmup = 0
		plain := reportOf(t, arena.Game, s)
		trace, log, finish := witnessed(t, &s)
		r, err := RunVirtual(context.Background(), arena.Game, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		finish()
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil || !bytes.Equal(plain, b.Bytes()) {
			t.Errorf("the run is another one when it is watched: %s", firstLineThatDiffers(plain, b.Bytes()))
		}
		if round == 0 {
			first = [2][]byte{trace.Bytes(), log.Bytes()}
			checkStormyTrace(t, trace.Bytes(), r)
			checkStormyEntries(t, entriesOf(t, log.Bytes()), r)
		} else if !bytes.Equal(first[0], trace.Bytes()) || !bytes.Equal(first[1], log.Bytes()) {
			t.Error("the same run has another trace or chronicle")
		}
	}
}

func checkStormyTrace(t *testing.T, text []byte, r *Report) {
	counts, names := checkTrace(t, text)
	offered := 0
	for _, g := range r.Groups {
		for _, n := range []map[string]int64{g.Up.Drops, g.Down.Drops} {
			for _, drops := range n {
				offered += int(drops)
			}
		}
	}
	dropped := 0
	for name, n := range counts {
		if strings.HasPrefix(name, "✗ ") {
			dropped += n
		}
	}
	forgotten := int(r.Groups[1].Down.Drops["to a forgotten address"] + r.Groups[0].Down.Drops["to a forgotten address"])
	if dropped != offered-forgotten || dropped == 0 {
		t.Errorf("%d datagrams are marked as dropped, and the report has %d", dropped, offered-forgotten)
	}
	if int64(counts["tick"]) != r.Server.Ticks {
		t.Errorf("%d ticks of %d", counts["tick"], r.Server.Ticks)
	}
	for _, want := range []string{"command", "snapshot", "copy", "s", "f", "home: kick", "train: blackout 2s", "restart 1s", "leave", "still under way"} {
		if counts[want] == 0 {
			t.Errorf("there is no %q in the trace", want)
		}
	}
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	for _, want := range []string{"match 0", "home-1", "home-1 net", "net of home-1", "train-8", "train-11", "done to the run"} {
		if !all[want] {
			t.Errorf("there is no track %q", want)
		}
	}
}

func checkStormyEntries(t *testing.T, entries []chronicle.Entry, r *Report) {
	counts, outcomes, last := map[chronicle.Kind]int{}, map[string]int{}, 0.0
	longest := 0.0
	for _, e := range entries {
		if !slices.Contains(chronicle.Kinds, e.Kind) || e.At < last || e.At > 20_000 {
			t.Fatalf("%+v after %v ms", e, last)
		}
		if (e.Kind == chronicle.Scenario) != (e.Player == "") || e.Player != "" && !strings.HasPrefix(e.Player, e.Group+"-") {
			t.Errorf("whom is this about: %+v", e)
		}
		last = e.At
		counts[e.Kind]++
		outcomes[e.Outcome]++
		if e.Kind == chronicle.Freeze {
			longest = max(longest, e.Lasted)
		}
	}
	ends := 0
	for _, g := range r.Groups {
		for _, n := range g.Ends {
			ends += int(n)
		}
	}
	for kind, want := range map[chronicle.Kind]int{
		chronicle.Scenario: len(r.Timeline.Events), chronicle.Join: int(r.All.value("connects")), chronicle.End: ends,
		chronicle.Snap: int(r.All.value("snaps")), chronicle.Desync: int(r.All.value("desyncs")),
	} {
		if counts[kind] != want {
			t.Errorf("%d entries of kind %s, and the report has %d", counts[kind], kind, want)
		}
	}
	if seen := counts[chronicle.Hit] - outcomes[chronicle.Gifted]; seen != int(r.All.value("hits_seen")) || outcomes[chronicle.Awarded] == 0 {
		t.Errorf("%d hits of %v were seen: %v", seen, r.All.value("hits_seen"), outcomes)
	}
	if counts[chronicle.Drought] == 0 || counts[chronicle.Leave] == 0 || counts[chronicle.Correction] == 0 || longest < 0.9*r.All.value("longest_freeze") {
		t.Errorf("%v, the longest freeze is %v of %v", counts, longest, r.All.value("longest_freeze"))
	}
}

// TestWitnessReal: the same in real time, where ticks have phases.
func TestWitnessReal(t *testing.T) {
	s := Scenario{Duration: 2 * time.Second, Seed: 1, Groups: []Group{{Name: "bots", Count: 6, Brain: "hunter"}}}
	s.Server.Addr = "127.0.0.1:0"
	s.Groups[0].Up, s.Groups[0].Down = linkTo(t, "delay=15ms,jitter=5ms,loss=5%,duplicate=3%,rate=400kbit,discipline=codel")
	s.Events = []Event{{At: time.Second, Group: "bots", Do: action(t, "blackout", "300ms")}}
	trace, log, finish := witnessed(t, &s)
	if _, err := Run(context.Background(), arena.Game, s, nil); err != nil {
		t.Fatal(err)
	}
	finish()
	counts, _ := checkTrace(t, trace.Bytes())
	for _, want := range []string{"tick", "simulate", "encode", "send", "command", "snapshot", "datagram", "arrives", "copy", "✗ lost", "✗ in an outage", "bots: blackout 300ms"} {
		if counts[want] == 0 {
			t.Errorf("there is no %q in the trace: %v", want, counts)
		}
	}
	kinds := map[chronicle.Kind]int{}
	for _, e := range entriesOf(t, log.Bytes()) {
		kinds[e.Kind]++
	}
	if kinds[chronicle.Join] != 6 || kinds[chronicle.Scenario] != 1 || kinds[chronicle.Leave] != 0 || kinds[chronicle.Drought] == 0 {
		t.Errorf("the chronicle has %v", kinds)
	}
}
