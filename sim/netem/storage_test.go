package netem

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestStorage: whatever comes and goes, datagrams stay what they are, all storage together keeps to the limit, and what is
// taken for one is less than twice its length, or 64 bytes.
func TestStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var queue Queue[byte]
		limit := rapid.IntRange(128<<10, 1<<20).Draw(t, "limit")
		queue.Limit(limit)
		now, least := time.Duration(0), 0
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			size := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 1500), rapid.IntRange(0, 65_535)).Draw(t, "size")
			if queue.room(size) {
				fill := rapid.Byte().Draw(t, "fill")
				queue.Push(now+time.Duration(rapid.IntRange(0, 50).Draw(t, "delay")), bytes.Repeat([]byte{fill}, size), fill)
				least += max(2*size, 64)
			}
			now++
			for {
				_, data, fill, ok := queue.Pop(now)
				if !ok {
					break
				}
				if bytes.Count(data, []byte{fill}) != len(data) {
					t.Fatalf("of %d bytes some are not %d", len(data), fill)
				}
				least -= max(2*len(data), 64)
				queue.Recycle(data)
			}
			if queue.made > limit || queue.taken > queue.made || queue.Held() > least {
				t.Fatalf("%d bytes are taken of %d, of the limit %d, for at most %d", queue.taken, queue.made, limit, least)
			}
		}
		if queue.Len() == 0 && queue.Held() != 0 {
			t.Fatalf("%d bytes are held for nothing", queue.Held())
		}
	})
}

// TestCrowded: a pipe whose queue has no memory left drops what comes, says so, and goes on when there is memory again.
func TestCrowded(t *testing.T) {
	for name, profile := range map[string]Profile{"delayed": {Delay: time.Second}, "by CoDel": parsed(t, "delay=1s,rate=1gbit,discipline=codel")} {
		t.Run(name, func(t *testing.T) {
			var queue Queue[Flight[int]]
			queue.Limit(1 << 20)
			pipe := NewPipe(NewLink(profile, 1), NewMeter(), &queue, 0)
			told := 0
			pipe.Watch = func(s *Sighting) {
				if s.Verdict != nil && s.Verdict.Drop == Crowded {
					told++
				}
			}
			long := make([]byte, 65_507)
			for range 100 {
				pipe.Enter(0, long)
			}
			for now := time.Duration(0); now < 2*time.Second; now += 10 * time.Millisecond {
				for {
					due, data, f, ok := queue.Pop(now)
					if !ok {
						break
					}
					pipe.Arrive(now, due, data, &f)
					queue.Recycle(data)
				}
			}
			m := pipe.Meter
			if m.Drops[Crowded] == 0 || m.Delivered < 8 || m.Drops[Crowded]+m.Delivered != 100 || told != int(m.Drops[Crowded]) || m.ChanceShare() != 0 {
				t.Fatalf("of 100 %d arrive, and of %d there is no memory for %d", m.Delivered, told, m.Drops[Crowded])
			}
			if queue.Held() != 0 {
				t.Errorf("%d bytes are held for nothing", queue.Held())
			}
			before := m.Drops[Crowded]
			if pipe.Enter(3*time.Second, long); m.Drops[Crowded] != before {
				t.Error("there is memory again, and it is not used")
			}
		})
	}
}

// TestMixedSizesAllocateNothing: long datagrams among short ones neither allocate nor make the short ones large.
func TestMixedSizesAllocateNothing(t *testing.T) {
	var queue Queue[Flight[int]]
	queue.Limit(4 << 20)
	pipe := NewPipe(NewLink(Profile{Delay: 40 * time.Millisecond}, 1), NewMeter(), &queue, 0)
	now, n, datagram := time.Duration(0), 0, make([]byte, 65_507)
	step := func() {
		now += time.Millisecond
		for i := range 20 {
			size := 100
			if n++; i == n/20%20 {
				size = []int{1200, 9000, 65_507}[n/20%3]
			}
			pipe.Enter(now, datagram[:size])
		}
		for {
			due, data, f, ok := queue.Pop(now)
			if !ok {
				break
			}
			pipe.Arrive(now, due, data, &f)
			queue.Recycle(data)
		}
	}
	for range 1000 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations for twenty datagrams", n)
	}
	if pipe.Meter.Lost != 0 || queue.made > 2<<20 {
		t.Errorf("%d lost; %d bytes for 40 ms of one long datagram in three per ms", pipe.Meter.Lost, queue.made)
	}
}
