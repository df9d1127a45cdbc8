package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"laglab/client"
	"laglab/protocol/game"
	"laglab/sim"
	"laglab/sim/verdict"
)

// Scenario is what a file says: what to run, and what is expected of it. One can also be written in Go; see [New].
type Scenario struct {
	sim.Scenario
	// File is where it was read from, as Open was told; "" when it is no file. For a built-in one it is its name.
	File string
	// Story is what it is about: the first line is a title.
	Story string
	// Axes are the settings that it is run with every combination of; none: one run.
	Axes []sim.Axis
	// Expect is what is expected of each run.
	Expect []verdict.Expectation

	players client.Config
	values  map[string]Value
}

// Game is what has to be known of a game to read scenarios of it. [For] makes it.
type Game struct {
	Name   string
	Brains []string // the default one first; none: its bots have no brains to choose
	// Check says what is wrong with a scenario.
	Check func(*sim.Scenario) error
}

// For is a game to read scenarios of.
func For[E, C any](g *game.Game[E, C]) Game {
	is := Game{Name: g.Name, Check: func(s *sim.Scenario) error {
		tried := *s
		tried.Groups = slices.Clone(s.Groups) // checking fills in defaults
		return sim.Check(g, &tried)
	}}
	rules, err := g.New(game.Settings{TickRate: 60})
	if brains, ok := rules.(game.Brains[E, C]); ok && err == nil {
		is.Brains = brains.BrainNames()
	}
	return is
}

// New makes a scenario of one that is written in Go, with what is expected of it as [verdict.ParseExpectation] reads it.
func New(s sim.Scenario, expect ...string) (*Scenario, error) {
	if len(s.Groups) == 0 {
		s.Groups = sim.DemoGroups()
	}
	whole := &Scenario{Scenario: s}
	for _, text := range expect {
		e, err := verdict.ParseExpectation(text, sim.Subjects(s.Groups))
		if err != nil {
			return nil, fmt.Errorf("expectation %q: %w", text, err)
		}
		if len(e.When) > 0 {
			return nil, fmt.Errorf("expectation %q: there is one run only: want no when", text)
		}
		whole.Expect = append(whole.Expect, e)
	}
	return whole, nil
}

// Open reads a file. Its errors are Mistakes, or those of the file system. What a link in it names with file: is beside it
// or below.
func Open(g Game, path string) (*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return Read(g, path, text, root.FS())
}

// Read reads a scenario from its text. The name is for errors, and without its ending the scenario's, if that says none.
// files are what links may name with file:; nil: none. The error, if any, is of type Mistakes.
func Read(g Game, name string, text []byte, files fs.FS) (*Scenario, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF")) // some editors begin a file so
	in := &reader{name: name, lines: strings.Split(string(text), "\n"), files: files, game: g, values: map[string]Value{}}
	tree, m := parse(text)
	if m != nil {
		in.wrong(&node{line: m.Line, column: m.Column}, "%s", m.Reason)
		return nil, in.mistakes
	}
	s := &Scenario{File: name, Story: story(in.lines), values: in.values}
	s.Name = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	s.Seed, s.Duration = defaultSeed, defaultDuration
	checked(in, tree, fileKeys, s, "", "version: 1", func(s *Scenario) error {
		if s.Duration == 0 {
			return errors.New("duration is 0s: want how long to run, for instance 30s")
		}
		if s.Warmup >= s.Duration {
			return fmt.Errorf("warm-up is %v: want less than the duration, %v", s.Warmup, s.Duration)
		}
		return g.Check(&s.Scenario)
	})
	if len(in.mistakes) > 0 {
		return nil, in.mistakes.sorted()
	}
	return s, nil
}

// story is the comment at the beginning of a file.
func story(lines []string) string {
	var said []string
	for _, line := range lines {
		text, ok := strings.CutPrefix(strings.TrimRight(line, " \r"), "#")
		if !ok {
			break
		}
		said = append(said, strings.TrimPrefix(text, " "))
	}
	return strings.TrimSpace(strings.Join(said, "\n"))
}

// Title is the first line of the story.
func (s *Scenario) Title() string {
	title, _, _ := strings.Cut(s.Story, "\n")
	return title
}

// Variants are the runs that the scenario consists of: one without a name, or one for each combination of its axes.
func (s *Scenario) Variants() ([]sim.Variant, error) {
	if len(s.Axes) == 0 {
		return []sim.Variant{{Scenario: s.Scenario}}, nil
	}
	return sim.Vary(s.Scenario, s.Axes)
}

// about reports whether an expectation is about a variant.
func about(e *verdict.Expectation, variant string) bool {
	return !slices.ContainsFunc(e.When, func(condition string) bool {
		return !strings.Contains(" "+variant+" ", " "+condition+" ")
	})
}

// ErrNoKey says that a scenario has no value of that name.
var ErrNoKey = errors.New("a scenario has no such value")
