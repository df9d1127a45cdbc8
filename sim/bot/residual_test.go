package bot

import (
	"math"
	"testing"
	"time"
)

// TestResidual: of what fades by half in 100 ms, looked at every 16 ms, half is seen after 112 ms, once; a second correction begins
// anew.
func TestResidual(t *testing.T) {
	const half, frame = 100 * time.Millisecond, 16 * time.Millisecond
	for _, c := range []struct{ second, want time.Duration }{{0, 112 * time.Millisecond}, {64 * time.Millisecond, 176 * time.Millisecond}} {
		var r residual
		r.begin(0, 3)
		begun, told := time.Duration(0), 0
		for now := frame; now < time.Second; now += frame {
			if now == c.second {
				r.begin(now, 3)
				begun = now
			}
			if d, ok := r.halved(now, func() float64 { return 3 * math.Exp2(-float64(now-begun)/float64(half)) }); ok {
				if told++; begun+d != c.want {
					t.Errorf("half is seen after %v, want %v", begun+d, c.want)
				}
			}
		}
		if told != 1 {
			t.Errorf("it was told %d times", told)
		}
	}
}
