package relay

import (
	"math"
	"testing"
	"time"

	"laglab/sim/netem"
)

// TestSeries: what is added is found by its number, and what is too old is gone.
func TestSeries(t *testing.T) {
	s := series[int]{from: 7, limit: 10}
	for i := range 100 {
		s.add(7 + i)
		for _, after := range []int{0, 7 + i - 3, 7 + i, 7 + i + 1, 1000} {
			from, windows := s.after(after)
			wantFrom := min(max(after, 7, 7+i-9), 7+i+1)
			if from != wantFrom || len(windows) != 7+i+1-wantFrom || len(windows) > 0 && windows[0] != from {
				t.Fatalf("after %d windows those from %d on are %v from %d on", i+1, after, windows, from)
			}
		}
		if len(s.kept) > 12 {
			t.Fatalf("%d windows are kept", len(s.kept))
		}
	}
}

// TestFlow: rates are those of the time between, and what did not happen has no figure.
func TestFlow(t *testing.T) {
	then := counts{at: time.Second, offered: 10, delivered: 8, lost: 2, chance: 1, bursts: 1, bytes: 800, took: 80 * ms}
	now := counts{at: 3 * time.Second, offered: 30, delivered: 20, lost: 10, chance: 7, bursts: 3, bytes: 2800, took: 320 * ms}
	if f, want := now.since(&then), (Flow{Datagrams: 10, Bytes: 1000, Delay: 20, Loss: 0.4, Burst: 3}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
	now = then
	now.at += time.Second
	if f := now.since(&then); f.Datagrams != 0 || !math.IsNaN(float64(f.Delay)) || !math.IsNaN(float64(f.Loss)) || !math.IsNaN(float64(f.Burst)) {
		t.Errorf("of nothing: %+v", f)
	}
}

// TestTrack: what is recent is what the newest windows had, fewer at the beginning.
func TestTrack(t *testing.T) {
	tr := newTrack(0)
	if f := tr.recently(); f.Datagrams != 0 {
		t.Errorf("before the first window: %+v", f)
	}
	for i := 1; i <= 50; i++ {
		if f := tr.note(counts{at: time.Duration(i) * time.Second, offered: int64(i * i)}); f.Datagrams != float32(2*i-1) {
			t.Fatalf("in window %d there are %v", i, f.Datagrams)
		}
		n := min(i, recent)
		if want := float32(i*i-(i-n)*(i-n)) / float32(n); tr.recently().Datagrams != want {
			t.Fatalf("after window %d there are recently %v, want %v", i, tr.recently().Datagrams, want)
		}
	}
}

// TestHistory: windows tell what passed in them, of all and of one client; those in which the machine slept are empty.
func TestHistory(t *testing.T) {
	r, err := Config{Listen: "127.0.0.1:0", To: "127.0.0.1:9", Links: []netem.Path{path(t, "delay=40ms")}}.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.mu.Lock()
	c := r.admit(r.begun, r.Addr())
	for i := range 300 { // three seconds of one in 10 ms, of 100 bytes
		now := r.begun + time.Duration(i)*10*ms
		r.keepHistory(now)
		c.up.Enter(now, make([]byte, 100))
		r.advance(now)
	}
	r.keepHistory(r.begun + 7500*ms)
	r.mu.Unlock()
	from, moments := r.History(0)
	if from != 0 || len(moments) != 7 {
		t.Fatalf("%d windows from %d on", len(moments), from)
	}
	for i, m := range moments[1:3] {
		if m.Up.Datagrams != 100 && i == 0 || i == 0 && (m.Up.Delay != 40 || m.Up.Loss != 0 || m.Clients != 1 || m.Late > 0.02) {
			t.Errorf("window %d: %+v", i+1, m)
		}
	}
	if !math.IsNaN(float64(moments[4].Up.Delay)) || moments[4].Up.Datagrams != 0 {
		t.Errorf("a window that was slept through: %+v", moments[4])
	}
	from, moments, err = r.HistoryOf(1, 0)
	if err != nil || from != 6 || len(moments) != 1 || moments[0].Clients != 1 { // after the sleep
		t.Errorf("of the client %d windows from %d on, %v", len(moments), from, err)
	}
	if _, _, err := r.HistoryOf(2, 0); err == nil {
		t.Error("there is a history of nobody")
	}
	rows, p := r.Rows(), r.Progress()
	if len(rows) != 1 || rows[0].UpLink != "40ms" || rows[0].Up.Datagrams == 0 || p.Clients != 1 || p.Seen != 1 || p.Next.Up.Delay != 40*ms {
		t.Errorf("%+v\n%+v", rows, p)
	}
	for range 2 * keptWindows {
		r.mu.Lock()
		r.keepHistory(r.windowEnds())
		r.mu.Unlock()
	}
	if from, moments := r.History(0); len(moments) != keptWindows || from != 7+2*keptWindows-keptWindows {
		t.Errorf("%d windows from %d on", len(moments), from)
	}
	if from, moments, _ := r.HistoryOf(1, 0); len(moments) != keptOfClient || from != 7+2*keptWindows-keptOfClient {
		t.Errorf("%d windows of the client from %d on", len(moments), from)
	}
	r.mu.Lock()
	c.end()
	for range 5 {
		r.keepHistory(r.windowEnds())
	}
	r.mu.Unlock()
	if from, moments, _ := r.HistoryOf(1, 7+2*keptWindows-1); from != 7+2*keptWindows-1 || len(moments) != 6 || math.IsNaN(float64(moments[0].Up.Datagrams)) ||
		moments[1].Up != unknown && !math.IsNaN(float64(moments[1].Up.Delay)) || moments[1].Clients != 0 {
		t.Errorf("of one that is gone, from %d on: %+v", from, moments)
	}
	if from, moments, _ := r.HistoryOf(1, 7+2*keptWindows+3); from != 7+2*keptWindows+3 || len(moments) != 2 {
		t.Errorf("of one that is gone, later: %d windows from %d on", len(moments), from)
	}
	r.mu.Lock()
	r.keepHistory(r.windowEnds() + 5*keptWindows*Window)
	r.mu.Unlock()
	if from, moments := r.History(0); len(moments) != 1 || from != 7+5+7*keptWindows {
		t.Errorf("after a long sleep %d windows from %d on", len(moments), from)
	}
}

// TestLate: how late datagrams leave is that of the newest windows, and forgotten after them.
func TestLate(t *testing.T) {
	r, err := Config{Listen: "127.0.0.1:0", To: "127.0.0.1:9", Links: []netem.Path{path(t, "delay=10ms")}}.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	window := func(late time.Duration) {
		r.mu.Lock()
		defer r.mu.Unlock()
		now := r.windowEnds() - 500*ms
		c := r.clients[r.Addr()]
		if c == nil {
			c = r.admit(now, r.Addr())
		}
		for range 100 {
			c.up.Enter(now, []byte("x"))
		}
		r.advance(now + 10*ms + late)
		r.keepHistory(r.windowEnds())
	}
	window(8 * ms)
	if late := r.Progress().Late; late < 8*ms || late > 9*ms {
		t.Errorf("8 ms late is told as %v", late)
	}
	for range recent {
		window(0)
	}
	if late := r.Progress().Late; late > ms {
		t.Errorf("after ten windows in time it is told as %v", late)
	}
	if _, moments := r.History(0); moments[0].Late < 8 || moments[0].Late > 9 || moments[1].Late > 1 {
		t.Errorf("the windows were late by %v and %v ms", moments[0].Late, moments[1].Late)
	}
}
