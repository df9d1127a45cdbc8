package sim

import (
	"fmt"
	"sync"
	"time"

	"laglab/server"
	"laglab/sim/bot"
)

// Health tells whether the machine keeps up with a run, and so whether its figures can be trusted. Times are of the newest
// seconds, numbers since the beginning.
type Health struct {
	Word Trust    `json:"word"`
	Why  []string `json:"why"` // unless it is good
	// TickRateAsked is per match; Budget is the time between two ticks.
	TickRateAsked int           `json:"tick_rate_asked"`
	Budget        time.Duration `json:"budget_ns"`
	TickLateP99   time.Duration `json:"tick_late_p99_ns"`
	LateTicks     int64         `json:"ticks_late"`    // started later than a quarter of the budget
	SkippedTicks  int64         `json:"ticks_skipped"` // never run
	Overruns      int64         `json:"ticks_overrun"` // took longer than the budget
	// LinkLateP99 and BotLateP99 are how much later than they should the links let datagrams go, and the bots did what was due.
	LinkLateP99 time.Duration `json:"link_late_p99_ns"`
	BotLateP99  time.Duration `json:"bot_late_p99_ns"`
	// SocketDrops are datagrams that the kernel dropped because the server did not take them in time.
	SocketDrops uint64 `json:"socket_drops"`
	// Server is up, down or elsewhere.
	Server string `json:"server"`
}

// Trust is a word for how far figures can be trusted.
type Trust string

// The words.
const (
	Good     Trust = "good"
	Strained Trust = "strained" // the machine has little left
	Void     Trust = "void"     // the machine was measured, and not the network
)

// sight is what is seen of a run at an instant.
type sight struct {
	bots   bot.Glance
	server server.Glance // zero when there is none
	config *server.Config
	where  string // the server is: up, down or elsewhere
}

// watcher makes of what it is shown again and again what is told of the newest second.
type watcher struct {
	mu   sync.Mutex
	seen []moment // of the newest second and the last one before
}

// moment is what was counted at an instant.
type moment struct {
	at                    time.Duration
	corrections, up, down int64
	linkLate, botLate     bot.Lateness
	skipped, overruns     int64
	ticks, lateTicks      int64
	drops                 uint64
}

// watchFor is how much of the newest time rates are of, and watchMost how many instants of it are remembered.
const (
	watchFor  = time.Second
	watchMost = 64
)

// since is the instant to compare with, and remembers the present one.
func (w *watcher) since(now moment) (before moment) {
	for len(w.seen) > 1 && (now.at-w.seen[1].at >= watchFor || len(w.seen) == watchMost) {
		w.seen = w.seen[1:]
	}
	if len(w.seen) > 0 {
		before = w.seen[0]
	}
	if w.seen = append(w.seen, now); now.skipped < before.skipped || now.ticks < before.ticks || now.drops < before.drops {
		before.skipped, before.overruns, before.ticks, before.lateTicks, before.drops = 0, 0, 0, 0, 0 // another server
	}
	return before
}

// progress tells how a run goes at a time since its beginning.
func (w *watcher) progress(at time.Duration, s *sight) Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := &s.bots
	now := moment{
		at: at, corrections: g.Client.Corrections, linkLate: g.LinkLate, botLate: g.BotLate, skipped: s.server.Skipped, overruns: s.server.Overruns,
		ticks: s.server.Ticks, lateTicks: s.server.LateTicks, drops: s.server.SocketDrops,
		up: wire(g.Traffic.BytesOut, g.Traffic.DatagramsOut), down: wire(g.Traffic.BytesIn, g.Traffic.DatagramsIn),
	}
	before := w.since(now)
	seconds := max((at - before.at).Seconds(), 1e-3)
	p := Progress{
		Elapsed: at, Players: g.Playing, Wanted: g.Wanted, TickRate: s.server.TickRate, TickCost: s.server.Cost, TickCostP99: s.server.CostP99,
		RTT: median(g.RTT), Loss: share(g.Lost, g.Offered),
	}
	rate := func(now, before int64) float64 { return float64(max(now-before, 0)) / seconds }
	p.Corrections, p.BytesUp, p.BytesDown = rate(now.corrections, before.corrections), rate(now.up, before.up), rate(now.down, before.down)
	p.Health = s.health(&now, &before)
	return p
}

// health makes what is told of the machine.
func (s *sight) health(now, before *moment) Health {
	linkLate, botLate := now.linkLate, now.botLate
	linkLate.Sub(&before.linkLate)
	botLate.Sub(&before.botLate)
	h := Health{
		TickRateAsked: s.config.TickRate, Budget: time.Second / time.Duration(max(s.config.TickRate, 1)), TickLateP99: s.server.LateP99,
		LateTicks: s.server.LateTicks, SkippedTicks: s.server.Skipped, Overruns: s.server.Overruns, SocketDrops: s.server.SocketDrops,
		LinkLateP99: linkLate.At(0.99), BotLateP99: botLate.At(0.99), Server: s.where,
	}
	h.judge(s, now, before)
	return h
}

// What strains the machine: links and bots late by a third of what makes figures void, ticks that take half of their time, and
// one tick in fifty that starts late.
const (
	strainedLinkLate  = voidLinkLate / 3 // ms
	strainedBotLate   = voidBotLate / 3  // ms
	strainedCost      = 0.5              // of the budget
	strainedLateTicks = 0.02             // of the ticks
)

// judge finds the word, and the reasons.
func (h *Health) judge(s *sight, now, before *moment) {
	h.Word, h.Why = Good, []string{}
	say := func(word Trust, format string, a ...any) {
		if h.Why = append(h.Why, fmt.Sprintf(format, a...)); h.Word != Void {
			h.Word = word
		}
	}
	graded := func(v, strained, void float64, format string) {
		switch {
		case v > void:
			say(Void, format, v)
		case v > strained:
			say(Strained, format, v)
		}
	}
	if n := now.drops - before.drops; n > 0 {
		say(Void, "the kernel dropped %d datagrams that the server did not take in time", n)
	}
	if n := now.skipped - before.skipped; n > 0 {
		say(Void, "the server skipped %d ticks", n)
	}
	graded(inMillis(h.LinkLateP99), strainedLinkLate, voidLinkLate, "links are late by %.1f ms at p99")
	graded(inMillis(h.BotLateP99), strainedBotLate, voidBotLate, "bots are late by %.1f ms at p99")
	if cost := s.server.CostP99; float64(cost) > strainedCost*float64(h.Budget) {
		say(Strained, "a tick takes %.1f ms at p99, of %.1f ms that it has", inMillis(cost), inMillis(h.Budget))
	}
	if late, all := now.lateTicks-before.lateTicks, now.ticks-before.ticks; share(late, all) > strainedLateTicks {
		say(Strained, "%d of %d ticks started late", late, all)
	}
}
