package sim

import (
	"bytes"
	"context"
	"testing"
	"time"

	"laglab/sim/arena"
)

// TestRepeat: everything that happens in a run happens again, to the byte.
func TestRepeat(t *testing.T) {
	n, parting, err := Repeat(context.Background(), arena.Game, stormy(t, 10*time.Second, 10))
	if err != nil || parting != nil {
		t.Fatal(parting, err)
	}
	if n < 5_000 {
		t.Errorf("only %d things happened", n)
	}
	t.Logf("%d things happened alike", n)
}

// TestRunAll: many seeds at once give what each gives alone, in order, and progress reaches the end.
func TestRunAll(t *testing.T) {
	s := stormy(t, 5*time.Second, 6)
	last := 0.0
	reports, err := RunAll(context.Background(), arena.Game, WithSeeds(s, []uint64{1, 2, 3, 4}), func(done float64) { last = done })
	if err != nil {
		t.Fatal(err)
	}
	if last < 0.999 {
		t.Errorf("progress ended at %v", last)
	}
	for i, r := range reports {
		s.Seed = uint64(i) + 1
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		if alone := reportOf(t, arena.Game, s); !bytes.Equal(b.Bytes(), alone) {
			t.Errorf("seed %d among others: %s", s.Seed, firstLineThatDiffers(b.Bytes(), alone))
		}
	}
	spread := SpreadOf(reports, "home", "rtt", "p50")
	if spread.Runs != 4 || spread.Deviation <= 0 || spread.Min > spread.Mean || spread.Mean > spread.Max {
		t.Errorf("spread of the RTT: %+v", spread)
	}
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string]int{"7": 1, "1..50": 50, "1,5,9": 3, "1..3,2..4": 4, "18446744073709551615": 1} {
		if seeds, err := ParseSeeds(text); err != nil || len(seeds) != want {
			t.Errorf("%s: %v, %v", text, seeds, err)
		}
	}
	for _, bad := range []string{"", "x", "5..1", "1..", "-1", "1..100000", "1..9999,20000..29999"} {
		if seeds, err := ParseSeeds(bad); err == nil {
			t.Errorf("%s became %d seeds", bad, len(seeds))
		}
	}
}
