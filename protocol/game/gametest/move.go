package gametest

import (
	"fmt"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

// The checks of Move, which both ends run.

// moved is one call of Move as it happens in the match: the entity before it, and the command.
type moved[E, C any] struct {
	tick    protocol.Tick
	entity  protocol.EntityID
	before  E
	command C
}

// eachMove plays the match and shows every Move before it happens, until visit finds a failure.
func (s *suite[E, C]) eachMove(visit func(live game.Rules[E, C], m moved[E, C]) *Failure) *Failure {
	a := s.match(s.cfg.Seed)
	for tick := protocol.Tick(1); int(tick) <= len(s.script); tick++ {
		a.enter(tick)
		for _, c := range a.commands {
			e := a.World.Player(c.Player)
			if e == nil {
				continue
			}
			if f := visit(a.Rules, moved[E, C]{tick, e.ID, e.State, c.Input}); f != nil {
				f.Tick, f.Entity = tick, e.ID
				return f
			}
		}
		a.advance()
	}
	return nil
}

// outcome is the replicated row of an entity after a Move.
func (s *suite[E, C]) outcome(rules game.Rules[E, C], e E, c C) []int32 {
	rules.Move(&e, c)
	row := make([]int32, s.game.State.Width())
	s.game.State.Load(&e, row)
	return row
}

// differentRow is the index of the first field in which two rows differ, or -1.
func differentRow(a, b []int32) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

const ruleReplicated = "A client predicts with what it was told, so Move must read replicated fields only: " +
	"replicate the field (with the option \"own\" if only its owner needs it), or read it in Step"

// moveReplicated moves each entity also as a client has it: with the replicated fields alone.
func (s *suite[E, C]) moveReplicated() *Failure {
	row := make([]int32, s.game.State.Width())
	return s.eachMove(func(live game.Rules[E, C], m moved[E, C]) *Failure {
		var told E
		s.game.State.Load(&m.before, row)
		s.game.State.Store(row, &told)
		whole, known := s.outcome(live, m.before, m.command), s.outcome(live, told, m.command)
		i := differentRow(whole, known)
		if i < 0 {
			return nil
		}
		return &Failure{
			Field: s.game.State.Fields()[i].Name,
			Found: fmt.Sprintf("Move makes it %d on the server and %d for a client, because of %s", whole[i], known[i], s.culprit(live, m, whole)),
			Rule:  ruleReplicated,
		}
	})
}

// culprit names the hidden field that alone makes a Move come out differently when it is zero.
func (s *suite[E, C]) culprit(live game.Rules[E, C], m moved[E, C], whole []int32) string {
	e := m.before
	for _, f := range fieldsOf(&e) {
		value := f.value()
		if s.game.State.Field(f.name) >= 0 || value == 0 {
			continue
		}
		f.of.SetZero()
		if differentRow(whole, s.outcome(live, e, m.command)) >= 0 {
			return fmt.Sprintf("field %s, which is not replicated: it is %d on the server and 0 for a client", f.name, value)
		}
		e = m.before
	}
	return "several fields together that are not replicated"
}

const ruleIndependent = "Both ends make rules of their own from the same settings, and the client's never run a Step: " +
	"Move must depend on nothing but the entity, the command and what New derives from the settings, " +
	"not on what the rules or a variable remember"

// outcomes is how many Moves moveRules remembers.
const outcomes = 20_000

// moveRules plays the match, and repeats its Moves afterwards under rules that never saw it: whatever a Step left
// behind, in the rules or in a variable, is another by then.
func (s *suite[E, C]) moveRules() *Failure {
	apart, every, n := s.rules(), 1+s.cfg.Ticks*s.cfg.Players/outcomes, 0
	var moves []moved[E, C]
	var rows [][]int32
	_ = s.eachMove(func(live game.Rules[E, C], m moved[E, C]) *Failure {
		if n++; n%every == 0 {
			moves, rows = append(moves, m), append(rows, s.outcome(live, m.before, m.command))
		}
		return nil
	})
	for i, m := range moves {
		row := s.outcome(apart, m.before, m.command)
		if f := differentRow(rows[i], row); f >= 0 {
			return &Failure{
				Tick: m.tick, Entity: m.entity, Field: s.game.State.Fields()[f].Name,
				Found: fmt.Sprintf("Move makes it %d in the match and %d under other rules from the same New", rows[i][f], row[f]),
				Rule:  ruleIndependent,
			}
		}
	}
	return nil
}

const ruleAllocation = "A server calls Move for each player in each tick, and a client replays dozens of them in a frame: " +
	"keep storage in the rules value and reuse it, or do without"

// moveSamples is about how many Moves are measured.
const moveSamples = 100

// moveAllocation counts what Move allocates in states that occur.
func (s *suite[E, C]) moveAllocation() *Failure {
	rules, every, n := s.rules(), max(1, s.cfg.Ticks*s.cfg.Players/moveSamples), 0
	var e E
	return s.eachMove(func(_ game.Rules[E, C], m moved[E, C]) *Failure {
		if n++; n%every != 0 {
			return nil
		}
		allocations := testing.AllocsPerRun(10, func() {
			e = m.before
			rules.Move(&e, m.command)
		})
		if allocations == 0 {
			return nil
		}
		return &Failure{Found: fmt.Sprintf("Move allocates %.0f times in a call", allocations), Rule: ruleAllocation}
	})
}
