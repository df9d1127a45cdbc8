// Package scenario reads scenarios from files: who plays on which networks, what happens meanwhile, and what is expected of
// it. It runs them, with their variants, and tells what came of the expectations.
//
//	s, err := scenario.Open(scenario.For(arena.Game), "train.yaml")
//	result := s.Run(ctx, scenario.RealTime(arena.Game, nil))
//	result.WriteText(os.Stdout)
//
// A file is YAML:
//
//	# Some play at home, some on the train.
//	version: 1
//	seed: 42
//	duration: 2m
//	server: {tick: 60, snapshots: 20, rewind: 250ms}
//	groups:
//	  - {name: home, count: 24, brain: hunter, link: fibre}
//	  - {name: train, count: 8, brain: hunter, link: {preset: 4g, loss: 3%, burst: 5}, join: 10s, churn: 20s}
//	events:
//	  - {at: 45s, group: train, blackout: 4s}
//	expect:
//	  - train.correction.p99 < 0.5
//	  - home.hit_agreement > 98%
//
// With vary, as the flag of the same name has it, a scenario is run once for each combination of some settings; an
// expectation that ends with "when rewind=off" is about those that have it.
//
// What is wrong in a file is told with its line and column, and with what may have been meant. Reading touches no other
// file than those that a link names with file:, which are beside it or below. [Schema] tells an editor what may stand in a
// file; it and the reader work from the same tables. [Library] has scenarios that are built in.
package scenario
