package sim

import (
	"slices"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/bot"
	"laglab/sim/measure"
)

// Report is the report as it would be if the run ended now: nothing is reset, and bots and ticks are held up for microseconds at a
// time. What is compared only when a run ends is not in it.
func (l *Lab[E, C]) Report() (*Report, error) {
	s := &l.scenario
	var timeline *Timeline
	changed := make([]bool, len(s.Groups))
	if err := l.ask(func() {
		timeline = l.times.report(s.Groups, l.director.told)
		for i := range changed {
			changed[i] = l.director.changedLinks(i)
		}
	}); err != nil {
		return nil, err
	}
	l.mu.Lock()
	r := &Report{
		Name: l.game.Name, Scenario: s.Name, Seed: s.Seed, Addr: l.address, Started: l.started, Elapsed: clock.Now() - l.fleet.start,
		Timeline: timeline,
	}
	houses, here, process := slices.Clone(l.past), l.house, l.process
	l.mu.Unlock()
	if here != nil {
		houses = append(houses, here)
	}
	measured := l.fleet.MeasuredSoFar()
	for _, h := range houses {
		r.Desyncs = append(r.Desyncs, h.addTo(measured)...)
	}
	r.NotMeasured = l.notMeasured()
	r.fill(s.Groups, measured, l.fleet.roster.list(), s.Thresholds, func(group int) bool { return changed[group] })
	if n := len(houses); n > 0 {
		st := houses[n-1].Stats()
		for _, h := range houses[:n-1] {
			st.Add(&h.stats)
		}
		r.fillServer(houses[n-1].Config(), &st, process())
	}
	return r, nil
}

// addTo adds to what the bots measured what the observers of a server that runs did, and lists the first desyncs.
func (h *house[E, C]) addTo(measured *measure.Groups) (desyncs []string) {
	for i, m := range h.Matches() {
		m.Lock()
		for _, d := range m.Desyncs() {
			desyncs = append(desyncs, d.String())
		}
		m.Unlock()
		o := h.observers[i]
		for _, d := range o.Desyncs() {
			desyncs = append(desyncs, d.String())
		}
		for j := range o.Len() {
			seen := measure.NewGroup()
			for part := range seen.Parts() {
				o.CopyPart(j, part, seen)
			}
			measured.At(j).Merge(seen)
		}
		for _, g := range measured.All() {
			g.Interval = time.Second / time.Duration(h.Config().SnapshotRate)
		}
	}
	return desyncs
}

// Numbers is what metrics are made of.
func (l *Lab[E, C]) Numbers() Numbers {
	g := l.fleet.Glance()
	n := Numbers{Bots: &g, Drops: map[string]int64{}}
	l.fleet.each(func(w *worker[E, C]) { countDrops(n.Drops, w.crowd.Groups()) })
	if h := l.present(); h != nil {
		st := h.Stats()
		n.Server, n.Timed = &st, true
	}
	return n
}

// countDrops adds up what the links of groups dropped, by cause.
func countDrops(into map[string]int64, groups *measure.Groups) {
	for _, g := range groups.All() {
		for cause, n := range g.Up.DropsByName() {
			into[cause] += n
		}
		for cause, n := range g.Down.DropsByName() {
			into[cause] += n
		}
	}
}

// Report is the report as it would be if the run ended now.
func (p *Paced[E, C]) Report() (r *Report, err error) {
	err = p.with(func(v *virtual[E, C]) error {
		r = v.reportSoFar()
		return nil
	})
	return r, err
}

// Numbers is what metrics are made of.
func (p *Paced[E, C]) Numbers() (n Numbers) {
	_ = p.with(func(v *virtual[E, C]) error {
		n.Bots, n.Drops = &bot.Glance{}, map[string]int64{}
		v.crowd.Glance(n.Bots)
		countDrops(n.Drops, v.crowd.Groups())
		n.Server = v.stats()
		return nil
	})
	return n
}
