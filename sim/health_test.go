package sim

import (
	"strings"
	"testing"
	"time"

	"laglab/server"
)

// TestTrust: the word says how far figures can be trusted, and the reasons why; what is long past does not count.
func TestTrust(t *testing.T) {
	for _, c := range []struct {
		name string
		see  func(*sight)
		word Trust
		why  string
	}{
		{"all is well", func(*sight) {}, Good, ""},
		{"half of the budget", func(s *sight) { s.server.CostP99 = 9 * ms }, Strained, "a tick takes 9.0 ms"},
		{"late ticks", func(s *sight) { s.server.LateTicks += 3 }, Strained, "3 of 60 ticks started late"},
		{"links a little late", func(s *sight) { s.bots.LinkLate[39] += 100 }, Strained, "links are late by 1.8 ms"},
		{"links late", func(s *sight) { s.bots.LinkLate[43] += 100 }, Void, "links are late by 3.6 ms"},
		{"bots late", func(s *sight) { s.bots.BotLate[51] += 100 }, Void, "bots are late by 14.3 ms"},
		{"kernel", func(s *sight) { s.server.SocketDrops += 2 }, Void, "dropped 2 datagrams"},
		{"skipped", func(s *sight) { s.server.Skipped += 4 }, Void, "skipped 4 ticks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w watcher
			s := sight{config: &server.Config{TickRate: 60}, where: "up", server: server.Glance{Ticks: 600, LateTicks: 500, Skipped: 9, SocketDrops: 1}}
			s.bots.LinkLate[60] = 50 // long ago
			for i := range 20 {
				w.progress(time.Duration(i)*100*ms, &s)
			}
			s.server.Ticks += 60
			c.see(&s)
			h := w.progress(2100*ms, &s).Health
			if h.Word != c.word || !strings.Contains(strings.Join(h.Why, "; "), c.why) || c.why == "" && len(h.Why) > 0 {
				t.Errorf("%s: %v", h.Word, h.Why)
			}
			if h.Budget != time.Second/60 || h.Server != "up" {
				t.Errorf("%+v", h)
			}
			for i := range 20 { // and is forgotten
				s.server.CostP99 = ms
				h = w.progress(2200*ms+time.Duration(i)*100*ms, &s).Health
			}
			if h.Word != Good {
				t.Errorf("two seconds later it is %s: %v", h.Word, h.Why)
			}
		})
	}
}

// TestRates: rates are of the newest second, however often they are asked for.
func TestRates(t *testing.T) {
	var w watcher
	s := sight{config: &server.Config{TickRate: 60}}
	p := Progress{}
	for i := 1; i <= 50; i++ {
		s.bots.Client.Corrections = int64(i) // ten per second
		p = w.progress(time.Duration(i)*100*ms, &s)
	}
	if p.Corrections < 9.9 || p.Corrections > 10.1 {
		t.Errorf("%v corrections per second", p.Corrections)
	}
	s.bots.Client.Corrections += 1000
	if p = w.progress(15*time.Second, &s); p.Corrections < 90 || p.Corrections > 110 { // over ten seconds
		t.Errorf("%v corrections per second", p.Corrections)
	}
}
