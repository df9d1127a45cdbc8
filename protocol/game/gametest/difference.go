package gametest

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"laglab/protocol"
	"laglab/protocol/game"
)

// moment is a world as it was, and what was told in its tick.
type moment[E any] struct {
	world  *game.World[E]
	sum    uint64
	events []protocol.Event
}

// moment of a match; it is valid until the match's next tick.
func (m *match[E, C]) moment(events []protocol.Event) moment[E] {
	return moment[E]{world: m.World, sum: m.Checksum(), events: events}
}

// keep makes a moment that stays.
func (m *match[E, C]) keep(events []protocol.Event) moment[E] {
	return moment[E]{world: m.Save(nil), sum: m.Checksum(), events: events}
}

// difference says where two moments of the same tick first differ, or returns nil. One and other name them.
func difference[E any](a, b moment[E], one, other string) *Failure {
	if a.sum != b.sum {
		f := differentWorlds(a.world, b.world, one, other)
		f.Tick = a.world.Tick()
		return f
	}
	if !slices.Equal(a.events, b.events) {
		return &Failure{Tick: a.world.Tick(), Found: fmt.Sprintf("the events told are %v %s and %v %s", a.events, one, b.events, other)}
	}
	return nil
}

func differentWorlds[E any](a, b *game.World[E], one, other string) *Failure {
	next, stop := iter.Pull(b.All())
	defer stop()
	for e := range a.All() {
		o, ok := next()
		if !ok || o.ID > e.ID {
			return &Failure{Entity: e.ID, Found: fmt.Sprintf("it is in the world %s and not %s", one, other)}
		}
		if o.ID < e.ID {
			return &Failure{Entity: o.ID, Found: fmt.Sprintf("it is in the world %s and not %s", other, one)}
		}
		if o.Owner != e.Owner {
			return &Failure{Entity: e.ID, Found: fmt.Sprintf("its owner is %d %s and %d %s", e.Owner, one, o.Owner, other)}
		}
		if name, x, y := differentField(&e.State, &o.State); name != "" {
			return &Failure{Entity: e.ID, Field: name, Found: fmt.Sprintf("it is %d %s and %d %s", x, one, y, other)}
		}
	}
	if o, ok := next(); ok {
		return &Failure{Entity: o.ID, Found: fmt.Sprintf("it is in the world %s and not %s", other, one)}
	}
	return &Failure{Found: "all entities are equal, but World.Rand was called a different number of times, or entities were added and removed"}
}

// differentField is the first field in which two entities differ, "" for none, and its values.
func differentField[E any](a, b *E) (name string, x, y int64) {
	fields := fieldsOf(b)
	for i, f := range fieldsOf(a) {
		if x, y := f.value(), fields[i].value(); x != y {
			return f.name, x, y
		}
	}
	return "", 0, 0
}

// field is one integer of an entity, replicated or not, under the name that its schema gives it.
type field struct {
	name string
	of   reflect.Value
}

// fieldsOf lists all integers of a struct.
func fieldsOf[E any](e *E) []field { return appendFields(nil, "", reflect.ValueOf(e).Elem()) }

func appendFields(to []field, path string, v reflect.Value) []field {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			to = appendFields(to, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
		return to
	case reflect.Array:
		for i := range v.Len() {
			to = appendFields(to, path+"["+strconv.Itoa(i)+"]", v.Index(i))
		}
		return to
	}
	return append(to, field{strings.TrimPrefix(path, "."), v})
}

// value is the field as a number.
func (f field) value() int64 {
	switch {
	case f.of.Kind() == reflect.Bool && f.of.Bool():
		return 1
	case f.of.CanInt():
		return f.of.Int()
	case f.of.CanUint():
		return int64(f.of.Uint())
	}
	return 0
}
