package sim

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"laglab/sim/arena"
)

// TestPerPlayer: who is measured by itself is so also when it comes later, and all of them together are the groups, whose figures are
// the same as without.
func TestPerPlayer(t *testing.T) {
	s := Scenario{Seed: 3, Duration: 6 * time.Second, Groups: []Group{
		{Name: "home", Count: 3, Brain: "hunter"}, {Name: "away", Count: 2, Brain: "strafe", Churn: 2 * time.Second},
	}, Events: []Event{{At: 2 * time.Second, Group: "home", Do: Add{Count: 1}}}}
	for i, preset := range []string{"cable", "bad"} {
		s.Groups[i].Up, s.Groups[i].Down = linkTo(t, preset)
	}
	together, err := RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.PerPlayer = true
	each, err := RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	corrections, connects := 0.0, 0.0
	for _, p := range each.Players {
		who = append(who, p.Group+string(rune('0'+p.Number)))
		g := GroupReport{Metrics: p.Metrics}
		if f, ok := g.Figure("rtt", "p50"); !ok || f <= 0 {
			t.Errorf("the RTT of %s %d is %v", p.Group, p.Number, f)
		}
		n, _ := g.Figure("correction", "count")
		corrections += n
		connects += g.value("connects")
	}
	if got := strings.Join(who, " "); got != "home1 home2 home3 away1 away2 home4" {
		t.Errorf("each player: %s", got)
	}
	if all, _ := each.All.Figure("correction", "count"); corrections != all || all == 0 || connects != each.All.value("connects") {
		t.Errorf("the players' corrections are %v of %v, their connects %v of %v", corrections, all, connects, each.All.value("connects"))
	}
	var text strings.Builder
	if err := each.WriteText(&text); err != nil || !strings.Contains(text.String(), "EACH PLAYER") || !strings.Contains(text.String(), "away 2") {
		t.Errorf("the summary does not tell of each player: %v", err)
	}
	each.Players = nil
	if !reflect.DeepEqual(plain(t, together), plain(t, each)) {
		t.Error("the groups' figures are others when each player is measured, too")
	}
}

// plain is a report as JSON has it.
func plain(t *testing.T, r *Report) (v any) {
	b, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}
