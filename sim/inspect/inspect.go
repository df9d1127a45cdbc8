// Package inspect looks inside datagrams: it makes a tree of what each byte of one means, down to the fields of entities by
// their names. Messages are decoded by the very readers that decode them in play; the tree says from where to where each of them
// read.
//
//	tree := inspect.New(arena.Game).Datagram(datagram, inspect.Knowledge{})
package inspect

import (
	"fmt"
	"math/bits"
	"strings"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
)

// Part is a part of a datagram, with the bytes that it takes.
type Part = transport.Part

// Knowledge is what is known besides the bytes. All of it may be missing: then less can be said.
type Knowledge struct {
	// Self is the own entity of the player whose datagrams these are.
	Self protocol.EntityID
	// Baseline is what the player had of the snapshot of a tick, nil when that is not known.
	Baseline func(tick protocol.Tick) *Baseline
}

// Baseline is a snapshot as a player has it.
type Baseline struct {
	IDs  []protocol.EntityID // ascending
	Told []protocol.Tick     // after which tick each was so
	Rows [][]int32
}

// Inspector looks inside the datagrams of a game. It is not safe for concurrent use.
type Inspector[E, C any] struct {
	game   *game.Game[E, C]
	codec  *game.CommandCodec[C]
	reader protocol.Reader
	raw    protocol.Reader
	// Of the message that is being looked at.
	message []byte
	offset  int // of it in the datagram
	at      int // in it
	parts   []Part
	know    Knowledge
}

// New looks inside the datagrams of a game.
func New[E, C any](g *game.Game[E, C]) *Inspector[E, C] {
	return &Inspector[E, C]{game: g, codec: game.NewCommandCodec(g.Command)}
}

// Datagram takes a datagram apart.
func (p *Inspector[E, C]) Datagram(datagram []byte, know Knowledge) Part {
	whole := transport.Inspect(datagram)
	p.know = know
	p.open(&whole, datagram)
	return whole
}

// open takes the messages in a part apart.
func (p *Inspector[E, C]) open(part *Part, datagram []byte) {
	if part.IsMessage {
		*part = p.messageAt(datagram[part.From:part.To], part.From)
		return
	}
	for i := range part.Children {
		p.open(&part.Children[i], datagram)
	}
}

// Message takes a message apart.
func (p *Inspector[E, C]) Message(message []byte, know Knowledge) Part {
	p.know = know
	return p.messageAt(message, 0)
}

func (p *Inspector[E, C]) messageAt(message []byte, offset int) Part {
	p.message, p.offset, p.at, p.parts = message, offset, 0, nil
	p.reader.Reset(message)
	kind := protocol.ReadKind(&p.reader)
	whole := Part{Name: kind.String(), From: offset, To: offset + len(message), IsMessage: true}
	p.add("kind", fmt.Sprintf("%d: %s", kind, kind))
	if p.reader.Err() == nil {
		p.body(kind)
	}
	if err := p.reader.End(); err != nil {
		whole.Value = err.Error()
		p.rest("malformed")
	}
	whole.Children = p.parts
	return whole
}

// add makes a part of what the reader has read since the part before.
func (p *Inspector[E, C]) add(name, value string) {
	if p.reader.Err() != nil {
		return // it is at the end, wherever it was
	}
	to := len(p.message) - p.reader.Len()
	p.parts = append(p.parts, Part{Name: name, Value: value, From: p.offset + p.at, To: p.offset + to})
	p.at = to
}

// rest makes a part of all that is left.
func (p *Inspector[E, C]) rest(name string) {
	if p.at < len(p.message) {
		p.parts = append(p.parts, Part{Name: name, From: p.offset + p.at, To: p.offset + len(p.message)})
		p.at = len(p.message)
	}
}

// group puts what do adds under one part, whose name is known when it was read.
func (p *Inspector[E, C]) group(do func() (name, value string)) {
	from, before := p.at, p.parts
	p.parts = nil
	name, value := do()
	inner := p.parts
	if p.parts = before; p.at > from {
		p.parts = append(p.parts, Part{Name: name, Value: value, From: p.offset + from, To: p.offset + p.at, Children: inner})
	}
}

// next reads the next value, whatever it is, and makes a part of it.
func (p *Inspector[E, C]) next(name string) (v int64) {
	if p.reader.Len() == 0 {
		p.reader.Int(0, 0) // too short, which the reader then says
		return 0
	}
	if first := p.message[len(p.message)-p.reader.Len()]; first >= 0xa0 && first <= 0xbf || first >= 0xd9 && first <= 0xdb {
		p.add(name, fmt.Sprintf("%q", p.reader.Text(1<<16)))
		return 0
	}
	v = p.reader.Int(-1<<62, 1<<62)
	p.add(name, fmt.Sprint(v))
	return v
}

// names are the fields of messages that are always the same.
var names = map[protocol.Kind][]string{
	protocol.KindJoin:    {"name"},
	protocol.KindWelcome: {"player", "entity", "match", "tick rate", "snapshot rate", "reliable data", "tick", "options"},
	protocol.KindDelay:   {"delay"},
}

// body takes what follows the kind apart.
func (p *Inspector[E, C]) body(kind protocol.Kind) {
	if err := p.check(kind); err != nil {
		p.reader.Fail()
		return
	}
	switch kind {
	case protocol.KindCommands:
		p.commands()
	case protocol.KindSnapshot:
		p.snapshot()
	case protocol.KindPlayersJoined:
		p.joined()
	case protocol.KindPlayersLeft:
		p.left()
	case protocol.KindEvents:
		p.events()
	case protocol.KindHeld:
		p.held()
	default:
		for _, name := range names[kind] {
			p.next(name)
		}
	}
}

// check has a message decoded as it is in play.
func (p *Inspector[E, C]) check(kind protocol.Kind) error {
	r := &p.raw
	r.Reset(p.message)
	protocol.ReadKind(r)
	switch kind {
	case protocol.KindJoin:
		return new(protocol.Join).Decode(r)
	case protocol.KindWelcome:
		return new(protocol.Welcome).Decode(r)
	case protocol.KindPlayersJoined:
		return new(protocol.PlayersJoined).Decode(r)
	case protocol.KindPlayersLeft:
		return new(protocol.PlayersLeft).Decode(r)
	case protocol.KindEvents:
		return new(protocol.Events).Decode(r)
	case protocol.KindDelay:
		return new(protocol.Delay).Decode(r)
	case protocol.KindCommands:
		_, _, err := p.codec.Decode(r, nil)
		return err
	}
	return nil // it is decoded as it is taken apart
}

func (p *Inspector[E, C]) joined() {
	for p.reader.Err() == nil && p.reader.Len() > 0 {
		p.group(func() (string, string) {
			player := p.next("player")
			p.next("entity")
			p.next("name")
			return "joined", fmt.Sprintf("player %d", player)
		})
	}
}

func (p *Inspector[E, C]) left() {
	for p.reader.Err() == nil && p.reader.Len() > 0 {
		p.next("player")
	}
}

func (p *Inspector[E, C]) events() {
	for tick := int64(0); p.reader.Err() == nil && p.reader.Len() > 0; {
		p.group(func() (string, string) {
			tick += p.next("distance")
			for _, name := range []string{"code", "a", "b", "value"} {
				p.next(name)
			}
			return "event", fmt.Sprintf("at tick %d", tick)
		})
	}
}

// commands takes a message of commands apart, which has been decoded before: values are those that it came to.
func (p *Inspector[E, C]) commands() {
	p.raw.Reset(p.message)
	protocol.ReadKind(&p.raw)
	h, inputs, _ := p.codec.Decode(&p.raw, nil)
	p.next("newest")
	p.value(fmt.Sprintf("tick %d", h.Newest))
	p.next("ack")
	p.value(fmt.Sprintf("snapshot %d", h.Ack))
	p.next("view")
	p.value(viewText(h.View))
	p.next("count")
	fields := p.game.Command.Fields()
	row := make([]int32, p.game.Command.Width())
	for i := range inputs {
		in := &inputs[i]
		p.group(func() (string, string) {
			head := p.next("mask")
			p.game.Command.Load(&in.Command, row)
			for m := uint32(head >> 1); m != 0; m &= m - 1 {
				f := bits.TrailingZeros32(m)
				p.difference(fields[f].Name, p.next(""), int64(row[f]))
			}
			if head&1 != 0 {
				p.next("view")
			}
			return "command", fmt.Sprintf("for tick %d, seen %s", in.Tick, viewText(in.View))
		})
	}
}

// value replaces what the newest part says.
func (p *Inspector[E, C]) value(text string) {
	if n := len(p.parts); n > 0 && p.reader.Err() == nil {
		p.parts[n-1].Value += ": " + text
	}
}

// difference names the newest part, which is a difference that leads to a value.
func (p *Inspector[E, C]) difference(name string, d, now int64) {
	if n := len(p.parts); n > 0 && p.reader.Err() == nil {
		p.parts[n-1].Name, p.parts[n-1].Value = name, fmt.Sprintf("%+d → %d", d, now)
	}
}

func viewText(v protocol.View) string {
	if v == 0 {
		return "nothing yet"
	}
	return fmt.Sprintf("at tick %d and %d/256", v/protocol.ViewOne, v%protocol.ViewOne)
}

// snapshot takes a snapshot apart.
func (p *Inspector[E, C]) snapshot() {
	h, ok := p.header()
	if !ok {
		return
	}
	base := &Baseline{}
	if h.Base != 0 {
		base = nil
		if p.know.Baseline != nil {
			base = p.know.Baseline(h.Base)
		}
	}
	if base == nil {
		p.rest("entities, as differences to a snapshot that is not known here")
		for p.reader.Len() > 0 && p.reader.Err() == nil {
			p.reader.Int(-1<<62, 1<<62)
		}
		return
	}
	var list game.EntityReader
	list.Begin(&p.reader, base.IDs)
	for more := true; more; {
		more = p.entity(&list, base, h.Tick)
	}
}

// header takes a snapshot's header apart, which is decoded as in play.
func (p *Inspector[E, C]) header() (h protocol.SnapshotHeader, ok bool) {
	p.raw.Reset(p.message)
	protocol.ReadKind(&p.raw)
	if h.Decode(&p.raw); p.raw.Err() != nil {
		p.reader.Fail()
		return h, false
	}
	p.next("tick")
	p.next("base")
	said := "none: the snapshot is whole"
	if h.Base != 0 {
		said = fmt.Sprintf("snapshot %d", h.Base)
	}
	if h.Partial {
		said += ", not everything had room"
	}
	p.value(said)
	p.next("received")
	p.value(fmt.Sprintf("commands up to tick %d", h.Received))
	p.next("slack")
	if h.Slack == protocol.SlackNone {
		p.value("nothing to tell")
	} else {
		p.value(fmt.Sprintf("%.2f ticks", float64(h.Slack)/protocol.SlackOne))
	}
	if h.Sum != 0 {
		p.next("checksum")
	}
	return h, true
}

// entity takes what comes next of the entities apart; it reports false when nothing does.
func (p *Inspector[E, C]) entity(list *game.EntityReader, base *Baseline, tick protocol.Tick) (more bool) {
	schema, from := p.game.State, list.At
	p.group(func() (name, value string) {
		op := list.Next()
		who := fmt.Sprintf("entity %d", list.ID)
		own := list.ID == p.know.Self
		if own {
			who += ", the own one"
		}
		more = op != game.EntityEnd
		row := make([]int32, schema.Width())
		switch op {
		case game.EntityPassed:
			ids := make([]string, 0, list.Count)
			for _, id := range base.IDs[from:list.At] {
				ids = append(ids, fmt.Sprint(id))
			}
			p.add("passed over", fmt.Sprint(-list.Count))
			return "nothing of " + strings.Join(ids, ", "), "they are as expected"
		case game.EntityRemoved:
			p.add("head", "0")
			return who, "removed"
		case game.EntityTold:
			p.add("head", fmt.Sprintf("%d: mask %d", list.Mask+2, list.Mask))
			if from < len(base.Rows) {
				schema.Extrapolate(row, base.Rows[from], tick.Sub(base.Told[from]))
			}
			p.fields(row, list.Mask, func(bit uint32) { schema.DecodeTold(&p.reader, row, bit, own) })
			return who, "is not as expected"
		case game.EntityNew:
			p.fresh()
			first := make([]int32, schema.Width())
			p.fields(row, list.Mask, func(bit uint32) {
				schema.DecodeNew(&p.reader, first, bit, own)
				row[bits.TrailingZeros32(bit)] = first[bits.TrailingZeros32(bit)]
			})
			return who, "new"
		}
		return "", ""
	})
	return more
}

// fresh takes what was read of a new entity apart: that it is new, where that must be said, and its distance and mask.
func (p *Inspector[E, C]) fresh() {
	if p.reader.Err() != nil {
		return
	}
	end := len(p.message) - p.reader.Len()
	p.raw.Reset(p.message[p.at:end])
	var values []int64
	for p.raw.Len() > 0 && p.raw.Err() == nil {
		values = append(values, p.raw.Int(-1<<62, 1<<62))
	}
	names := []string{"head", "distance", "mask"}
	for i, name := range names[max(len(names)-len(values), 0):] {
		size := protocol.IntSize(values[i])
		p.parts = append(p.parts, Part{Name: name, Value: fmt.Sprint(values[i]), From: p.offset + p.at, To: p.offset + p.at + size})
		p.at += size
	}
}

// fields takes the fields in a mask apart, one by one; row is what is expected, and becomes what is so.
func (p *Inspector[E, C]) fields(row []int32, mask uint32, read func(bit uint32)) {
	all := p.game.State.Fields()
	for m := mask; m != 0 && p.reader.Err() == nil; m &= m - 1 {
		f := bits.TrailingZeros32(m)
		if f >= len(all) {
			p.reader.Fail()
			return
		}
		was := row[f]
		read(m & -m)
		p.raw.Reset(p.message[p.at:])
		d := p.raw.Int(-1<<62, 1<<62) // as it stands in the bytes: angles may be told in steps
		p.add(all[f].Name, fmt.Sprintf("%+d: %d → %d", d, was, row[f]))
	}
}

// held takes what a client holds of a snapshot apart.
func (p *Inspector[E, C]) held() {
	p.next("tick")
	schema := p.game.State
	row := make([]int32, schema.Width())
	for before := protocol.EntityID(0); p.reader.Err() == nil && p.reader.Len() > 0; {
		p.group(func() (string, string) {
			p.raw.Reset(p.message[p.at:])
			id, age := schema.DecodeHeld(&p.raw, before, p.know.Self, row)
			if id == 0 {
				p.reader.Fail()
				return "", ""
			}
			before = id
			p.next("distance")
			p.next("age")
			for i, m := 0, schema.Telling(id == p.know.Self); m != 0; i, m = i+1, m>>1 {
				if m&1 != 0 {
					p.next(schema.Fields()[i].Name)
				}
			}
			return fmt.Sprintf("entity %d", id), fmt.Sprintf("known for %d ticks before", age)
		})
	}
}

// Bases are the ticks of the baselines that the snapshots in a datagram refer to.
func Bases(datagram []byte) (ticks []protocol.Tick) {
	whole := transport.Inspect(datagram)
	var r protocol.Reader
	var look func(part *Part)
	look = func(part *Part) {
		if part.IsMessage {
			r.Reset(datagram[part.From:part.To])
			var h protocol.SnapshotHeader
			if protocol.ReadKind(&r) == protocol.KindSnapshot {
				if h.Decode(&r); r.Err() == nil && h.Base != 0 {
					ticks = append(ticks, h.Base)
				}
			}
		}
		for i := range part.Children {
			look(&part.Children[i])
		}
	}
	look(&whole)
	return ticks
}

// Summary is a datagram in a few words: "data 12: ack, snapshot".
func Summary(datagram []byte) string {
	whole := transport.Inspect(datagram)
	if whole.Name != "data" || len(whole.Children) < 3 {
		return whole.Name
	}
	text := "data"
	var words []string
	var look func(part *Part)
	look = func(part *Part) {
		switch {
		case part.Name == "seq":
			text += " " + part.Value
		case part.Name == "acknowledgement":
			words = append(words, "ack")
		case part.IsMessage:
			words = append(words, protocol.Kind(datagram[part.From]).String())
		case part.Name == "segment ACK":
			words = append(words, "KCP ack")
		}
		for i := range part.Children {
			look(&part.Children[i])
		}
	}
	look(&whole)
	if len(words) == 0 {
		return text
	}
	return text + ": " + strings.Join(words, ", ")
}
