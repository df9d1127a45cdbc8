package bench

import (
	"testing"
	"time"

	"laglab/protocol/clock"
)

// Each yardstick carries both ways, datagrams of just the sizes that it was told, to every player.
func TestYardsticksCarryWhatTheyAreTold(t *testing.T) {
	const up, down = 101, 161
	for _, kind := range []Kind{Plain, Polled} {
		t.Run(string(kind), func(t *testing.T) {
			task := Task{Kind: kind, Players: 3, SizeUp: up, SizeDown: down}
			server := start(t, task)
			addr, err := server.ready()
			if err != nil {
				t.Fatal(err)
			}
			task.Load, task.Addr = true, addr
			load := start(t, task)
			for deadline := clock.Now() + 10*time.Second; load.read().DatagramsIn < 6; time.Sleep(time.Millisecond) {
				if clock.Now() > deadline {
					t.Fatalf("within ten seconds only %d snapshots came back", load.read().DatagramsIn)
				}
			}
			load.stop()
			server.stop()
			if r := server.read(); r.DatagramsIn == 0 || r.BytesIn != up*r.DatagramsIn {
				t.Errorf("the server received %d bytes in %d datagrams, want %d each", r.BytesIn, r.DatagramsIn, up)
			}
			if r := load.read(); r.BytesIn != down*r.DatagramsIn {
				t.Errorf("the players received %d bytes in %d datagrams, want %d each", r.BytesIn, r.DatagramsIn, down)
			}
		})
	}
}

func start(t *testing.T, task Task) subject {
	t.Helper()
	s, err := task.start()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
