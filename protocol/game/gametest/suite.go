package gametest

import (
	"testing"

	"laglab/protocol/game"
)

// Run runs every check as a subtest of t. It must not run beside parallel tests, because it counts allocations.
func Run[E, C any](t *testing.T, g *game.Game[E, C], cfg Config[C]) {
	t.Helper()
	s, err := newSuite(g, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.checks() {
		t.Run(c.name, func(t *testing.T) {
			if f := c.run(); f != nil {
				f.Check = c.name
				t.Error(f)
			}
		})
	}
}

// Check runs every check and returns what failed, each a *[Failure]; or what is wrong with the config or the
// game's settings.
func Check[E, C any](g *game.Game[E, C], cfg Config[C]) []error {
	s, err := newSuite(g, cfg)
	if err != nil {
		return []error{err}
	}
	var failures []error
	for _, c := range s.checks() {
		if f := c.run(); f != nil {
			f.Check = c.name
			failures = append(failures, f)
		}
	}
	return failures
}

// suite is what the checks have in common.
type suite[E, C any] struct {
	game   *game.Game[E, C]
	cfg    Config[C]
	script []scene[C]
}

// check is one of the checks; it finds at most one failure, the first.
type check struct {
	name string
	run  func() *Failure
}

func newSuite[E, C any](g *game.Game[E, C], cfg Config[C]) (*suite[E, C], error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if _, err := g.New(cfg.Settings); err != nil {
		return nil, err
	}
	return &suite[E, C]{game: g, cfg: cfg, script: writeScript(g, cfg)}, nil
}

func (s *suite[E, C]) checks() []check {
	return []check{
		{"determinism", s.determinism},
		{"fresh-rules", s.freshRules},
		{"rollback", s.rollback},
		{"move-replicated", s.moveReplicated},
		{"move-rules", s.moveRules},
		{"bounds", s.bounds},
		{"round-trip", s.roundTrip},
		{"move-allocation", s.moveAllocation},
	}
}

// rules makes rules of their own, which never see a Step. That the settings are right is known by now.
func (s *suite[E, C]) rules() game.Rules[E, C] {
	rules, err := s.game.New(s.cfg.Settings)
	if err != nil {
		panic(err)
	}
	return rules
}
