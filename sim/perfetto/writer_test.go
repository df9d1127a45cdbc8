package perfetto

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

func ExampleWriter() {
	w := NewWriter(os.Stdout)
	w.Process(1, "server")
	tick := w.Track(1, 1, "match 0")
	w.Slices(tick, 12*ms, 300*time.Microsecond, "tick", []Part{{"receive", 100 * time.Microsecond}, {"simulate", 150 * time.Microsecond}}, Arg{"number", 720})
	w.Close()
	// Output:
	// {"displayTimeUnit":"ns","traceEvents":[
	// {"ph":"M","name":"process_name","pid":1,"tid":0,"args":{"name":"server"}},
	// {"ph":"M","name":"process_sort_index","pid":1,"tid":0,"args":{"sort_index":1}},
	// {"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"match 0"}},
	// {"ph":"M","name":"thread_sort_index","pid":1,"tid":1,"args":{"sort_index":1}},
	// {"ph":"X","pid":1,"tid":1,"ts":12000,"name":"tick","dur":300,"args":{"number":720}},
	// {"ph":"X","pid":1,"tid":1,"ts":12000,"name":"receive","dur":99.999},
	// {"ph":"X","pid":1,"tid":1,"ts":12100,"name":"simulate","dur":149.999}
	// ]}
}

type event struct {
	Phase   string      `json:"ph"`
	Thread  int         `json:"tid"`
	At, Dur float64     `json:"-"`
	Raw     json.Number `json:"ts"`
	RawDur  json.Number `json:"dur"`
	Name    string
	ID      int
}

// TestTraceIsSound: whatever is told in whatever order, the trace is JSON, on each track times rise and nothing overlaps, every
// arrow has both ends, the second one not before the first, and every slice that begins ends.
func TestTraceIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		w := NewWriter(&b)
		w.Process(1, rapid.String().Draw(t, "process"))
		tracks := []Track{w.Track(1, 0, "a"), w.Track(1, 1, "\"b\"\n"), w.Track(1, 2, "ü")}
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			on := rapid.SampledFrom(tracks).Draw(t, "track")
			at := time.Duration(rapid.Int64Range(0, int64(5*ms)).Draw(t, "at"))
			f := Flow{Owner: 1, Number: rapid.Uint64Range(0, 5).Draw(t, "flow")}
			switch rapid.IntRange(0, 7).Draw(t, "kind") {
			case 0:
				w.Slice(on, at, time.Duration(rapid.Int64Range(0, int64(ms)).Draw(t, "lasted")), "slice \\ \x01", Arg{"v", 0.5})
			case 1:
				w.Begin(on, at, "begin")
			case 2:
				w.Finish(on, at)
			case 3:
				w.Instant(on, at, "instant")
			case 4:
				w.Everywhere(on, at, "everywhere")
			case 5:
				if _, under := w.flows[f]; !under {
					w.Depart(on, at, f, tracks[0], "depart")
				}
			case 6:
				w.Arrive(on, at, f, "arrive")
			case 7:
				w.Slices(on, at, ms, "slices", []Part{{"one", ms / 2}, {"none", 0}, {"more than there is", ms}})
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if int64(b.Len()) != w.Bytes() {
			t.Errorf("%d bytes, and it says %d", b.Len(), w.Bytes())
		}
		var trace struct{ TraceEvents []event }
		if err := json.Unmarshal(b.Bytes(), &trace); err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		check(t, trace.TraceEvents)
	})
}

func check(t *rapid.T, events []event) {
	last, open, arrows, left := map[int]float64{}, map[int]int{}, map[int]string{}, map[int]float64{}
	ends := map[int][]float64{} // of the slices that go on, as viewers reckon
	for _, e := range events {
		e.At, _ = e.Raw.Float64()
		if e.Phase != "M" && e.At < last[e.Thread] {
			t.Fatalf("time goes back from %v to %v on %d", last[e.Thread], e.At, e.Thread)
		}
		last[e.Thread] = e.At
		switch e.Phase {
		case "B":
			open[e.Thread]++
		case "E":
			open[e.Thread]--
		case "s":
			arrows[e.ID] += e.Phase
			left[e.ID] = e.At
		case "f":
			if arrows[e.ID] += e.Phase; e.At < left[e.ID] {
				t.Fatalf("arrow %d leaves at %v and comes at %v", e.ID, left[e.ID], e.At)
			}
		case "X":
			e.Dur, _ = e.RawDur.Float64()
			begin, end, on := e.At/1000, e.At/1000+e.Dur/1000, ends[e.Thread]
			for len(on) > 0 && on[len(on)-1] <= begin {
				on = on[:len(on)-1]
			}
			isPart := e.Name == "one" || e.Name == "more than there is"
			if part := len(on) > 0; part != isPart || part && on[0] < end {
				t.Fatalf("%s from %v to %v is within what ends at %v", e.Name, begin, end, on)
			}
			ends[e.Thread] = append(on, end)
		}
		if open[e.Thread] < 0 || open[e.Thread] > 1 {
			t.Fatalf("%d open slices", open[e.Thread])
		}
	}
	for id, both := range arrows {
		if both != "sf" {
			t.Fatalf("arrow %d has the ends %q", id, both)
		}
	}
	for _, n := range open {
		if n != 0 {
			t.Fatal("a slice does not end")
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// TestErrorsAreKept: the first error comes from Close, and nothing blocks or panics before.
func TestErrorsAreKept(t *testing.T) {
	w := NewWriter(full{})
	on := w.Track(1, 1, "a")
	for i := range 10_000 {
		w.Instant(on, time.Duration(i), "x")
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Error(err)
	}
}

// BenchmarkDatagram is what a datagram costs: an arrow and its two ends.
func BenchmarkDatagram(b *testing.B) {
	w := NewWriter(discard{})
	from, to := w.Track(1, 1, "a"), w.Track(2, 1, "b")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f, at := Flow{Number: uint64(i)}, time.Duration(i)*ms
		w.Depart(from, at, f, to, "datagram", Arg{"bytes", 84})
		w.Arrive(to, at+20*ms, f, "arrives", Arg{"bytes", 84})
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
