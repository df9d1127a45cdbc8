package game

import (
	"fmt"
	"hash/fnv"
	"regexp"

	"laglab/protocol"
)

// Settings is what both ends know of a match before it starts. The server's reach the client in its welcome.
type Settings struct {
	TickRate int    // ticks per second, 1 to protocol.MaxTickRate
	Options  string // the game's own, at most protocol.MaxOptions bytes, for instance "map=yard"
}

// Rules are a game's functions for one match. Both ends make their own from the same Settings. They must be
// deterministic: no clock, no randomness but World.Rand, no iteration over maps, no state of their own that
// changes during a match (it belongs into entities).
type Rules[E, C any] interface {
	// Spawn makes the entity of a player who joins. Server only.
	Spawn(w *World[E], p protocol.PlayerID) E
	// Move applies one tick of a player's command to its own entity. Both ends run it.
	Move(e *E, c C)
	// Step does everything else in a tick, after all moves: shots, projectiles, collisions, scores. Server
	// only. There is one command per player, in the order of player ids.
	Step(w *World[E], commands []Command[C])
}

// Command is what a player asked for in one tick, as the server applies it.
type Command[C any] struct {
	Player protocol.PlayerID
	Entity protocol.EntityID
	Input  C
	// View is what the player saw when it gave the command, 0 when it had seen nothing yet.
	View protocol.View
	// Repeated: the player's own command did not arrive in time, so the one before stands in for it.
	Repeated bool
}

// Marksman is what rules implement whose players shoot at each other, so that a laboratory can compare what a shooter saw
// with what was awarded; see World.Judge for the other half.
type Marksman[E any] interface {
	// Claim tells whom a command hits, by what is before its player's eyes: self is the own entity as the command has
	// just moved it, the view's others are as displayed. target is 0 for a miss; fired is false when nothing was shot at all.
	Claim(self *Entity[E], v *View[E]) (target protocol.EntityID, fired bool)
}

// Sighted is what rules implement in whose world things hide others.
type Sighted[E any] interface {
	// Sight reports whether nothing stands between two entities. It is the same both ways.
	Sight(a, b *E) bool
}

// Brains is what rules implement that come with bots.
type Brains[E, C any] interface {
	// Brain makes the mind of one bot. The seed makes bots differ; an unknown name is an error that lists
	// the known ones.
	Brain(name string, seed uint64) (Brain[E, C], error)
	// BrainNames lists the brains, the default one first.
	BrainNames() []string
}

// Brain decides what one bot does. It is called once per tick and knows only what a player would see.
type Brain[E, C any] interface {
	Think(v *View[E]) C
}

// Toucher is what a Brain may implement for whoever has hundreds of them: Touch looks at the memory that Think will need. To look at that
// of all of them first is faster than one after the other, because the processor waits for many at once. The value means nothing.
type Toucher interface{ Touch() int64 }

// Game is a game that is ready to be served and played: its rules and what was derived from its tags.
type Game[E, C any] struct {
	Name    string
	Version int
	State   *Schema[E]
	Command *Schema[C]
	// New makes the rules of one match. Bad options are an error that says what would be right.
	New  func(Settings) (Rules[E, C], error)
	hash uint64
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,23}$`)

// Define derives everything from the tags of E and C. The name is lower case, at most 24 letters, digits
// and dashes; the version is raised when the rules change what a Move does, so that ends that would disagree
// refuse each other. What is wrong with a struct or tag is an error that names the field.
func Define[E, C any](name string, version int, rules func(Settings) (Rules[E, C], error)) (*Game[E, C], error) {
	if !nameForm.MatchString(name) {
		return nil, fmt.Errorf("game name %q: want a lower-case letter, then up to 23 letters, digits or dashes", name)
	}
	state, err := NewSchema[E]()
	if err != nil {
		return nil, fmt.Errorf("game %s, entity: %w", name, err)
	}
	command, err := NewSchema[C]()
	if err != nil {
		return nil, fmt.Errorf("game %s, command: %w", name, err)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d\n%s\n%s", name, version, state.Signature(), command.Signature())
	return &Game[E, C]{Name: name, Version: version, State: state, Command: command, New: rules, hash: h.Sum64()}, nil
}

// MustDefine is Define for a game that is known to be right; it panics when it is not.
func MustDefine[E, C any](name string, version int, rules func(Settings) (Rules[E, C], error)) *Game[E, C] {
	g, err := Define(name, version, rules)
	if err != nil {
		panic(err)
	}
	return g
}

// Hash is the schema hash: equal on both ends exactly when they mean the same game, version and layout.
func (g *Game[E, C]) Hash() uint64 { return g.hash }
