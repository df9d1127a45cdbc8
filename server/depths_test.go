package server

import (
	"net/netip"
	"testing"

	"laglab/protocol/game"
)

// TestInboxDepth: how many messages waited for each of some ticks of two matches.
func TestInboxDepth(t *testing.T) {
	c := Config{Matches: 2}
	h, err := NewHost(game.MustDefine("dots", 1, newDots), &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	for i, letters := range []int{3, 0, 7, 1, 1, 200} {
		m := h.matches[i%2]
		for range letters {
			m.inbox.post(letterCommands, &player[dot, press]{match: m}, []byte{0}, 0)
		}
		m.Tick(0)
	}
	d := h.Depths()
	twice := NewDepths()
	twice.Add(&d)
	twice.Add(&d)
	for percent, want := range map[float64]int64{0: 0, 50: 1, 67: 3, 83: 7, 100: 200} {
		if got := d.Inbox.ValueAtQuantile(percent); got != want {
			t.Errorf("the %v%% quantile is %d, want %d", percent, got, want)
		}
	}
	if d.Inbox.TotalCount() != 6 || twice.Inbox.TotalCount() != 12 || twice.Inbox.Max() != 200 || d.Reliable.TotalCount() != 0 {
		t.Errorf("%d ticks, twice %d, at most %d; %d had something to send", d.Inbox.TotalCount(), twice.Inbox.TotalCount(), twice.Inbox.Max(), d.Reliable.TotalCount())
	}
	if s := h.matches[0].Stats(); s.Inbox != 7 {
		t.Errorf("the most was %d", s.Inbox)
	}
}
