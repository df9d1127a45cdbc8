package recording

import (
	"fmt"
	"math"
	"slices"

	"laglab/protocol"
	"laglab/protocol/game"
)

// rerun is one match of a recording as it is simulated again.
type rerun[E, C any] struct {
	index    int // in Outcome.Matches
	sim      *game.Simulation[E, C]
	schema   *game.Schema[C]
	seals    *sealer[E, C]
	recorded seal
	players  []protocol.PlayerID // ascending
	seats    []*seat             // by player id
	names    []string
	commands []game.Command[C]
	row      []int32

	answers []rewind // of this tick
	asked   int
	strange string // what went otherwise in this tick, beside the world

	difference *Difference // found, and not settled
	done       bool        // it went another way, and is simulated no further
}

func newRerun[E, C any](g *game.Game[E, C], sim *game.Simulation[E, C], index int) *rerun[E, C] {
	r := &rerun[E, C]{index: index, sim: sim, schema: g.Command, seals: newSealer(g), row: make([]int32, g.Command.Width())}
	r.recorded.columns = make([]byte, len(r.seals.names))
	sim.Brackets(r.answer)
	return r
}

// tick reads a tick from the parts of its frame and simulates it.
func (r *rerun[E, C]) tick(v, inputs, views *values, m *MatchOutcome) {
	r.strange = ""
	flags := v.byte()
	if flags&^(tickChanges|tickRewinds) != 0 {
		v.fail()
	}
	if flags&tickChanges != 0 {
		for range v.uint(uint64(len(v.data))) {
			if r.change(v, m); v.bad {
				return
			}
		}
	}
	tick := r.sim.World.Tick() + 1
	r.commands = r.commands[:0]
	for _, id := range r.players {
		if r.command(v, inputs, views, id, tick); v.bad {
			return
		}
	}
	r.answers, r.asked = r.answers[:0], 0
	if flags&tickRewinds != 0 {
		for range v.uint(uint64(len(v.data))) {
			if r.rewind(v); v.bad {
				return
			}
		}
	}
	if v.bad {
		return
	}
	r.sim.Advance(r.commands)
	r.sim.Events()
	if r.asked < len(r.answers) {
		r.strange = "the rules do not go back to a player's view, as they did"
	}
	m.Ticks++
	m.Commands += int64(len(r.commands))
	m.Rewinds += int64(len(r.answers))
	for i := range r.commands {
		if r.commands[i].Repeated {
			m.Repeated++
		}
	}
}

// change lets a player join or leave.
func (r *rerun[E, C]) change(v *values, m *MatchOutcome) {
	kind, id := v.byte(), protocol.PlayerID(v.uint(maxPlayers))
	at, there := slices.BinarySearch(r.players, id)
	switch {
	case v.bad || id == 0 || there != (kind == changeLeave):
		v.fail()
	case kind == changeLeave:
		r.players = slices.Delete(r.players, at, at+1)
		r.sim.Leave(id)
		m.Left++
	case kind == changeJoin:
		entity, name := protocol.EntityID(v.uint(math.MaxUint32)), v.text(protocol.MaxName)
		if v.bad {
			return
		}
		r.players = slices.Insert(r.players, at, id)
		r.sit(id, name)
		if got := r.sim.Join(id); got != entity {
			r.strange = fmt.Sprintf("player %d joins as entity %d and not %d", id, got, entity)
		}
		m.Joined++
	default:
		v.fail()
	}
}

// sit gives a player who joins a seat.
func (r *rerun[E, C]) sit(id protocol.PlayerID, name string) {
	for len(r.seats) <= int(id) {
		r.seats, r.names = append(r.seats, nil), append(r.names, "")
	}
	if r.seats[id] == nil {
		r.seats[id] = &seat{row: make([]int32, r.schema.Width())}
	}
	r.seats[id].reset()
	r.names[id] = name
}

// command reads a player's command for a tick.
func (r *rerun[E, C]) command(v, inputs, views *values, id protocol.PlayerID, tick protocol.Tick) {
	s := r.seats[id]
	head := v.uint(uint64(r.schema.Visible(true))<<commandBits | (1<<commandBits - 1))
	mask := head >> commandBits
	copy(r.row, s.row)
	for i, f := range r.schema.Fields() {
		if mask&(1<<i) == 0 {
			continue
		}
		d := inputs.int(math.MinInt32*2, math.MaxInt32*2)
		value := int64(s.row[i]) + d
		if d == 0 || value != 0 && (value < int64(f.Min) || value > int64(f.Max)) {
			v.fail() // what the wire lets in, or nothing at all
		}
		r.row[i] = int32(value)
	}
	view := s.expected()
	if head&commandView != 0 {
		view = addView(views, view)
	}
	if inputs.bad || views.bad || view > protocol.ViewAt(tick, 0) {
		v.fail()
	}
	if v.bad {
		return
	}
	s.view = view
	s.row, r.row = r.row, s.row
	c := game.Command[C]{Player: id, View: view, Repeated: head&commandRepeated != 0}
	r.schema.Store(s.row, &c.Input)
	r.commands = append(r.commands, c)
}

// addView reads a difference to a view.
func addView(v *values, to protocol.View) protocol.View {
	const most = 1 << 40 // the ticks end there
	sum := int64(to) + v.int(-most, most)
	if sum < 0 || sum >= most {
		v.fail()
		return 0
	}
	return protocol.View(sum)
}

// rewind reads a question of the rules with its answer.
func (r *rerun[E, C]) rewind(v *values) {
	q := rewind{player: protocol.PlayerID(v.uint(math.MaxUint16))}
	view := protocol.View(0)
	if int(q.player) < len(r.seats) && r.seats[q.player] != nil {
		view = r.seats[q.player].view
	}
	q.view = addView(v, view)
	q.left = q.view.Tick() - protocol.Tick(v.int(math.MinInt32, math.MaxInt32))
	q.right = q.left + protocol.Tick(v.int(math.MinInt32, math.MaxInt32))
	if !v.bad {
		r.answers = append(r.answers, q)
	}
}

// answer tells between which snapshots a view lay when it was recorded.
func (r *rerun[E, C]) answer(id protocol.PlayerID, view protocol.View) (left, right protocol.Tick) {
	if r.asked < len(r.answers) {
		if q := &r.answers[r.asked]; q.player == id && q.view == view {
			r.asked++
			return q.left, q.right
		}
	}
	r.strange = fmt.Sprintf("the rules go back to what player %d saw at tick %v, as they did not", id, view)
	return view.Tick(), view.Tick() + 1
}

// compare compares the world's seal with the one that was recorded.
func (r *rerun[E, C]) compare(m *MatchOutcome) {
	replayed := r.seals.take(r.sim)
	if replayed.equal(&r.recorded) {
		if r.strange != "" {
			r.differs(m, r.strange)
		}
		return
	}
	if r.difference == nil {
		d := r.newDifference(m)
		d.What = r.strange
		for _, id := range culprits(&r.recorded, replayed, r.sim) {
			d.Entities = append(d.Entities, r.whose(id))
		}
		r.difference = d
	}
	if len(r.difference.Fields) > 0 {
		return
	}
	for i, name := range r.seals.names { // in the tick after, if they do not show in the first
		if replayed.columns[i] != r.recorded.columns[i] {
			r.difference.Fields = append(r.difference.Fields, name)
		}
	}
}

// differs notes a difference of another kind, if it is the match's first.
func (r *rerun[E, C]) differs(m *MatchOutcome, what string) {
	if r.difference == nil {
		r.difference = r.newDifference(m)
		r.difference.What = what
	}
}

func (r *rerun[E, C]) newDifference(m *MatchOutcome) *Difference {
	return &Difference{Match: m.Number, Generation: m.Generation, Tick: r.sim.World.Tick()}
}

// whose says whose an entity is.
func (r *rerun[E, C]) whose(id protocol.EntityID) Culprit {
	c := Culprit{Entity: id}
	if e := r.sim.World.Get(id); e != nil && int(e.Owner) < len(r.names) {
		c.Player, c.Name = e.Owner, r.names[e.Owner]
	}
	return c
}

// compareWorld compares everything with a world that was kept. What it finds makes a difference that was found before
// more exact.
func (r *rerun[E, C]) compareWorld(m *MatchOutcome, k *kept) {
	found := r.mismatches(k)
	equal := len(found) == 0 && k.checksum == r.sim.Checksum()
	if equal {
		m.States++
		if r.difference == nil {
			return
		}
	}
	if r.difference == nil {
		r.differs(m, "")
		if len(found) > 0 {
			d, first := r.difference, found[0].Entity
			if first != 0 {
				d.Entities = []Culprit{r.whose(first)}
			}
			for i := range found {
				if found[i].Entity == first {
					d.Fields = append(d.Fields, found[i].Field)
				}
			}
		}
	}
	r.difference.Then, r.difference.Values = k.tick, found
}

// mismatches lists the values that differ, by ascending entities.
func (r *rerun[E, C]) mismatches(k *kept) (found []Mismatch) {
	random, newest := r.sim.Luck()
	if random != k.random {
		found = append(found, Mismatch{Field: r.seals.names[len(r.seals.names)-2], Recorded: int64(k.random), Replayed: int64(random)})
	}
	if newest != k.newest {
		found = append(found, Mismatch{Field: r.seals.names[len(r.seals.names)-1], Recorded: int64(k.newest), Replayed: int64(newest)})
	}
	left := k.entities
	presence := func(id protocol.EntityID, recorded, replayed int64) {
		found = append(found, Mismatch{Entity: id, Field: r.seals.names[columnPresence], Recorded: recorded, Replayed: replayed})
	}
	for e := range r.sim.World.All() {
		for len(left) > 0 && left[0].id < e.ID {
			presence(left[0].id, 1, 0)
			left = left[1:]
		}
		if len(left) == 0 || left[0].id != e.ID {
			presence(e.ID, 0, 1)
			continue
		}
		if o := left[0].owner; o != e.Owner {
			found = append(found, Mismatch{Entity: e.ID, Field: "owner", Recorded: int64(o), Replayed: int64(e.Owner)})
		}
		r.seals.schema.LoadAll(&e.State, r.seals.row)
		for i, v := range r.seals.row {
			if was := left[0].row[i]; was != v {
				found = append(found, Mismatch{Entity: e.ID, Field: r.seals.names[1+i], Recorded: int64(was), Replayed: int64(v)})
			}
		}
		left = left[1:]
	}
	for _, e := range left {
		presence(e.id, 1, 0)
	}
	return found
}
