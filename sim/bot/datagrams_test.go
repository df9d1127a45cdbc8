package bot

import (
	"testing"
	"time"

	"laglab/sim/netem"
)

// TestDatagramLog: the newest are kept, in order, and what was there before goes on; nobody asks, and it ends.
func TestDatagramLog(t *testing.T) {
	var queue netem.Queue[netem.Flight[*bot[struct{}, struct{}]]]
	seen := 0
	b := &bot[struct{}, struct{}]{}
	pipe := func() *netem.Pipe[*bot[struct{}, struct{}]] {
		return netem.NewPipe(netem.NewLink(netem.Profile{Loss: 0.5}, 1), netem.NewMeter(), &queue, b)
	}
	b.up, b.down = pipe(), pipe()
	b.up.Watch = func(*netem.Sighting) { seen++ }
	c := &Crowd[struct{}, struct{}]{bots: []*bot[struct{}, struct{}]{b}}
	b.crowd, b.config.Number = c, 1
	if _, ok := c.Datagrams(0, 0, 2, 0); ok {
		t.Error("there is a second bot")
	}
	if all, ok := c.Datagrams(0, 0, 1, 0); !ok || len(all) != 0 {
		t.Errorf("%v %v", all, ok)
	}
	for i := range 700 {
		b.up.Enter(time.Duration(i)*time.Millisecond, []byte{byte(i)})
		b.down.Enter(time.Duration(i)*time.Millisecond, []byte{byte(i), 0})
	}
	all, _ := c.Datagrams(time.Second, 0, 1, 0)
	if len(all) != datagramsKept || all[0].Number != 901 || all[datagramsKept-1].Number != 1400 || all[0].Direction != "up" || all[1].Direction != "down" || all[1].Bytes != 2 {
		t.Errorf("%d are kept, from %+v on", len(all), all[0])
	}
	lost := 0
	for i := range all {
		if all[i].Fate == "dropped, lost" {
			lost++
		}
	}
	if lost < datagramsKept/4 || lost > datagramsKept*3/4 {
		t.Errorf("%d of %d were lost", lost, len(all))
	}
	if some, _ := c.Datagrams(time.Second, 0, 1, 1398); len(some) != 2 || some[0].Number != 1399 {
		t.Errorf("%+v", some)
	}
	for i := range 3 {
		b.up.Enter(time.Minute+time.Duration(i), []byte{1})
	}
	if b.log != nil || b.down.Watch != nil || b.up.Watch == nil {
		t.Error("it goes on although nobody asks")
	}
	before := seen
	if b.up.Enter(time.Minute, []byte{1}); seen == before {
		t.Error("who watched before does not any more")
	}
}
