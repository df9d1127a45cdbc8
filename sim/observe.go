package sim

import (
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/truth"
)

// watch has the matches of a server that does not run yet observed.
func watch[E, C any](matches []*server.Match[E, C], g *game.Game[E, C], tickRate, groups int) []*truth.Match[E, C] {
	var observers []*truth.Match[E, C]
	for _, m := range matches {
		observers = append(observers, watchOne(m, g, tickRate, groups))
	}
	return observers
}

// watchOne has one match observed, from now on.
func watchOne[E, C any](m *server.Match[E, C], g *game.Game[E, C], tickRate, groups int) *truth.Match[E, C] {
	return truth.Watch(m, g, tickRate, measure.NewGroups(groups))
}

// conclude adds to what the bots measured what the observers of the matches did, and lists the first desyncs, the players' own reports included.
func conclude[E, C any](measured *measure.Groups, matches []*server.Match[E, C], observers []*truth.Match[E, C], snapshotRate int) (desyncs []string) {
	for _, m := range matches {
		m.Lock()
		for _, d := range m.Desyncs() {
			desyncs = append(desyncs, d.String())
		}
		m.Unlock()
	}
	for _, o := range observers {
		measured.Merge(o.Groups())
		for _, d := range o.Desyncs() {
			desyncs = append(desyncs, d.String())
		}
	}
	for _, g := range measured.All() {
		g.Interval = time.Second / time.Duration(snapshotRate)
	}
	return desyncs
}
