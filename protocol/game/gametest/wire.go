package gametest

import (
	"fmt"

	"laglab/protocol"
	"laglab/protocol/game"
)

// The checks of what is sent.

// eachRow plays the match and shows the replicated row of every entity after every tick.
func (s *suite[E, C]) eachRow(visit func(id protocol.EntityID, row []int32) *Failure) *Failure {
	a := s.match(s.cfg.Seed)
	row := make([]int32, s.game.State.Width())
	for tick := protocol.Tick(1); int(tick) <= len(s.script); tick++ {
		a.play(tick)
		for e := range a.World.All() {
			s.game.State.Load(&e.State, row)
			if f := visit(e.ID, row); f != nil {
				f.Tick, f.Entity = tick, e.ID
				return f
			}
		}
	}
	return nil
}

const ruleBounds = "The other end refuses a message with a value outside of the bounds that its tag declares: " +
	"keep the value inside, or widen min= and max="

// bounds checks every replicated field after every tick, and what a Config's own Command draws.
func (s *suite[E, C]) bounds() *Failure {
	if f := s.commandBounds(); f != nil {
		return f
	}
	return s.eachRow(func(_ protocol.EntityID, row []int32) *Failure {
		return outOfBounds(s.game.State.Fields(), row)
	})
}

func (s *suite[E, C]) commandBounds() *Failure {
	row := make([]int32, s.game.Command.Width())
	for i := range s.script {
		for _, c := range s.script[i].commands {
			s.game.Command.Load(&c.Input, row)
			if f := outOfBounds(s.game.Command.Fields(), row); f != nil {
				f.Tick = protocol.Tick(i + 1)
				f.Found += " in a command that Config.Command drew"
				return f
			}
		}
	}
	return nil
}

// outOfBounds is the failure of the first field that is outside of its bounds, or nil.
func outOfBounds(fields []game.Field, row []int32) *Failure {
	for i, f := range fields {
		if row[i] < f.Min || row[i] > f.Max {
			return &Failure{Field: f.Name, Found: fmt.Sprintf("it is %d, outside of %d to %d,", row[i], f.Min, f.Max), Rule: ruleBounds}
		}
	}
	return nil
}

const ruleRoundTrip = "A state must come back from the wire as it was. The engine derives the codec from the tags, " +
	"so if the bounds hold this is a fault of the engine: please report it with the game's structs"

// roundTrip sends every state through the codec, as news and as the difference to the tick before, to its owner and to
// others.
func (s *suite[E, C]) roundTrip() *Failure {
	before := map[protocol.EntityID][]int32{}
	wire := newWire(s.game.State)
	return s.eachRow(func(id protocol.EntityID, row []int32) *Failure {
		if outOfBounds(s.game.State.Fields(), row) != nil {
			return nil // the bounds check says so
		}
		bases := [][]int32{nil}
		if base := before[id]; base != nil {
			bases = append(bases, base)
		}
		for _, base := range bases {
			for _, owner := range []bool{true, false} {
				if f := wire.send(id, base, row, owner); f != nil {
					f.Rule = ruleRoundTrip
					return f
				}
			}
		}
		before[id] = append(before[id][:0], row...)
		return nil
	})
}

// wire is both ends of the entity codec.
type wire[E any] struct {
	schema         *game.Schema[E]
	writer         *protocol.Writer
	reader         protocol.Reader
	out            game.EntityWriter
	in             game.EntityReader
	base, row, got []int32
}

func newWire[E any](s *game.Schema[E]) *wire[E] {
	n := s.Width()
	return &wire[E]{schema: s, writer: protocol.NewWriter(protocol.MaxMessage), base: make([]int32, n), row: make([]int32, n), got: make([]int32, n)}
}

// send encodes and decodes one entity, which the viewer knows as base, nil for not at all, and compares what it should
// be told.
func (w *wire[E]) send(id protocol.EntityID, base, row []int32, owner bool) *Failure {
	known := []protocol.EntityID{id}
	if base == nil {
		known = nil
	}
	w.prepare(base, row, owner)
	w.writer.Reset()
	w.out.Begin(w.writer, len(known))
	if base == nil {
		w.out.New(id)
		w.schema.EncodeNew(w.writer, w.row, owner)
	} else {
		w.out.Told(id)
		w.schema.EncodeTold(w.writer, w.base, w.row, owner)
	}
	w.reader.Reset(w.writer.Bytes())
	w.in.Begin(&w.reader, known)
	told := w.schema.Visible(owner)
	switch op := w.in.Next(); {
	case op == game.EntityNew && base == nil:
		w.schema.DecodeNew(&w.reader, w.got, w.in.Mask, owner)
	case op == game.EntityTold && base != nil:
		copy(w.got, w.base)
		w.schema.DecodeTold(&w.reader, w.got, w.in.Mask, owner)
		told = w.schema.Telling(owner)
	}
	if w.in.ID != id {
		return &Failure{Found: fmt.Sprintf("its id comes back as %d", w.in.ID)}
	}
	if err := w.reader.End(); err != nil {
		return &Failure{Found: fmt.Sprintf("it does not decode: %v", err)}
	}
	for i, f := range w.schema.Fields() {
		if told&(1<<i) != 0 && w.got[i] != w.row[i] {
			return &Failure{Field: f.Name, Found: fmt.Sprintf("it was %d and comes back as %d", w.row[i], w.got[i])}
		}
	}
	return nil
}

// prepare sets the rows as the viewer may know them, and base as it is expected a tick later.
func (w *wire[E]) prepare(base, row []int32, owner bool) {
	copy(w.row, row)
	copy(w.base, base)
	if !owner {
		w.schema.Blur(w.row)
		w.schema.Blur(w.base)
	}
	if base != nil {
		w.schema.Extrapolate(w.base, w.base, 1)
	}
}
