package recording

import (
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/netem"
)

// TestSize measures what a recording of the arena's hunters takes, in all and by its parts.
func TestSize(t *testing.T) {
	file := record(t, server.Config{Seed: 7}, func(s *arenas, _ *Writer) {
		s.join(16, "hunter", netem.Profile{Delay: 40 * ms, Jitter: 10 * ms, Loss: 0.02})
		s.run(60 * time.Second)
	})
	m := replayed(t, file).Matches[0]
	each := func(bytes int) float64 { return float64(bytes) * 3600 / 1000 / float64(m.Commands) }
	frames, _ := framesOf(t, file)
	var raw, packed [parts]int
	states := 0
	var p packer
	for _, f := range frames {
		for i, b := range f.parts {
			n := min(len(p.squeeze(b)), len(b))
			switch {
			case len(b) == 0:
			case f.kind != kindTicks:
				states += n
			default:
				raw[i] += len(b)
				packed[i] += n
			}
		}
	}
	for i, part := range []string{"main", "values", "views", "seals"} {
		t.Logf("%s: %.2f kB per player-minute, %.2f unpacked", part, each(packed[i]), each(raw[i]))
	}
	t.Logf("other frames: %.2f; in all %.2f kB per player-minute", each(states), each(len(file)))
	if each(len(file)) > 13 {
		t.Error("a recording has become larger")
	}
}

// TestTickAllocatesNothing: once storage has grown, recording a tick allocates nothing, whoever plays.
func TestTickAllocatesNothing(t *testing.T) {
	w := newWriter(t, nowhere{})
	m := newManual(t, w, 0, 50)
	for range 1300 {
		m.tick()
	}
	if n := testing.AllocsPerRun(600, m.tick); n >= 1 {
		t.Errorf("%v allocations a tick", n)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// nowhere is a file that keeps nothing.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
