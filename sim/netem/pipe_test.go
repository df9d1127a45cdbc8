package netem

import (
	"testing"
	"time"
)

// A datagram on a link that nobody watches allocates nothing: neither one that is there at once, nor one that is under way
// for a while, nor one that a queue decides on late.
func TestNothingIsAllocatedPerDatagram(t *testing.T) {
	tests := map[string]Profile{
		"at once":  {},
		"delayed":  {Delay: 3 * time.Millisecond, Jitter: time.Millisecond, Loss: 0.01},
		"by CoDel": parsed(t, "rate=10mbit,discipline=codel"),
	}
	for name, profile := range tests {
		t.Run(name, func(t *testing.T) {
			var queue Queue[Flight[int]]
			pipe := NewPipe(NewLink(profile, 1), NewMeter(), &queue, 0)
			now, datagram := time.Duration(0), make([]byte, 100)
			step := func() {
				now += time.Millisecond
				pipe.Enter(now, datagram)
				for {
					due, data, f, ok := queue.Pop(now)
					if !ok {
						break
					}
					pipe.Arrive(now, due, data, &f)
					queue.Recycle(data)
				}
			}
			for range 1000 { // until all storage has grown
				step()
			}
			if n := testing.AllocsPerRun(1000, step); n != 0 {
				t.Errorf("%v allocations for each datagram", n)
			}
		})
	}
}
