package recording

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
)

// The most that a recording may have of something; a server cannot have more.
const (
	maxMatches = 1024 // open at the same time
	maxPlayers = 4096 // in a match
	maxNotes   = 1000 // that an Outcome keeps; all are counted
)

// Replay simulates the matches of a recording again, from their beginnings and with the commands that were applied, as fast as
// it goes, and compares each tick's seal, each second's checksum and each kept world with what was recorded. A difference
// is no error: the Outcome tells of it, and of a recording that ends too early. Errors wrap ErrNotRecording, ErrVersion,
// ErrGame or ErrDamaged, or are the file's or the context's; the Outcome is then of what was replayed before.
func Replay[E, C any](ctx context.Context, in io.Reader, g *game.Game[E, C]) (*Outcome, error) {
	p := &player[E, C]{game: g, from: unpacker{in: in}, open: map[int]int{}, out: &Outcome{}}
	err := p.header()
	for err == nil {
		if err = ctx.Err(); err == nil {
			err = p.step()
		}
	}
	p.finish()
	switch {
	case errors.Is(err, errEnd):
		return p.out, nil
	case p.out.Game != "" && (errors.Is(err, io.EOF) || errors.Is(err, errCut)):
		p.out.Cut = &Cut{Offset: p.from.at, Within: errors.Is(err, errCut)}
		return p.out, nil
	case errors.Is(err, io.EOF) || errors.Is(err, errCut):
		return p.out, fmt.Errorf("%w: it ends before it says what it is of", ErrNotRecording)
	}
	return p.out, err
}

// errEnd says that the recording was read to its end.
var errEnd = errors.New("the recording is at its end")

// player replays a recording.
type player[E, C any] struct {
	game    *game.Game[E, C]
	from    unpacker
	out     *Outcome
	streams []*rerun[E, C] // nil: ended
	open    map[int]int    // the stream of each match's number that has not ended
}

// header reads the file's beginning, and refuses what cannot be replayed.
func (p *player[E, C]) header() error {
	var b [len(magic) + 1]byte
	if _, err := io.ReadFull(p.from.in, b[:]); err != nil {
		return cut(err)
	}
	if string(b[:len(magic)]) != magic {
		return ErrNotRecording
	}
	if v := b[len(magic)]; v != Version {
		return fmt.Errorf("%w, %d: this program reads %d; replay it with the version that recorded it", ErrVersion, v, Version)
	}
	p.from.at = int64(len(b))
	f, err := p.from.next()
	if err != nil {
		return err
	}
	if f.kind != kindHeader {
		return p.from.damaged("it does not begin with a header")
	}
	return p.checkHeader(&values{data: f.parts[partMain]})
}

func (p *player[E, C]) checkHeader(v *values) error {
	o := Outcome{Program: v.text(MaxProgram), Game: v.text(protocol.MaxName), GameVersion: int(v.uint(math.MaxInt32)), Schema: v.fixed(), Seed: v.fixed()}
	o.Start = time.Duration(v.int(math.MinInt64, math.MaxInt64))
	fields, commands := readNames(v), readNames(v)
	if !v.end() || o.Game == "" {
		return p.from.damaged("its header makes no sense")
	}
	*p.out = o
	recorder := "another program"
	if o.Program != "" {
		recorder = o.Program
	}
	switch g := p.game; {
	case o.Game != g.Name || o.GameVersion != g.Version:
		return fmt.Errorf("%w: %s %d, and this program has %s %d; replay it with what recorded it, %s", ErrGame, o.Game, o.GameVersion, g.Name, g.Version, recorder)
	case o.Schema != g.Hash():
		return fmt.Errorf("%w: of %s %d with schema %016x, and this program's has %016x; replay it with what recorded it, %s", ErrGame, o.Game, o.GameVersion, o.Schema, g.Hash(), recorder)
	case !slices.Equal(fields, names(g.State.AllFields())) || !slices.Equal(commands, names(g.Command.Fields())):
		return fmt.Errorf("%w: of %s %d with the fields %v and %v, and this program's has %v and %v; replay it with what recorded it, %s", ErrGame, o.Game, o.GameVersion,
			fields, commands, names(g.State.AllFields()), names(g.Command.Fields()), recorder)
	}
	return nil
}

func names(fields []game.Field) (all []string) {
	for i := range fields {
		all = append(all, fields[i].Name)
	}
	return all
}

func readNames(v *values) (all []string) {
	for n := v.uint(uint64(len(v.data))); n > 0 && !v.bad; n-- {
		all = append(all, v.text(math.MaxInt))
	}
	return all
}

// step takes the next frame.
func (p *player[E, C]) step() error {
	at := p.from.at
	f, err := p.from.next()
	if err != nil {
		return err
	}
	v := &values{data: f.parts[partMain]}
	if _, most := f.size(); f.kind != kindTicks && most > len(v.data) {
		v.fail()
	}
	switch f.kind {
	case kindMatch:
		err = p.begin(v)
	case kindTicks:
		p.ticks(f, v)
	case kindState:
		p.state(v)
	case kindNote:
		p.note(v)
	case kindEnd:
		p.out.Ended = v.text(MaxNote)
		if _, more := p.from.next(); more != io.EOF {
			return p.from.damaged("something follows its end, at byte %d", p.from.at)
		}
		err = errEnd
	default:
		v.fail()
	}
	if !v.end() && (err == nil || err == errEnd) {
		return p.from.damaged("the frame at byte %d makes no sense", at)
	}
	return err
}

// begin begins a match.
func (p *player[E, C]) begin(v *values) error {
	m := MatchOutcome{Number: int(v.uint(maxMatches - 1)), Generation: int(v.uint(math.MaxInt32))}
	o := server.Origin{Seed: v.fixed()}
	o.TickRate, o.Remember = int(v.uint(protocol.MaxTickRate)), int(v.uint(1024))
	o.Options = v.text(protocol.MaxOptions)
	if _, open := p.open[m.Number]; open {
		v.fail()
	}
	if v.bad {
		return nil
	}
	m.TickRate = o.TickRate
	sim, err := server.Simulate(p.game, o)
	if err != nil {
		return p.from.damaged("match %d cannot begin: %v", m.Number, err)
	}
	p.open[m.Number] = len(p.streams)
	p.streams = append(p.streams, newRerun(p.game, sim, len(p.out.Matches)))
	p.out.Matches = append(p.out.Matches, m)
	return nil
}

// stream is the match that a frame is of.
func (p *player[E, C]) stream(v *values) *rerun[E, C] {
	i := v.uint(math.MaxInt32)
	if i >= uint64(len(p.streams)) || p.streams[i] == nil {
		v.fail()
		return nil
	}
	return p.streams[i]
}

// ticks replays the ticks of a frame, of which v is the main part.
func (p *player[E, C]) ticks(f *frame, v *values) {
	r := p.stream(v)
	if r == nil {
		return
	}
	m := &p.out.Matches[r.index]
	first := protocol.Tick(v.uint(math.MaxUint32))
	v.int(math.MinInt64, math.MaxInt64) // when it was due
	if r.done {
		v.data = nil // it has gone another way
		return
	}
	if first != r.sim.World.Tick()+1 {
		v.fail()
	}
	inputs, views, seals := values{data: f.parts[partValues]}, values{data: f.parts[partViews]}, f.parts[partSeals]
	size := r.seals.size()
	for ; v.more() && len(seals) >= size; seals = seals[size:] {
		if r.tick(v, &inputs, &views, m); v.bad {
			return
		}
		readSeal(seals, &r.recorded)
		r.compare(m)
	}
	if len(seals) != 8 || !inputs.end() || !views.end() {
		v.fail()
		return
	}
	if sum := binary.LittleEndian.Uint64(seals); sum != r.sim.Checksum() {
		r.differs(m, "the checksum of all in the world is another")
	} else {
		m.Checksums++
	}
}

// state compares a whole world.
func (p *player[E, C]) state(v *values) {
	r := p.stream(v)
	if r == nil {
		return
	}
	m := &p.out.Matches[r.index]
	k := readState(v, len(r.seals.row))
	if !r.done && k.tick != r.sim.World.Tick() {
		v.fail()
	}
	if v.bad {
		return
	}
	if !r.done {
		r.compareWorld(m, &k)
		p.settle(r)
	}
	if k.last {
		m.Complete = true
		delete(p.open, m.Number)
		p.streams[slices.Index(p.streams, r)] = nil
	}
}

// settle puts on record that a match went another way, once nothing more can be found out about it.
func (p *player[E, C]) settle(r *rerun[E, C]) {
	if r.difference != nil && !r.done {
		r.done = true
		p.out.Differences = append(p.out.Differences, *r.difference)
	}
}

func (p *player[E, C]) note(v *values) {
	n := Note{At: time.Duration(v.int(math.MinInt64, math.MaxInt64)), Group: v.text(MaxGroup), Text: v.text(MaxNote)}
	if v.bad {
		return
	}
	p.out.NotesMade++
	if len(p.out.Notes) < maxNotes {
		p.out.Notes = append(p.out.Notes, n)
	}
}

// finish settles what is open.
func (p *player[E, C]) finish() {
	for _, r := range p.streams {
		if r != nil {
			p.settle(r)
		}
	}
}
