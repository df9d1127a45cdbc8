package probe

import (
	"context"
	"errors"
	"testing"
	"time"

	"laglab/sim/netem"
)

const ms = time.Millisecond

func quick() Mode {
	m := Virtual()
	m.Datagrams, m.Fill = 20_000, 20*time.Second
	return m
}

func parsed(t *testing.T, text string, d netem.Direction) netem.Profile {
	t.Helper()
	p, err := netem.Parser{}.Profile(text, d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEveryPresetDoesWhatItSays, in simulated time.
func TestEveryPresetDoesWhatItSays(t *testing.T) {
	for i, preset := range netem.Presets() {
		for _, d := range []netem.Direction{netem.Up, netem.Down} {
			p := parsed(t, preset.Name, d)
			m := quick()
			if !preset.Own() {
				m.Datagrams = 2000
			}
			figures, err := Check(context.Background(), p, uint64(i), m)
			if err != nil {
				t.Fatal(err)
			}
			if len(figures) < 3 {
				t.Errorf("%s %v: only %d figures", preset.Name, d, len(figures))
			}
			for _, f := range figures {
				if !f.OK() {
					t.Errorf("%s %v: %s is %s, configured %s, off by %.2f", preset.Name, d, f.Name, f.Effective, f.Configured, f.Off)
				}
			}
		}
	}
}

// TestWrongLinksAreFound: when a link does something else than its profile says, that figure is off.
func TestWrongLinksAreFound(t *testing.T) {
	for _, c := range []struct{ says, does, key string }{
		{"delay=50ms", "delay=50.1ms", "delay"},
		{"delay=50ms,jitter=10ms", "delay=50ms,jitter=9.8ms", "deviation"},
		{"delay=50ms,jitter=10ms,distribution=normal", "delay=50ms,jitter=17.32ms", "delay p99"},
		{"delay=50ms,jitter=10ms,correlation=100ms", "delay=50ms,jitter=10ms,correlation=70ms", "correlation"},
		{"delay=50ms,jitter=10ms,correlation=100ms", "delay=50ms,jitter=10ms", "correlation"},
		{"delay=1ms,loss=2%", "delay=1ms,loss=2.5%", "loss"},
		{"delay=1ms,loss=2%,burst=4", "delay=1ms,loss=2%,burst=3", "lost in a row"},
		{"delay=1ms,loss=2%,burst=4", "delay=1ms,loss=2%", "lost in a row"},
		{"delay=1ms,duplicate=2%", "delay=1ms,duplicate=3%", "come twice"},
		{"delay=50ms", "delay=50ms,reorder=1%", "overtaken"},
		{"delay=1ms,corrupt=2%", "delay=1ms", "loss"},
	} {
		says, m := parsed(t, c.says, netem.Up), Virtual()
		m.Datagrams = 120_000
		s, err := send(context.Background(), netem.NewLink(parsed(t, c.does, netem.Up), 3), m)
		if err != nil {
			t.Fatal(err)
		}
		check := checker{profile: &says, mode: m, sample: &s}
		check.delays()
		check.losses()
		check.order()
		found := false
		for _, f := range check.figures {
			found = found || f.Key == c.key && !f.OK()
		}
		if !found {
			t.Errorf("says %s, does %s: %s is not found to be off: %+v", c.says, c.does, c.key, check.figures)
		}
	}
}

func TestCheckEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, netem.Profile{Delay: ms}, 1, Virtual()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestRealTime: a link of real time keeps its delay too; the machine is granted more here than elsewhere, because
// tests share it.
func TestRealTime(t *testing.T) {
	m, release, err := Real()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	clock := &punctuality{timeline: m.timeline}
	m.Datagrams, m.Slack, m.Fill, m.timeline = 300, 20*ms, 300*ms, clock
	figures, err := Check(context.Background(), parsed(t, "delay=20ms,jitter=5ms,loss=10%,rate=10mbit", netem.Up), 1, m)
	if err != nil {
		t.Fatal(err)
	}
	if clock.worst > m.Slack/2 {
		t.Skipf("this machine woke up to %v too late: it would be measured, and not the link", clock.worst)
	}
	for _, f := range figures {
		if !f.OK() && f.Key != "rate" { // a busy machine is late with the last of them
			t.Errorf("%s is %s, configured %s", f.Name, f.Effective, f.Configured)
		}
	}
}

// punctuality is a timeline that notes by how much it was late.
type punctuality struct {
	timeline
	worst time.Duration
}

func (p *punctuality) sleep(until time.Duration) {
	p.timeline.sleep(until)
	p.worst = max(p.worst, p.now()-until)
}

// TestMeasure: every datagram is timed by both timers, and none leaves too early.
func TestMeasure(t *testing.T) {
	late, err := Measure(context.Background(), LatenessConfig{PerSecond: 2000, Delay: 10 * ms, Window: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range late {
		if l.N != 2000 || l.P50 < 0 || l.P50 > l.P99 || l.P99 > l.Max {
			t.Errorf("%+v", l)
		}
	}
	for _, bad := range []LatenessConfig{{PerSecond: -1}, {PerSecond: 1 << 20}, {Delay: -1}, {Window: time.Hour}} {
		if _, err := Measure(context.Background(), bad); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

// TestAdmissionAllocatesNothing: in the very way in which the command measures it.
func TestAdmissionAllocatesNothing(t *testing.T) {
	for _, link := range []string{"4g", "4g-train", "rate=10mbit,discipline=codel"} {
		if c := Admission(link, parsed(t, link, netem.Up)); c.Allocations > 0.001 || c.Cost <= 0 || c.Cost > 20*time.Microsecond {
			t.Errorf("%+v", c)
		}
	}
}
