package gametest

import "laglab/protocol"

// The checks that play the same thing twice.

const ruleDeterminism = "The same seed, joins, leaves and commands must give the same world: rules use no clock, " +
	"no randomness but World.Rand, no goroutines, and no iteration over maps"

// determinism plays the script twice, side by side.
func (s *suite[E, C]) determinism() *Failure {
	a, b := s.match(s.cfg.Seed), s.match(s.cfg.Seed)
	for tick := protocol.Tick(1); int(tick) <= len(s.script); tick++ {
		ours, theirs := a.moment(a.play(tick)), b.moment(b.play(tick))
		if f := difference(ours, theirs, "in one simulation", "in another"); f != nil {
			f.Rule = ruleDeterminism
			return f
		}
	}
	return nil
}

const ruleFresh = "What changes during a match must be in entities, for only these are saved, restored and sent: " +
	"rules, variables and closures must not remember anything from one call to the next"

// stretch is how many ticks fresh rules go on from a saved world.
const stretch = 25

// freshRules saves the world time and again and lets a new simulation with new rules go on from there.
func (s *suite[E, C]) freshRules() *Failure {
	a := s.match(s.cfg.Seed)
	var fresh *match[E, C]
	for tick := protocol.Tick(1); int(tick) <= len(s.script); tick++ {
		if tick%stretch == 1 {
			fresh = s.match(s.cfg.Seed + 1)
			fresh.Restore(a.Save(nil))
		}
		ours, theirs := a.moment(a.play(tick)), fresh.moment(fresh.play(tick))
		if f := difference(ours, theirs, "under the rules of the match", "under rules that were made afresh"); f != nil {
			f.Rule = ruleFresh
			return f
		}
	}
	return nil
}

const ruleRollback = "Going back to a saved world and replaying the same ticks must give the same again: " +
	"what changes during a match must be in entities, and nothing outside of them may count calls"

// rolledBack is how many ticks the rollback check goes back each time.
const rolledBack = 2

// rollback goes back after every tick and replays.
func (s *suite[E, C]) rollback() *Failure {
	m := s.match(s.cfg.Seed)
	past := []moment[E]{m.keep(nil)} // the last ticks as they were played first
	for tick := protocol.Tick(1); int(tick) <= len(s.script); tick++ {
		past = append(past, m.keep(m.play(tick)))
		if len(past) <= rolledBack {
			continue
		}
		past = past[len(past)-rolledBack-1:]
		m.Restore(past[0].world)
		for i, then := range past[1:] {
			again := m.moment(m.play(tick - rolledBack + 1 + protocol.Tick(i)))
			if f := difference(then, again, "at first", "when replayed"); f != nil {
				f.Rule = ruleRollback
				return f
			}
		}
	}
	return nil
}
