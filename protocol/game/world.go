package game

import (
	"fmt"
	"iter"
	"slices"

	"laglab/protocol"
)

// Entity is one thing in a world.
type Entity[E any] struct {
	ID    protocol.EntityID
	Owner protocol.PlayerID // 0: nobody's
	State E

	gone bool
}

// World is the true state of a match. A Rules' functions get it from the engine and may use its exported
// methods; nothing else changes it.
type World[E any] struct {
	tick     protocol.Tick
	rate     int
	random   uint64
	next     protocol.EntityID
	entities []Entity[E] // by ascending id
	added    []Entity[E] // join at the end of the step
	removed  bool        // some entity is gone
	players  []protocol.EntityID
	events   []protocol.Event
	history  history[E]

	brackets func(protocol.PlayerID, protocol.View) (left, right protocol.Tick)
	onShot   func(*Shot[E])
}

// newWorld makes an empty world; the seed determines all of its randomness.
func newWorld[E any](rate int, seed uint64) *World[E] {
	return &World[E]{rate: rate, random: seed}
}

// Tick is the tick being simulated.
func (w *World[E]) Tick() protocol.Tick { return w.tick }

// TickRate is the number of ticks per second.
func (w *World[E]) TickRate() int { return w.rate }

// Len is the number of entities that All gives.
func (w *World[E]) Len() int {
	n := 0
	for i := range w.entities {
		if !w.entities[i].gone {
			n++
		}
	}
	return n
}

// All gives the entities by ascending id, in place. Those that Add made in this tick come with the next one.
func (w *World[E]) All() iter.Seq[*Entity[E]] {
	return func(yield func(*Entity[E]) bool) {
		for i := range w.entities {
			if e := &w.entities[i]; !e.gone && !yield(e) {
				return
			}
		}
	}
}

// Get finds an entity, or returns nil. The pointer is good until the end of the tick.
func (w *World[E]) Get(id protocol.EntityID) *Entity[E] {
	i, ok := search(w.entities, id)
	if !ok || w.entities[i].gone {
		return nil
	}
	return &w.entities[i]
}

// Player finds the entity of a player, or returns nil.
func (w *World[E]) Player(p protocol.PlayerID) *Entity[E] {
	if int(p) >= len(w.players) || w.players[p] == 0 {
		return nil
	}
	return w.Get(w.players[p])
}

// Add makes a new entity, which is in the world from the next tick on.
func (w *World[E]) Add(owner protocol.PlayerID, state E) protocol.EntityID {
	w.next++
	w.added = append(w.added, Entity[E]{ID: w.next, Owner: owner, State: state})
	return w.next
}

// Remove takes an entity out of the world. A player's own entity stays as long as its player.
func (w *World[E]) Remove(id protocol.EntityID) {
	e := w.Get(id)
	if e == nil || e.Owner != 0 && w.players[e.Owner] == id {
		return
	}
	e.gone = true
	w.removed = true
}

// Rand is a random number in [0, n), the same in every run from the same seed. It is splitmix64 (Steele,
// Lea, Flood 2014), which is plenty for a game and is eight bytes of state.
func (w *World[E]) Rand(n int) int {
	w.random += 0x9e3779b97f4a7c15
	z := w.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) >> 1 % uint64(n))
}

// Tell sends an event to all players of the match, reliably and in order. What code, a, b and value mean is
// the game's affair.
func (w *World[E]) Tell(code uint8, a, b protocol.EntityID, value int32) {
	w.events = append(w.events, protocol.Event{Tick: w.tick, Code: code, A: a, B: b, Value: value})
}

// join adds a player's entity at once.
func (w *World[E]) join(p protocol.PlayerID, state E) protocol.EntityID {
	for len(w.players) <= int(p) {
		w.players = append(w.players, 0)
	}
	id := w.Add(p, state)
	w.players[p] = id
	w.commit()
	return id
}

// leave removes a player and its entity.
func (w *World[E]) leave(p protocol.PlayerID) {
	if e := w.Player(p); e != nil {
		e.gone = true
		w.removed = true
		w.players[p] = 0
		w.commit()
	}
}

// commit lets what was added join and what was removed go.
func (w *World[E]) commit() {
	if w.removed {
		w.entities = slices.DeleteFunc(w.entities, func(e Entity[E]) bool { return e.gone })
		w.removed = false
	}
	w.entities = append(w.entities, w.added...)
	w.added = w.added[:0]
}

// copyFrom makes w the same world as from.
func (w *World[E]) copyFrom(from *World[E]) {
	entities, added, players, events, history := w.entities, w.added, w.players, w.events, w.history
	brackets, onShot := w.brackets, w.onShot
	*w = *from
	w.brackets, w.onShot = brackets, onShot
	w.history = history
	w.history.copyFrom(&from.history)
	w.entities = append(entities[:0], from.entities...)
	w.added = append(added[:0], from.added...)
	w.players = append(players[:0], from.players...)
	w.events = append(events[:0], from.events...)
}

// Simulation is one match's world under its rules: what the server runs tick by tick. It is pure: the same
// seed, joins, leaves and commands give the same world, whenever and wherever.
type Simulation[E, C any] struct {
	Rules Rules[E, C]
	World *World[E]
	// AfterMoves, when set, is called in each tick between the moves and the step: an observer sees here
	// what players did, before the world interferes.
	AfterMoves func()
	game       *Game[E, C]
	row        []int32
}

// NewSimulation starts a match. Bad settings are an error.
func NewSimulation[E, C any](g *Game[E, C], s Settings, seed uint64) (*Simulation[E, C], error) {
	if s.TickRate < 1 || s.TickRate > protocol.MaxTickRate {
		return nil, fmt.Errorf("tick rate %d: want 1 to %d", s.TickRate, protocol.MaxTickRate)
	}
	rules, err := g.New(s)
	if err != nil {
		return nil, fmt.Errorf("game %s: %w", g.Name, err)
	}
	width := g.State.Width() + len(g.State.hidden)
	return &Simulation[E, C]{Rules: rules, World: newWorld[E](s.TickRate, seed), game: g, row: make([]int32, width)}, nil
}

// Join spawns the entity of a player who is not in the match yet.
func (s *Simulation[E, C]) Join(p protocol.PlayerID) protocol.EntityID {
	return s.World.join(p, s.Rules.Spawn(s.World, p))
}

// Leave removes a player and its entity.
func (s *Simulation[E, C]) Leave(p protocol.PlayerID) { s.World.leave(p) }

// Advance simulates one tick. The commands are one per player, in the order of player ids; it writes each one's
// Entity into the caller's slice.
func (s *Simulation[E, C]) Advance(commands []Command[C]) {
	w := s.World
	w.tick++
	for i := range commands {
		c := &commands[i]
		if e := w.Player(c.Player); e != nil {
			c.Entity = e.ID
			s.Rules.Move(&e.State, c.Input)
		}
	}
	if s.AfterMoves != nil {
		s.AfterMoves()
	}
	s.Rules.Step(w, commands)
	w.commit()
	w.history.keep(w)
}

// Events takes the events told since the last call; they are valid until the next Advance.
func (s *Simulation[E, C]) Events() []protocol.Event {
	events := s.World.events
	s.World.events = s.World.events[:0]
	return events
}

// Save copies the world into into, which may be nil, and returns it; Restore goes back to it.
func (s *Simulation[E, C]) Save(into *World[E]) *World[E] {
	if into == nil {
		into = new(World[E])
	}
	into.copyFrom(s.World)
	return into
}

// Restore makes the world what it was at Save.
func (s *Simulation[E, C]) Restore(saved *World[E]) { s.World.copyFrom(saved) }

// Luck is what World.Rand stands at, and newest the entity that was added last: with the entities, all that a world is.
func (s *Simulation[E, C]) Luck() (random uint64, newest protocol.EntityID) {
	return s.World.random, s.World.next
}

// Checksum is a hash (FNV-1a) of everything in the world, what is not replicated included.
func (s *Simulation[E, C]) Checksum() uint64 {
	h := newHash()
	h.add(uint64(s.World.tick))
	h.add(s.World.random)
	h.add(uint64(s.World.next))
	for i := range s.World.entities {
		e := &s.World.entities[i]
		h.add(uint64(e.ID))
		h.add(uint64(e.Owner))
		s.game.State.LoadAll(&e.State, s.row)
		for _, v := range s.row {
			h.add(uint64(uint32(v)))
		}
	}
	return uint64(h)
}

// hash is FNV-1a over 64-bit words.
type hash uint64

func newHash() hash { return 14695981039346656037 }

func (h *hash) add(v uint64) { *h = (*h ^ hash(v)) * 1099511628211 }
