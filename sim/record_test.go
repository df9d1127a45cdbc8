package sim

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
	"laglab/sim/recording"
)

// TestRecordOverUDP: a run on the real clock, over real UDP and bad links, is simulated again to the bit.
func TestRecordOverUDP(t *testing.T) {
	var file bytes.Buffer
	w, err := recording.NewWriter(&file, arena.Game, recording.Config{Program: "a test", Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	link := netem.Profile{Delay: 30 * ms, Jitter: 10 * ms, Loss: 0.05}
	r, err := Run(context.Background(), arena.Game, Scenario{
		Server: server.Config{Addr: "127.0.0.1:0", Matches: 2}, Groups: []Group{{Name: "hunters", Count: 12, Brain: "hunter", Up: link, Down: link}},
		Duration: 6 * time.Second, Seed: 9, Record: w,
	}, nil)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	o, err := recording.Replay(context.Background(), &file, arena.Game)
	if err != nil {
		t.Fatal(err)
	}
	for i := range o.Differences {
		t.Error(&o.Differences[i])
	}
	var ticks, rewinds, repeated int64
	joined, left := 0, 0
	for _, m := range o.Matches {
		if !m.Complete {
			t.Errorf("match %d has no end", m.Number)
		}
		ticks, rewinds, repeated, joined, left = ticks+m.Ticks, rewinds+m.Rewinds, repeated+m.Repeated, joined+m.Joined, left+m.Left
	}
	t.Logf("%d ticks, %d rewinds, %d commands that others stood in for", ticks, rewinds, repeated)
	if ticks < r.Server.Ticks || len(o.Matches) != 2 || joined != 12 || left != 12 || rewinds == 0 || repeated == 0 || o.Cut != nil || o.Ended != "" {
		t.Errorf("%+v; the server ran %d ticks", o, r.Server.Ticks)
	}
}
