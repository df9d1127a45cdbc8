package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// TestServerElsewhere: bots without their server tell what they can know, and say of all the rest that they cannot.
func TestServerElsewhere(t *testing.T) {
	l := startServer(t, server.Config{}, nil)
	link := netem.Profile{Delay: 5 * time.Millisecond}
	config := FleetConfig{Server: l.srv.Addr(), Groups: []Group{{Name: "bots", Brain: "hunter", Count: 4, Up: link, Down: link}}}
	bots, err := NewBots(arena.Game, config, Scenario{Duration: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r, err := RunBots(context.Background(), bots, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text, data bytes.Buffer
	if err := r.WriteFullText(&text); err != nil {
		t.Fatal(err)
	}
	for i := range measure.Metrics {
		m := &measure.Metrics[i]
		_, measured := r.All.Metrics[m.Name]
		if unknown := slices.Contains(r.NotMeasured, m.Name); unknown != m.Observed || unknown && measured {
			t.Errorf("%s is measured: %v, cannot be known: %v", m.Name, measured, unknown)
		}
		if !strings.Contains(text.String(), "("+m.Name+")") && (measured || m.Observed) {
			t.Errorf("--full does not tell of %s", m.Name)
		}
	}
	for _, name := range []string{"rtt", "own_latency", "action_to_confirm", "corrections", "desyncs", "starvation", "players", "kept_out"} {
		if _, ok := r.All.Metrics[name]; !ok {
			t.Errorf("%s is not measured, and could be", name)
		}
	}
	if v := r.All.Verdict.NotJudged; !slices.Equal(v, []string{"inputs_missed", "hit_agreement", "view_intervals", "price_cover.p99"}) {
		t.Errorf("what is not judged is %v", v)
	}
	if r.Lab.Void == "" && !strings.Contains(text.String(), "not judged, because the server runs elsewhere: inputs_missed, hit_agreement,") {
		t.Errorf("the verdict does not say what was not judged:\n%s", &text)
	}
	if err := r.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	var read struct {
		NotMeasured []string `json:"not_measured"`
	}
	if err := json.Unmarshal(data.Bytes(), &read); err != nil || !slices.Contains(read.NotMeasured, "view_delay") {
		t.Errorf("the JSON tells %v of what was not measured, %v", read.NotMeasured, err)
	}
}
