package sim

import (
	"strings"
	"testing"
	"time"

	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/verdict"
)

// meterOf is what a link of a profile did to datagrams that come every 10 ms.
func meterOf(p netem.Profile, late time.Duration) *netem.Meter {
	m := netem.NewMeter()
	l := netem.NewLink(p, 3)
	for i := range 20_000 {
		now := time.Duration(i) * 10 * ms
		v := l.Admit(now, 100)
		m.Offer(100, &v)
		if v.Drop == netem.Delivered {
			m.Deliver(now, v.At, v.At+late, 100)
		}
	}
	return m
}

// TestLinksThatAreOffAreFlagged: by more than 5 % and 2 ms, or by a loss that chance does not explain; what order and
// capacity cost is not held against them.
func TestLinksThatAreOffAreFlagged(t *testing.T) {
	for _, c := range []struct {
		name     string
		asked    netem.Profile
		did      netem.Profile
		late     time.Duration
		up, down string // "": all is well
	}{
		{name: "as asked", asked: netem.Profile{Delay: 40 * ms, Jitter: 15 * ms, Loss: 0.02}, did: netem.Profile{Delay: 40 * ms, Jitter: 15 * ms, Loss: 0.02}},
		{name: "clumped", asked: netem.Profile{Delay: 100 * ms, Jitter: 90 * ms}, did: netem.Profile{Delay: 100 * ms, Jitter: 90 * ms}},
		{name: "queued", asked: netem.Profile{Delay: 5 * ms, Rate: 100_000}, did: netem.Profile{Delay: 5 * ms, Rate: 100_000}},
		{name: "a little late", asked: netem.Profile{Delay: 10 * ms}, did: netem.Profile{Delay: 10 * ms}, late: 1500 * time.Microsecond},
		{name: "late", asked: netem.Profile{Delay: 10 * ms}, did: netem.Profile{Delay: 10 * ms}, late: 3 * ms, up: "delay is 13ms, asked for 10ms"},
		{name: "late by 3 %", asked: netem.Profile{Delay: 100 * ms}, did: netem.Profile{Delay: 100 * ms}, late: 3 * ms},
		{name: "too lossy", asked: netem.Profile{Delay: 10 * ms, Loss: 0.01}, did: netem.Profile{Delay: 10 * ms, Loss: 0.02}, up: "asked for 1.00%"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := measure.NewGroup()
			m.Players = 1
			m.Up, m.Down = meterOf(c.did, c.late), meterOf(c.asked, 0)
			r := Report{Elapsed: 200 * time.Second}
			r.fill([]Group{{Name: "g", Count: 1, Up: c.asked, Down: c.asked}}, measuredOf(m), nil, verdict.Thresholds{}, func(int) bool { return false })
			off := r.Groups[0].LinksOff
			if c.up == "" && len(off) > 0 || c.up != "" && (len(off) != 1 || !strings.Contains(off[0], c.up) || !strings.HasPrefix(off[0], "up: ")) {
				t.Errorf("off: %q, want %q", off, c.up)
			}
			var b strings.Builder
			if err := r.WriteText(&b); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(b.String(), "✗ g up: "); got != (c.up != "") {
				t.Errorf("the summary says\n%s", b.String())
			}
		})
	}
}
