package server

import (
	"slices"

	"laglab/protocol"
)

// eventLog holds the events that some player has not been told. They are numbered from 0, in the order in which they
// happened.
type eventLog struct {
	first  int64 // number of the oldest that is held
	events []protocol.Event
}

// eventsWithin is the part of a second that an event waits at most for a player's next snapshot, to travel with it.
const eventsWithin = 10

func (l *eventLog) add(e []protocol.Event) { l.events = append(l.events, e...) }

// end is the number that the next event will have.
func (l *eventLog) end() int64 { return l.first + int64(len(l.events)) }

// since are the events from a number on.
func (l *eventLog) since(number int64) []protocol.Event { return l.events[number-l.first:] }

// waiting reports whether the event of a number happened in a tick or before it.
func (l *eventLog) waiting(number int64, tick protocol.Tick) bool {
	return number < l.end() && l.events[number-l.first].Tick.Sub(tick) <= 0
}

// forget drops the events before a number.
func (l *eventLog) forget(number int64) {
	l.events = slices.Delete(l.events, 0, int(number-l.first))
	l.first = number
}
