package bot

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLatenessIsCoarse: each time counts as one that is at most a quarter less, and quantiles are in order.
func TestLatenessIsCoarse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l, before Lateness
		for range rapid.IntRange(0, 20).Draw(t, "before") {
			before.note(time.Duration(rapid.IntRange(0, 1e7).Draw(t, "us")) * time.Microsecond)
		}
		l.Add(&before)
		late := time.Duration(rapid.IntRange(0, 10_000_000).Draw(t, "late")) * time.Microsecond
		l.note(late)
		l.Sub(&before)
		if got := l.At(0.99); got > late || got < late-late/4 {
			t.Errorf("%v counts as %v", late, got)
		}
		l.Add(&before)
		if l.At(0.1) > l.At(0.5) || l.At(0.5) > l.At(1) {
			t.Errorf("%v, %v, %v are not in order", l.At(0.1), l.At(0.5), l.At(1))
		}
	})
	var none Lateness
	if none.At(0.5) != 0 {
		t.Error("nothing was late")
	}
}
