package sim

import (
	"slices"
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
	var arrived []time.Duration
	for i := range 20_000 {
		now := time.Duration(i) * 10 * ms
		v := l.Admit(now, 100)
		m.Offer(100, &v)
		if v.Drop == netem.Delivered {
			m.Deliver(now, v.At, v.At+late, 100)
			if arrived = append(arrived, v.At); v.Copied {
				m.Copies++
				m.Deliver(now, v.CopyAt, v.CopyAt, 100)
			}
		}
	}
	for i, at := range arrived { // overtaken by one of the next
		if slices.ContainsFunc(arrived[i+1:min(i+50, len(arrived))], func(later time.Duration) bool { return later < at }) {
			m.Overtaken++
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
		{name: "twice as asked", asked: netem.Profile{Duplicate: 0.03}, did: netem.Profile{Duplicate: 0.03}},
		{name: "twice too often", asked: netem.Profile{Duplicate: 0.03}, did: netem.Profile{Duplicate: 0.06}, up: "came twice, asked for 3.00%"},
		{name: "never twice", asked: netem.Profile{Duplicate: 0.03}, up: "0.00% came twice"},
		{name: "overtaken as asked", asked: netem.Profile{Delay: 9 * ms, Reorder: 0.05, ReorderDelay: 60 * ms}, did: netem.Profile{Delay: 9 * ms, Reorder: 0.05, ReorderDelay: 60 * ms}},
		{name: "overtaken unasked", asked: netem.Profile{Delay: 99 * ms}, did: netem.Profile{Delay: 99 * ms, Reorder: 0.01}, up: "were overtaken, asked for 0.00%"},
		{name: "never overtaken", asked: netem.Profile{Reorder: 0.05, ReorderDelay: 60 * ms}, did: netem.Profile{Delay: 3 * ms}, up: "0.00% were overtaken, asked for 5.00%"},
		{name: "overtaken by jitter", asked: netem.Profile{Delay: 50 * ms, Jitter: 30 * ms, Unordered: true}, did: netem.Profile{Delay: 50 * ms, Jitter: 30 * ms, Unordered: true}},
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
